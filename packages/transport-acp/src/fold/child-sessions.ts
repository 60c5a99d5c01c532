import { type EventBody, field, listField, textField } from '@agent-session/core/transport'
import type { OwnIds } from './own-ids.ts'
import { contentText } from './content-text.ts'
import { type Told, Transcript } from './transcript.ts'

/** More sub-agents than anybody can follow: an agent that announces so many has lost its mind. */
const mostChildren = 1_000

interface Child {
  readonly anchor: string
  readonly run: string | undefined
  readonly transcript: Transcript
  readonly parentId: string | undefined
  told: string
  title: string | undefined
  description: string | undefined
  result: string | undefined
}

/**
 * Sub-agents that are sessions of their own on the same connection (`subagent_update`). Each shows as a tool call of its
 * parent, and what it says and does goes under that call.
 */
export class ChildSessions {
  readonly #children = new Map<string, Child>()
  readonly #ids: OwnIds
  #count = 0

  /** `ids`: those of the conversation, so that nothing here is taken for something there. */
  constructor(ids: OwnIds) {
    this.#ids = ids
  }

  /** Where what a session says belongs; `undefined` where it is no sub-agent that was announced. */
  transcript(sessionId: string | undefined): Transcript | undefined {
    return sessionId === undefined ? undefined : this.#children.get(sessionId)?.transcript
  }

  /** Calls of earlier turns are over in the lanes too. */
  enterTurn(scope: string, run: string | undefined): void {
    for (const [sessionId, { transcript }] of this.#children) transcript.enterTurn(`${scope}/${sessionId}`, run)
  }

  closeTexts(cut: boolean): readonly Told[] {
    return [...this.#children.values()].map(({ transcript }) => transcript.closeTexts(cut))
  }

  /** A `subagent_update` told in `parent`; `undefined` where it names no session, or one too many. */
  take(update: unknown, parent: string | undefined, scope: string, run: string | undefined, now: number): Told | undefined {
    const sessionId = textField(update, 'sessionId')
    if (sessionId === undefined || sessionId === '') return undefined
    const child = this.#children.get(sessionId) ?? this.#announce(sessionId, parent, scope, run)
    if (child === undefined) return undefined
    child.title = textField(update, 'title') ?? child.title
    child.description = textField(update, 'description') ?? child.description
    const bodies = this.#tellCall(child, now)
    const state = field(update, 'state')
    if (textField(state, 'state') === 'idle') {
      bodies.push(...child.transcript.closeTexts(false).bodies, ...this.#tellResult(child, textField(state, 'stopReason'), now))
    }
    return { bodies, run: child.run }
  }

  /** A `session_message`: what a sub-agent reports to whoever sent it is its result. Undefined: no news for a person. */
  report(update: unknown, now: number): Told | undefined {
    const sender = this.#children.get(textField(update, 'senderSessionId') ?? '')
    const words = listField(update, 'content').map((block) => contentText(block) ?? '').join('\n')
    if (sender === undefined || words === '') return undefined
    sender.result = words
    return { bodies: this.#tellResult(sender, undefined, now), run: sender.run }
  }

  #announce(sessionId: string, parent: string | undefined, scope: string, run: string | undefined): Child | undefined {
    if (this.#children.size >= mostChildren) return undefined
    const anchor = `${scope}/agent-${(this.#count += 1)}`
    const parentId = this.#children.get(parent ?? '')?.anchor
    const transcript = new Transcript(`${scope}/${sessionId}`, this.#ids, anchor)
    transcript.enterTurn(`${scope}/${sessionId}`, run)
    const child = { anchor, run, transcript, parentId, told: '', title: undefined, description: undefined, result: undefined }
    this.#children.set(sessionId, child)
    return child
  }

  #tellCall(child: Child, now: number): EventBody[] {
    const { title, description, anchor } = child
    const input = { ...(title !== undefined && { title }), ...(description !== undefined && { description }) }
    const content = { name: 'Agent', input, toolCallId: anchor }
    const told = JSON.stringify(content)
    if (told === child.told) return []
    child.told = told
    return [{ type: 'message', messages: [{ id: anchor, type: 'tool_call', content, timestamp: now, ...parentOf(child) }] }]
  }

  #tellResult(child: Child, stopReason: string | undefined, now: number): EventBody[] {
    const { anchor, result } = child
    const isError = stopReason === 'error' || stopReason === 'cancelled' || stopReason === 'refusal'
    const content = { output: result ?? (isError ? stopReason : ''), toolCallId: anchor, ...(isError && { isError }) }
    return [{ type: 'message', messages: [{ id: `${anchor}/result`, type: 'tool_result', content, timestamp: now, ...parentOf(child) }] }]
  }
}

const parentOf = ({ parentId }: Child): { parentId?: string } => (parentId === undefined ? {} : { parentId })
