import type { Abilities, AgentSessionEvent, Choice, PermissionOption, PermissionQuestion, RawMessageType } from '@agent-session/core'
import { EventLog, field, fieldsOf, jsonText, listField, textField } from '@agent-session/core/transport'
import { ReplyTexts } from './reply-texts.ts'
import { durationsOf, UsedTokens } from './used-tokens.ts'

/** A tool that the model asks for. */
export interface AskedTool {
  /** Ours: unique in the session. */
  readonly id: string
  readonly name: string
  readonly input: unknown
}

/** What the model has said in one reply, to be told to it again with the next request: the server keeps nothing. */
export interface Reply {
  readonly content: string
  readonly thinking: string
  readonly calls: readonly AskedTool[]
  /** As the server says it (`stop`, `length`); absent until the reply is whole. */
  readonly doneReason?: string
}

/** How a run ended. `completed`, `stopped`, or what kept it from its end (`length`, `max_turns`). */
export type RunEnd = { readonly reason: string } | { readonly error: string }

/** What a tool gave. */
export interface ToolOutcome {
  readonly output: unknown
  /** It failed: the output is why. Absent: it did not. */
  readonly isError?: boolean
}

const options: readonly PermissionOption[] = [
  { id: 'allow', label: 'Allow', kind: 'allow_once' },
  { id: 'allow-always', label: 'Always allow in this session', kind: 'allow_always' },
  { id: 'reject', label: 'Reject', kind: 'reject_once' },
]

const nothingSaid: Reply = { content: '', thinking: '', calls: [] }

/**
 * The chunks of one session's replies, and what became of the tools that they ask for, folded into our events. It
 * reads no clock, waits for nothing and throws nothing: the same chunks give the same events. What it does not know
 * becomes an `unknown` message, which the store reports.
 */
export class OllamaFold {
  readonly #log: EventLog
  readonly #texts = new ReplyTexts()
  readonly #used = new UsedTokens()
  readonly #questions = new Map<string, PermissionQuestion>()
  #calls = new Map<string, AskedTool>()
  /** The calls of the reply that comes, as the server told them. */
  readonly #told = new Set<string>()
  #reply = nothingSaid
  #awaited = false
  #running = false
  #model: string | undefined
  #counts: Record<string, number> = {}

  constructor(sessionId: string) {
    this.#log = new EventLog(sessionId)
  }

  get running(): boolean {
    return this.#running
  }

  /** The ids of the options of a question that is open; none where it is not. */
  optionsOf(requestId: string): readonly string[] {
    return this.#questions.get(requestId)?.options.map(({ id }) => id) ?? []
  }

  /** A prompt begins a run; `now` in epoch ms, for showing. */
  beginRun(run: string, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#log.beginRun(run)
      this.#running = true
      this.#awaited = false
      this.#counts = {}
      this.#calls = new Map()
      this.#reply = nothingSaid
      this.#texts.enterRun(run)
      this.#used.enterRun()
    })
  }

  /** The conversation goes to the model; its chunks come next. */
  beginReply(): void {
    this.#reply = nothingSaid
    this.#told.clear()
    this.#awaited = true
  }

  /** What was said since `beginReply`, as far as it came. It is given once. */
  takeReply(): Reply {
    const reply = this.#reply
    this.#reply = nothingSaid
    this.#awaited = false
    return reply
  }

  /** News of the session: its model, those to choose from, what the model can do, or that it knows nothing of what was said. */
  session(news: { readonly model?: string; readonly models?: readonly Choice[]; readonly abilities?: Abilities; readonly restarted?: true }, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#model = news.model ?? this.#model
      this.#log.emit([{ type: 'session', ...news }])
    })
  }

  /** One chunk of a reply, or a whole one where it was not asked to stream. */
  received(chunk: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      const message = field(chunk, 'message')
      if (!this.#running || !this.#awaited || fieldsOf(message) === undefined) return this.#tell('unknown', chunk)
      const model = textField(chunk, 'model')
      if (model !== undefined && model !== this.#model) {
        this.#model = model
        this.#log.emit([{ type: 'session', model }])
      }
      const thinking = textField(message, 'thinking') ?? ''
      const content = textField(message, 'content') ?? ''
      this.#reply = { ...this.#reply, content: this.#reply.content + content, thinking: this.#reply.thinking + thinking }
      this.#log.emit([...this.#texts.push('thinking', thinking), ...this.#texts.push('text', content)])
      for (const call of listField(message, 'tool_calls')) this.#call(call)
      if (field(chunk, 'done') === true) this.#done(chunk)
    })
  }

  /** A tool is to run only if somebody allows it. */
  ask(call: AskedTool, now: number): { readonly requestId: string; readonly events: readonly AgentSessionEvent[] } {
    const requestId = this.#newId('permission')
    const events = this.#log.collect(now, () => {
      const question: PermissionQuestion = { id: requestId, title: `Run ${call.name}?`, toolCallId: call.id, input: call.input, options }
      this.#questions.set(requestId, question)
      this.#log.emit([{ type: 'permission', request: question }])
    })
    return { requestId, events }
  }

  /** A question was answered, or given up (`optionId` absent). Settled twice, it is told once. */
  settle(requestId: string, optionId: string | undefined, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      if (!this.#questions.delete(requestId)) return
      this.#log.emit([
        optionId === undefined
          ? { type: 'permission-settled', requestId, outcome: 'cancelled' }
          : { type: 'permission-settled', requestId, outcome: 'selected', optionId },
      ])
    })
  }

  /** What a tool gave for a call of this run. */
  gave(callId: string, { output, isError }: ToolOutcome, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      if (!this.#running || !this.#calls.has(callId)) return this.#tell('unknown', { callId, output })
      const content = { output, toolCallId: callId, ...(isError === true && { isError }) }
      this.#log.emit([{ type: 'message', messages: [{ id: `${callId}/result`, type: 'tool_result', content, timestamp: now }] }])
    })
  }

  /** The run is over. Told twice, it ends once. */
  end(end: RunEnd, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      if (!this.#running) return
      this.#running = false
      this.#awaited = false
      this.#log.emit(this.#texts.close('error' in end || end.reason === 'stopped'))
      for (const requestId of this.#questions.keys()) this.#log.emit([{ type: 'permission-settled', requestId, outcome: 'cancelled' }])
      this.#questions.clear()
      this.#log.emit(['error' in end ? { type: 'status', status: 'error', error: end.error } : { type: 'status', status: 'done', reason: end.reason }])
    })
  }

  #call(call: unknown): void {
    const asked = field(call, 'function')
    const name = textField(asked, 'name')
    if (name === undefined || name === '') return this.#tell('unknown', call)
    const given = textField(call, 'id') ?? ''
    const input = field(asked, 'arguments')
    // A chunk may come twice. Older servers name no calls, and some count them from the beginning in each reply.
    const told = jsonText([given, name, input]) ?? given
    if (given !== '' && this.#told.has(told)) return
    this.#told.add(told)
    const id = given === '' || this.#calls.has(`${this.#log.scope}/${given}`) ? this.#newId('call') : `${this.#log.scope}/${given}`
    const made: AskedTool = { id, name, input }
    this.#calls.set(id, made)
    this.#reply = { ...this.#reply, calls: [...this.#reply.calls, made] }
    this.#log.emit(this.#texts.close(false))
    this.#tell('tool_call', { name, input, toolCallId: id }, id)
  }

  #done(chunk: unknown): void {
    this.#awaited = false
    this.#reply = { ...this.#reply, doneReason: textField(chunk, 'done_reason') || 'stop' }
    this.#log.emit([...this.#texts.close(false), ...this.#used.add(chunk)])
    const durations = durationsOf(chunk)
    if (Object.keys(durations).length > 0) this.#tell('cost', durations)
  }

  #tell(type: RawMessageType, content: unknown, id = this.#newId(type)): void {
    this.#log.emit([{ type: 'message', messages: [{ id, type, content, timestamp: this.#log.now }] }])
  }

  #newId(what: string): string {
    const count = (this.#counts[what] ?? 0) + 1
    this.#counts[what] = count
    return `${this.#log.scope}/${what}-${count}`
  }
}
