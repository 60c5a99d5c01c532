import { type EventBody, field, listField, textField } from '@agent-session/core/transport'
import { OwnIds } from './own-ids.ts'
import { AgentTerminals, type Printed } from './agent-terminals.ts'
import { contentText } from './content-text.ts'
import { type OpenText, type StreamKind, TextStreams } from './text-streams.ts'
import { ToolCall } from './tool-call.ts'

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
  readonly #ids: OwnIds
  readonly #texts: TextStreams
  /** By the agent's id. Those of this turn, and those of earlier ones that have not ended. */
  readonly #calls = new Map<string, PlacedCall>()
  /** The agent's ids of calls that ended in earlier turns: announced again, it is another call. */
  readonly #pastCalls = new Set<string>()
  readonly #terminals = new AgentTerminals()
  /** The calls that show them, by the ids of terminals. */
  readonly #terminalCalls = new Map<string, PlacedCall>()
  /** The call that all of it is under, of a sub-agent's own session. */
  readonly #under: string | undefined

  constructor(scope: string, ids = new OwnIds(), under?: string) {
    this.#scope = scope
    this.#ids = ids
    this.#texts = new TextStreams(ids)
    this.#under = under
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
  chunk(kind: StreamKind, update: unknown, now: number): Told | undefined {
    const text = contentText(field(update, 'content'))
    if (text === undefined) return undefined
    const bodies = this.#texts.push(this.#scope, kind, textField(update, 'messageId'), text, this.#parentOf(update), now)
    return { bodies, run: this.#run }
  }

  /** A message as a whole; `undefined` where it is none. One without content says nothing new. */
  message(kind: StreamKind, update: unknown, now: number): Told | undefined {
    const agentId = textField(update, 'messageId')
    if (agentId === undefined || agentId === '') return undefined
    const text = listField(update, 'content').map((block) => contentText(block) ?? '').join('\n')
    return { bodies: this.#texts.replace(this.#scope, kind, agentId, text, this.#parentOf(update), now), run: this.#run }
  }

  /** A `tool_call_content_chunk`; `undefined` where its call is not known. */
  toolChunk(update: unknown, now: number): Told | undefined {
    const placed = this.#calls.get(textField(update, 'toolCallId') ?? '')
    if (placed === undefined) return undefined
    return { bodies: [...placed.call.takeBlock(field(update, 'content')), ...this.#linkTerminals(placed, now)], run: placed.run }
  }

  /** News of a terminal; `undefined` where it is none. */
  terminal(update: unknown, now: number): Told | undefined {
    const isChunk = field(update, 'sessionUpdate') === 'terminal_output_chunk'
    return this.#printed(isChunk ? this.#terminals.append(update) : this.#terminals.update(update), now)
  }

  /** All that a terminal of the host's has printed. */
  terminalOutput(terminalId: string, output: string, now: number): Told | undefined {
    return this.#printed(this.#terminals.whole(terminalId, output), now)
  }

  #printed(printed: Printed | undefined, now: number): Told | undefined {
    if (printed === undefined) return undefined
    const placed = this.#terminalCalls.get(printed.terminalId)
    return { bodies: placed === undefined ? [] : placed.call.print(printed.text, now), run: placed?.run ?? this.#run }
  }

  /** What a terminal printed before its call showed it is the call's too. */
  #linkTerminals(placed: PlacedCall, now: number): EventBody[] {
    return placed.call.terminalIds.flatMap((terminalId) => {
      if (this.#terminalCalls.has(terminalId)) return []
      this.#terminalCalls.set(terminalId, placed)
      return placed.call.print(this.#terminals.outputOf(terminalId), now)
    })
  }

  /** A `tool_call` or `tool_call_update`; `undefined` where it is about no call that can be. */
  toolCall(update: unknown, agentName: string, now: number): Told | undefined {
    const agentId = textField(update, 'toolCallId')
    if (agentId === undefined || agentId === '') return undefined
    const isAnnouncement = field(update, 'sessionUpdate') === 'tool_call'
    // News of a call that is long over would begin it anew.
    if (!isAnnouncement && !this.#calls.has(agentId) && this.#pastCalls.has(agentId)) return undefined
    const isNew = !this.#calls.has(agentId)
    const placed = this.#callOf(agentId, update, isAnnouncement && agentName === 'OpenCode')
    const { call, run } = placed
    const ending = isAnnouncement || isNew ? this.#texts.close(call.parentId) : this.#texts.closeUnnamed(call.parentId)
    const told = call.take(update, now)
    return { bodies: [...ending, ...told, ...this.#linkTerminals(placed, now)], run }
  }

  /** The call of an agent's id, by ours. */
  callId(agentId: string | undefined): string | undefined {
    return agentId === undefined ? undefined : this.#calls.get(agentId)?.call.id
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
    const id = this.#pastCalls.has(agentId) ? `${this.#scope}/${agentId}` : this.#ids.of(this.#scope, agentId, this.#under === undefined ? 'call' : `call/${this.#under}`)
    const made = { call: new ToolCall(id, this.#parentOf(update), titleIsName), run: this.#run }
    this.#calls.set(agentId, made)
    return made
  }

  #parentOf(update: unknown): string | undefined {
    const agentId = textField(field(field(update, '_meta'), 'claudeCode'), 'parentToolUseId')
    if (agentId === undefined) return this.#under
    // In a session of its own a sub-agent may name the call that it came of, which nobody else does: it is under its own.
    return this.#calls.get(agentId)?.call.id ?? this.#under ?? agentId
  }
}
