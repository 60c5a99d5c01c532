import { type AgentSessionEvent, errorText, type PermissionOption, type PermissionQuestion, type RawMessageType } from '@agent-session/core'
import type { EventBody } from '@agent-session/core/transport'
import { type AnswerBefore, type AnswerCall, AnswerMessage } from './answer-message.ts'
import { chatHistory } from './chat-history.ts'
import type { ReportedUsage } from './reported-usage.ts'
import { signOf } from './part-sign.ts'
import { RunUsage } from './run-usage.ts'
import { StreamTexts } from './stream-texts.ts'
import { readChunk, type UiChunk } from './ui-chunk.ts'
import { type UiMessage, toolNameOf } from './ui-message.ts'

/** How a run ended: `completed`, `stopped`, or in the back end's word what kept it from its end; or in what error. */
export type RunEnd = { readonly reason: string } | { readonly error: string }

/** A tool call that the back end leaves to this side. */
export interface ClientCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
  /** The back end does not know the tool by its type. */
  readonly dynamic: boolean
}

/** What a tool of this side gave. */
export interface ToolOutcome {
  readonly output: unknown
  /** It failed: the output is why. Absent: it did not. */
  readonly isError?: boolean
}

/** How the answer to one request ended. */
export type AnswerEnd =
  | { readonly how: 'failed'; readonly error: string }
  /** It just stopped: neither its end nor an error was told. */
  | { readonly how: 'cut' }
  /** `calls` are left to this side; `asks`: the back end waits for answers to its questions, in another request. */
  | { readonly how: 'whole'; readonly end: RunEnd; readonly calls: readonly ClientCall[]; readonly asks: boolean }

export interface AiSdkFoldOptions {
  /** Whether the app takes data parts itself: then they are not reported as unknown. Default false. */
  readonly takesData?: boolean
  /** What a message's metadata says of usage; `undefined` where it says nothing. Absent: nothing is known. */
  usageOf?(metadata: unknown): ReportedUsage | undefined
}

interface OpenQuestion {
  readonly approvalId: string
  readonly callId: string
  readonly toolName: string
}

const options: readonly PermissionOption[] = [
  { id: 'allow', label: 'Allow', kind: 'allow_once' },
  { id: 'allow-always', label: 'Always allow in this session', kind: 'allow_always' },
  { id: 'reject', label: 'Reject', kind: 'reject_once' },
]

/** Words of the SDK for an end that is one like any other. */
const goodReasons = new Set(['stop', 'other', 'unknown'])

/**
 * The chunks of one session's answers, and what became of questions and of the tools of this side, folded into our
 * events, and into the message that goes back with the next request. It reads no clock, waits for nothing and throws
 * nothing: the same chunks give the same events. What it does not know becomes an `unknown` message, which the store
 * reports.
 */
export class AiSdkFold {
  readonly #sessionId: string
  readonly #options: AiSdkFoldOptions
  readonly #texts = new StreamTexts()
  readonly #used = new RunUsage()
  readonly #questions = new Map<string, OpenQuestion>()
  /** Tools that a person has allowed for good. */
  readonly #allowed = new Set<string>()
  /** The back end's ids of the questions of this request that are not its own to answer. */
  readonly #asked = new Set<string>()
  /** What was told in this step, so that it can be taken back. */
  readonly #step = new Set<string>()
  /** Outputs that are not the last ones, as far as they are shown. */
  readonly #preliminary = new Map<string, string>()
  /** What was answered in this run: a stream that is told again asks again. */
  readonly #answers = new Map<string, { readonly approved: boolean; readonly reason: string | undefined }>()
  #answer = new AnswerMessage('')
  #before: readonly AnswerBefore[] = []
  #metadata: Record<string, unknown> = {}
  #run = ''
  #running = false
  #request = 0
  #counts: Record<string, number> = {}
  #seq = 0
  #reports = 0
  #numbered = false
  /** As this answer has told it: another process may not know what was told before. */
  #toldModel: string | undefined
  #whole = false
  #aborted = false
  #failure: string | undefined
  #finishReason = 'stop'
  #events: AgentSessionEvent[] = []
  #now = 0

  constructor(sessionId: string, options: AiSdkFoldOptions = {}) {
    this.#sessionId = sessionId
    this.#options = options
  }

  get running(): boolean {
    return this.#running
  }

  /** The answer of this run, as far as it came. */
  get message(): UiMessage {
    return this.#answer.message
  }

  get openQuestions(): number {
    return this.#questions.size
  }

  /** The ids of the options of a question that is open; none where it is not. */
  optionsOf(requestId: string): readonly string[] {
    return this.#questions.has(requestId) ? options.map(({ id }) => id) : []
  }

  /** A prompt begins a run. `before`: what its earlier requests gave, where it is found again after a restart. */
  beginRun(run: string, before: readonly AnswerBefore[] = [], requests = 0): void {
    this.#run = run
    this.#running = true
    this.#request = requests
    this.#answer = new AnswerMessage(`${run}-answer`, before)
    this.#answers.clear()
    this.#used.enterRun()
    this.#forgetRequest()
  }

  /** The back end answers a request; its chunks come next. `chatId`: as what it knows the session. */
  beginAnswer(chatId: string, now: number): readonly AgentSessionEvent[] {
    this.#request += 1
    this.#before = this.#answer.before
    this.#forgetRequest()
    this.#used.enterRequest()
    this.#answer.beginRequest(this.#request)
    this.#texts.enter(this.#scope)
    // Numbered, so that after a restart it is known which request's answer was the last.
    return this.#collect(now, true, () => this.#emit([{ type: 'session', agentSessionId: chatId }]))
  }

  /** The same answer is told again from its beginning: what is known of it the store drops by its number. */
  beginAnswerAgain(chatId: string, now: number): readonly AgentSessionEvent[] {
    this.#answer = new AnswerMessage(this.#answer.id, this.#before)
    this.#used.enterAgain()
    this.#request -= 1
    return this.beginAnswer(chatId, now)
  }

  /** News of the session, that no chunk tells. */
  session(news: Omit<Extract<EventBody, { type: 'session' }>, 'type'>, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, false, () => this.#emit([{ type: 'session', ...news }]))
  }

  /** What was said before this session knew of the chat. */
  history(messages: readonly UiMessage[], now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, false, () => this.#emit([{ type: 'history', messages: chatHistory(messages, now), complete: true }]))
  }

  /** One chunk of an answer, as it was sent. */
  received(value: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, true, () => {
      const chunk = readChunk(value)
      if (!this.#running || this.#request === 0 || chunk === undefined) return this.#tell('unknown', value)
      this.#answer.take(chunk)
      this.#take(chunk, value)
    })
  }

  /** Something that no chunk told, and that the store is to report. */
  report(content: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, false, () => this.#tell('unknown', content, `${this.#scope}/report-${(this.#reports += 1)}`))
  }

  /** The stream's own mark of its end came. */
  finished(): void {
    this.#whole = true
  }

  /** Whether the back end has said that it failed: nothing more is to be had of it. */
  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** How the answer ended that nothing more comes of. */
  answerEnd(): AnswerEnd {
    if (this.#failure !== undefined) return { how: 'failed', error: this.#failure }
    if (this.#aborted) return { how: 'whole', end: { reason: 'aborted' }, calls: [], asks: false }
    if (!this.#whole) return { how: 'cut' }
    const calls = this.#answer.calls().flatMap(({ part }): ClientCall[] => {
      if (part.state !== 'input-available' || part.providerExecuted === true) return []
      return [{ toolCallId: part.toolCallId, toolName: toolNameOf(part), input: part.input, dynamic: part.type === 'dynamic-tool' }]
    })
    const reason = this.#finishReason
    const end = reason === 'error' ? { error: 'The model ended in an error, without saying which' } : { reason: goodReasons.has(reason) ? 'completed' : reason }
    return { how: 'whole', end, calls, asks: this.#asked.size > 0 }
  }

  /** A question was answered, or given up (`optionId` absent): the back end hears it with the next request. Told once. */
  answered(requestId: string, optionId: string | undefined, reason: string | undefined, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, false, () => {
      const question = this.#questions.get(requestId)
      if (question === undefined) return
      const approved = optionId === 'allow' || optionId === 'allow-always'
      if (optionId === 'allow-always') this.#allowed.add(question.toolName)
      this.#answers.set(requestId, { approved, reason })
      this.#answer.respond(question.approvalId, approved, reason)
      this.#settle(requestId, optionId)
    })
  }

  /** What a tool of this side gave: the back end hears it with the next request. */
  gave(toolCallId: string, { output, isError }: ToolOutcome, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, false, () => {
      const call = this.#answer.call(toolCallId)
      if (!this.#running || call === undefined) return this.#tell('unknown', { toolCallId, output })
      this.#answer.gave(toolCallId, isError === true ? { error: String(output) } : { output })
      this.#result(this.#idOf(call), output, isError === true)
    })
  }

  /** The run is over. Told twice, it ends once. */
  end(end: RunEnd, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, false, () => {
      if (!this.#running) return
      this.#running = false
      this.#emit(this.#texts.close('error' in end || end.reason === 'stopped' || end.reason === 'aborted'))
      for (const requestId of this.#questions.keys()) this.#settle(requestId, undefined)
      this.#emit(['error' in end ? { type: 'status', status: 'error', error: end.error } : { type: 'status', status: 'done', reason: end.reason }])
    })
  }

  #take(chunk: UiChunk, value: unknown): void {
    switch (chunk.type) {
      case 'text-start':
      case 'reasoning-start':
        return this.#emit(this.#texts.begin(kindOf(chunk.type), chunk.id))
      case 'text-delta':
      case 'reasoning-delta':
        return this.#emit(this.#texts.push(kindOf(chunk.type), chunk.id, chunk.delta))
      case 'text-end':
      case 'reasoning-end':
        return this.#emit(this.#texts.end(kindOf(chunk.type), chunk.id))
      case 'tool-input-start':
      case 'tool-input-available':
      case 'tool-input-error':
        return this.#call(chunk)
      case 'tool-output-available':
        return this.#withCall(chunk.toolCallId, value, (id) => (chunk.preliminary ? this.#preliminaryResult(id, chunk.output) : this.#result(id, chunk.output, false)))
      case 'tool-output-error':
        return this.#withCall(chunk.toolCallId, value, (id) => this.#result(id, chunk.errorText, true))
      case 'tool-output-denied':
        return this.#withCall(chunk.toolCallId, value, (id) => {
          this.#giveUp((question) => question.callId === id)
          this.#result(id, 'It was not allowed.', true)
        })
      case 'tool-approval-request':
        return this.#withCall(chunk.toolCallId, value, (id, call) => this.#ask(chunk, id, call))
      case 'tool-approval-response': {
        this.#asked.delete(chunk.approvalId)
        for (const [requestId, { approvalId }] of this.#questions) if (approvalId === chunk.approvalId) this.#settle(requestId, chunk.approved ? 'allow' : 'reject')
        return
      }
      case 'file':
      case 'source-url':
      case 'source-document':
        return this.#tell('text', { text: signOf(value) ?? '' }, this.#newId(chunk.type === 'file' ? 'file' : 'source'))
      case 'steering-message':
        return this.#tell('user', { text: chunk.text, messageId: chunk.id }, this.#newId('user'))
      case 'data':
        return this.#options.takesData === true ? undefined : this.#tell('unknown', value)
      // Only the model's provider can make something of these. They go back to it.
      case 'custom':
      case 'reasoning-file':
        return this.#tell('unknown', value)
      case 'start':
      case 'message-metadata':
        return this.#note(chunk.metadata)
      case 'finish':
        this.#whole = true
        this.#finishReason = chunk.finishReason ?? this.#finishReason
        return this.#note(chunk.metadata)
      case 'start-step':
        this.#step.clear()
        return
      case 'reset-step':
        return this.#takeBack()
      case 'abort':
        this.#aborted = true
        return
      case 'error':
        this.#failure ??= chunk.errorText.trim() === '' ? 'The back end failed, without saying why' : chunk.errorText
        return
      case 'tool-input-delta':
      case 'finish-step':
        return
    }
  }

  #call(chunk: Extract<UiChunk, { type: 'tool-input-start' | 'tool-input-available' | 'tool-input-error' }>): void {
    const call = this.#answer.call(chunk.toolCallId)
    if (call === undefined) return
    const id = this.#idOf(call)
    const { input } = call.part
    this.#tell('tool_call', { name: chunk.toolName, ...(input !== undefined && { input }), toolCallId: id }, id)
    if (chunk.type === 'tool-input-error') this.#result(id, chunk.errorText, true)
  }

  #ask({ approvalId, isAutomatic, reason }: Extract<UiChunk, { type: 'tool-approval-request' }>, callId: string, { part }: AnswerCall): void {
    if (isAutomatic || this.#asked.has(approvalId)) return
    this.#asked.add(approvalId)
    const toolName = toolNameOf(part)
    if (this.#allowed.has(toolName)) return this.#answer.respond(approvalId, true)
    const id = this.#newId('permission')
    const answer = this.#answers.get(id)
    if (answer) return this.#answer.respond(approvalId, answer.approved, answer.reason)
    this.#questions.set(id, { approvalId, callId, toolName })
    const title = `Run ${toolName}?${reason === undefined ? '' : ` ${reason}`}`
    const request: PermissionQuestion = { id, title, toolCallId: callId, ...(part.input !== undefined && { input: part.input }), options }
    this.#emit([{ type: 'permission', request }])
  }

  #result(callId: string, output: unknown, isError: boolean): void {
    this.#preliminary.delete(callId)
    this.#tell('tool_result', { output: output === undefined ? '' : output, toolCallId: callId, ...(isError && { isError }) }, `${callId}/result`)
  }

  /** Each output is the whole of it so far: what goes on from the one before is shown, another one waits for the last. */
  #preliminaryResult(callId: string, output: unknown): void {
    const shown = this.#preliminary.get(callId) ?? ''
    if (typeof output !== 'string' || output.length <= shown.length || !output.startsWith(shown)) return
    this.#preliminary.set(callId, output)
    this.#emit([{ type: 'delta', id: `${callId}/result`, kind: 'tool_result', text: output.slice(shown.length), offset: shown.length, toolCallId: callId }])
  }

  #withCall(toolCallId: string, value: unknown, work: (id: string, call: AnswerCall) => void): void {
    const call = this.#answer.call(toolCallId)
    if (call === undefined) return this.#tell('unknown', value)
    work(this.#idOf(call), call)
  }

  /** What came since the step began is not so: the back end tries it again. */
  #takeBack(): void {
    const ids = [...this.#step]
    this.#texts.close(false)
    this.#giveUp(({ callId }) => this.#step.has(callId))
    this.#step.clear()
    if (ids.length > 0) this.#emit([{ type: 'retract', ids }])
  }

  #giveUp(isIt: (question: OpenQuestion) => boolean): void {
    for (const [requestId, question] of this.#questions) {
      if (!isIt(question)) continue
      this.#asked.delete(question.approvalId)
      this.#settle(requestId, undefined)
    }
  }

  #settle(requestId: string, optionId: string | undefined): void {
    this.#questions.delete(requestId)
    this.#emit([
      optionId === undefined
        ? { type: 'permission-settled', requestId, outcome: 'cancelled' }
        : { type: 'permission-settled', requestId, outcome: 'selected', optionId },
    ])
  }

  #note(metadata: unknown): void {
    if (typeof metadata !== 'object' || metadata === null) return
    this.#metadata = { ...this.#metadata, ...metadata }
    const usage = this.#usage()
    if (usage === undefined) return
    if (typeof usage.model === 'string' && usage.model !== '' && usage.model !== this.#toldModel) {
      this.#toldModel = usage.model
      this.#emit([{ type: 'session', model: usage.model }])
    }
    this.#emit(this.#used.report(usage))
  }

  #usage(): ReportedUsage | undefined {
    try {
      return this.#options.usageOf?.(this.#metadata)
    } catch (error) {
      this.#tell('unknown', { usageOf: errorText(error), metadata: this.#metadata })
      return undefined
    }
  }

  get #scope(): string {
    return `${this.#run}/${this.#request}`
  }

  #idOf({ part, request, nth }: AnswerCall): string {
    return `${this.#run}/${request}/${part.toolCallId}${nth > 1 ? `~${nth}` : ''}`
  }

  #forgetRequest(): void {
    this.#counts = {}
    this.#seq = 0
    this.#metadata = {}
    this.#asked.clear()
    this.#step.clear()
    this.#preliminary.clear()
    this.#whole = false
    this.#aborted = false
    this.#failure = undefined
    this.#finishReason = 'stop'
    this.#toldModel = undefined
  }

  #tell(type: RawMessageType, content: unknown, id = this.#newId(type)): void {
    this.#emit([{ type: 'message', messages: [{ id, type, content, timestamp: this.#now }] }])
  }

  #newId(what: string): string {
    const count = (this.#counts[what] ?? 0) + 1
    this.#counts[what] = count
    return `${this.#scope}/${what}-${count}`
  }

  /** `numbered`: it comes of chunks alone, so that the same stream told again gives the same numbers. */
  #collect(now: number, numbered: boolean, work: () => void): readonly AgentSessionEvent[] {
    this.#now = now
    this.#numbered = numbered && this.#running
    this.#events = []
    work()
    return this.#events
  }

  #emit(bodies: readonly EventBody[]): void {
    for (const body of bodies) {
      // Whether somebody is asked may be another matter when the stream is told again. A question has its id.
      const isQuestion = body.type === 'permission' || body.type === 'permission-settled'
      const cursor = this.#numbered && !isQuestion ? { epoch: this.#scope, seq: (this.#seq += 1) } : undefined
      this.#events.push({ ...body, sessionId: this.#sessionId, ...(this.#run !== '' && { run: this.#run }), ...(cursor && { cursor }) })
      if (body.type === 'delta') this.#step.add(body.id)
      if (body.type === 'message') for (const { id, type } of body.messages) if (type !== 'unknown' && type !== 'user') this.#step.add(id)
    }
  }
}

const kindOf = (type: string): 'text' | 'thinking' => (type.startsWith('text') ? 'text' : 'thinking')
