import { ownId } from './agent-id.ts'
import { contentText } from './content-text.ts'
import type { EventBody } from './event-body.ts'
import { type OpenText, type StreamKind, TextStreams } from './text-streams.ts'
import { ToolCall } from './tool-call.ts'
import { field, textField } from './unknown-data.ts'

/** What came of one update, and the run that it belongs to: a call ends in the run that it began in. */
export interface Told {
  readonly bodies: readonly EventBody[]
  readonly run: string | undefined
}

interface PlacedCall {
  readonly call: ToolCall
  readonly run: string | undefined
}

/** What is said and done in a session: the live one, or the one that an agent tells again when it loads it. */
export class Transcript {
  /** Makes ids unique that are not unique by themselves: the run, or the place in a replay. */
  #scope: string
  #run: string | undefined
  readonly #texts = new TextStreams()
  /** By the agent's id. Those of this turn, and those of earlier ones that have not ended. */
  readonly #calls = new Map<string, PlacedCall>()
  /** The agent's ids of calls that ended in earlier turns: announced again, it is another call. */
  readonly #pastCalls = new Set<string>()

  constructor(scope: string) {
    this.#scope = scope
  }

  get scope(): string {
    return this.#scope
  }

  get saying(): OpenText | undefined {
    return this.#texts.saying
  }

  enterTurn(scope: string, run: string | undefined): void {
    this.#scope = scope
    this.#run = run
    this.#texts.enterTurn()
    for (const [agentId, { call }] of this.#calls) {
      if (!call.ended) continue
      this.#calls.delete(agentId)
      this.#pastCalls.add(agentId)
    }
  }

  /** Knows from now on what another one had: a replay, before the session goes on. */
  adopt(earlier: Transcript): void {
    for (const agentId of earlier.#pastCalls) this.#pastCalls.add(agentId)
    for (const [agentId, { call }] of earlier.#calls) if (call.ended) this.#pastCalls.add(agentId)
  }

  /** `undefined` where it is no chunk. */
  chunk(kind: StreamKind, update: unknown): Told | undefined {
    const text = contentText(field(update, 'content'))
    if (text === undefined) return undefined
    const bodies = this.#texts.push(this.#scope, kind, textField(update, 'messageId'), text, this.#parentOf(update))
    return { bodies, run: this.#run }
  }

  /** A `tool_call` or `tool_call_update`; `undefined` where it is about no call that can be. */
  toolCall(update: unknown, agentName: string, now: number): Told | undefined {
    const agentId = textField(update, 'toolCallId')
    if (agentId === undefined || agentId === '') return undefined
    const isAnnouncement = field(update, 'sessionUpdate') === 'tool_call'
    // News of a call that is long over would begin it anew.
    if (!isAnnouncement && !this.#calls.has(agentId) && this.#pastCalls.has(agentId)) return undefined
    const { call, run } = this.#callOf(agentId, update, isAnnouncement && agentName === 'OpenCode')
    const ending = isAnnouncement ? this.#texts.close(call.parentId) : this.#texts.closeUnnamed(call.parentId)
    return { bodies: [...ending, ...call.take(update, now)], run }
  }

  /** The call that a permission is asked for; it is told first where it was not. */
  askedCall(toolCall: unknown, now: number): (Told & { readonly call: ToolCall }) | undefined {
    const agentId = textField(toolCall, 'toolCallId')
    if (agentId === undefined || agentId === '') return undefined
    const { call, run } = this.#callOf(agentId, toolCall, false)
    call.takeQuestion(toolCall)
    return { call, bodies: [...this.#texts.close(call.parentId), ...call.tell(now)], run }
  }

  /** Ends what is being said in the conversation itself. */
  pause(): Told {
    return { bodies: this.#texts.close(undefined), run: this.#run }
  }

  /** Ends whatever is being said; `cut`: before its time. */
  closeTexts(cut: boolean): Told {
    return { bodies: this.#texts.closeAll(cut), run: this.#run }
  }

  #callOf(agentId: string, update: unknown, titleIsName: boolean): PlacedCall {
    const known = this.#calls.get(agentId)
    if (known !== undefined) return known
    const id = this.#pastCalls.has(agentId) ? `${this.#scope}/${agentId}` : ownId(this.#scope, agentId)
    const made = { call: new ToolCall(id, this.#parentOf(update), titleIsName), run: this.#run }
    this.#calls.set(agentId, made)
    return made
  }

  #parentOf(update: unknown): string | undefined {
    const agentId = textField(field(field(update, '_meta'), 'claudeCode'), 'parentToolUseId')
    return agentId === undefined ? undefined : (this.#calls.get(agentId)?.call.id ?? agentId)
  }
}
