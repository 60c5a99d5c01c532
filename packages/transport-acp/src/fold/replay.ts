import type { RawMessage } from '@agent-session/core'
import { type EventBody, field, ownId, textField } from '@agent-session/core/transport'
import { contentText } from './content-text.ts'
import { Transcript } from './transcript.ts'

type Said = { -readonly [Field in keyof RawMessage]: RawMessage[Field] }

/** What an agent tells again of a session that it loads, put together to whole messages. */
export class Replay {
  /** A transcript of its own: the same ids as in the live one are the same things here, told again. */
  readonly transcript: Transcript
  readonly #scope: string
  readonly #messages = new Map<string, Said>()
  #turn = 0
  /** The prompt that is being told, and the agent's id of it. */
  #prompt: { readonly id: string; readonly agentId: string | undefined } | undefined

  constructor(agentSessionId: string) {
    this.#scope = `${agentSessionId}/replay`
    this.transcript = new Transcript(`${this.#scope}-0`)
  }

  get messages(): readonly RawMessage[] {
    return [...this.#messages.values()]
  }

  /** A chunk of a prompt: each block of it comes as one. */
  addPrompt(update: unknown, now: number): void {
    const text = contentText(field(update, 'content')) ?? ''
    const agentId = textField(update, 'messageId')
    const known = this.#prompt?.agentId === agentId && this.#prompt !== undefined ? this.#messages.get(this.#prompt.id) : undefined
    if (known !== undefined) {
      known.content = { text: `${textField(known.content, 'text') ?? ''}\n${text}` }
      return
    }
    this.#turn += 1
    const scope = `${this.#scope}-${this.#turn}`
    this.transcript.closeTexts(false)
    this.transcript.enterTurn(scope, undefined)
    const id = agentId === undefined ? `${scope}/user` : ownId(scope, agentId)
    this.#prompt = { id, agentId }
    this.#messages.set(id, { id, type: 'user', content: { text }, timestamp: now })
  }

  add(body: EventBody, now: number): void {
    if (body.type === 'message') {
      for (const message of body.messages) this.#messages.set(message.id, { ...message })
    } else if (body.type === 'delta' && body.kind !== 'tool_result') {
      const known = this.#messages.get(body.id)
      const text = (textField(known?.content, 'text') ?? '') + body.text
      const { parentId } = body
      this.#messages.set(body.id, { id: body.id, type: body.kind, content: { text }, timestamp: now, ...(parentId !== undefined && { parentId }) })
    } else {
      return
    }
    this.#prompt = undefined
  }
}
