import {
  type Abilities,
  AgentSessionError,
  type AgentSessionEvent,
  type AttachCommand,
  type Attached,
  type Choice,
  type Clock,
  errorText,
  type PermissionAnswer,
  type Prompt,
  type Reply,
  type SessionContext,
  type SessionMessage,
  within,
} from '@agent-session/core'
import { refusal, toolOutput } from '@agent-session/core/transport'
import { answerProblem, requestProblem } from './back-end-problem.ts'
import type { ChatRequests, SessionRequest } from './chat-requests.ts'
import { AiSdkFold, type AnswerEnd, type ClientCall, type RunEnd, type ToolOutcome } from './fold/ai-sdk-fold.ts'
import { settledMessage } from './fold/answer-message.ts'
import { rememberedAnswer, rememberedMessages } from './fold/remembered-messages.ts'
import type { ReportedUsage } from './fold/reported-usage.ts'
import { readChunk } from './fold/ui-chunk.ts'
import type { UiMessage } from './fold/ui-message.ts'
import { promptMessage } from './prompt-message.ts'
import { type StreamBounds, streamChunks } from './stream-chunks.ts'

/** What a tool of this side is told beside its call. */
export interface ToolContext {
  readonly sessionId: string
  readonly projectId: string
  /** The run was stopped: what the tool gives now is heard by nobody. */
  readonly signal: AbortSignal
}

/** A piece of data of the app's own that a back end sent along. Not to be trusted. */
export interface DataPart {
  readonly type: `data-${string}`
  /** Two with the same type and id are one, the later the newer. Absent: each stands for itself. */
  readonly id?: string
  readonly data: unknown
  /** It is of the moment, and no part of the message. */
  readonly transient: boolean
}

export interface AiSdkSessionOptions {
  readonly requests: ChatRequests
  readonly clock: Clock
  readonly bounds: StreamBounds
  readonly maxTurns: number
  readonly acceptMs: number
  readonly resume: boolean
  readonly remembers: boolean
  readonly models: readonly Choice[] | undefined
  usageOf(metadata: unknown): ReportedUsage | undefined
  onToolCall?(call: ClientCall, context: ToolContext): unknown
  onData?(part: DataPart, session: SessionRequest): void
  stopStream?(chatId: string, session: SessionRequest): Promise<void>
  transcript?(sessionId: string): Promise<readonly SessionMessage[]>
  loadChat?(chatId: string, session: SessionRequest): Promise<readonly UiMessage[]>
  emit(event: AgentSessionEvent): void
}

/** From a prompt to its end. */
interface Turn {
  readonly run: string
  readonly stop: AbortController
  /** Rejects once the turn is stopped. */
  readonly stopped: Promise<never>
}

const ok: Reply = { ok: true }

const mostReconnects = 3
const reconnectMs = 1_000

/**
 * One session. The back end may keep nothing between two requests: the whole conversation lives here and goes with each
 * of them. An answer that leaves questions or tool calls to this side is followed by another request with what became of
 * them, until one leaves none.
 */
export class AiSdkSession {
  readonly #sessionId: string
  readonly #chatId: string
  readonly #options: AiSdkSessionOptions
  readonly #fold: AiSdkFold
  #context: SessionContext
  #conversation: UiMessage[] = []
  #turn: Turn | undefined
  #opened = false
  #closed = false
  /** Hears that no question is open any more. */
  #allAnswered = (): void => {}

  constructor(sessionId: string, context: SessionContext, options: AiSdkSessionOptions) {
    this.#sessionId = sessionId
    this.#chatId = context.agentSessionId ?? sessionId
    this.#context = context
    this.#options = options
    this.#fold = new AiSdkFold(sessionId, { usageOf: options.usageOf, takesData: options.onData !== undefined })
  }

  /** Accepts a prompt once the back end begins to answer it, or has kept silent for `acceptMs`. `go on`: there was a conversation before. */
  async prompt(run: string, messageId: string, prompt: Prompt, how: 'begin' | 'go on'): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    if (this.#turn !== undefined) return refusal('The back end still answers the prompt before', 'session-running')
    const turn = newTurn(run)
    this.#turn = turn
    this.#fold.beginRun(run)
    let before: UiMessage[] | undefined
    try {
      await Promise.race([this.#open(messageId, how), turn.stopped])
      before = this.#conversation
      this.#conversation = [...before, promptMessage(messageId, prompt)]
      const answer = this.#ask(turn, undefined)
      await within(this.#options.clock, this.#options.acceptMs, answer)
      void this.#work(turn, answer)
      return ok
    } catch (error) {
      // The refusal tells it: the run has not begun, so that no event ends it, and its prompt was not heard.
      if (before) this.#conversation = before
      this.#turn = undefined
      const problem = turn.stop.signal.aborted ? new AgentSessionError('agent-exited', 'Stopped before it began') : requestProblem(error, this.#api, false)
      this.#fold.end({ error: problem.message }, this.#now)
      return refusal(problem)
    }
  }

  /** Looks whether the back end still answers a run that was under way when the session was last seen. */
  async attach({ run, cursor }: AttachCommand): Promise<Attached> {
    if (this.#turn !== undefined) return { outcome: 'live' }
    if (this.#closed || run === undefined) return { outcome: 'transcript-only' }
    const turn = newTurn(run)
    this.#turn = turn
    try {
      const messages = (await Promise.race([this.#transcript(), turn.stopped])) ?? []
      const response = await this.#reconnect(turn)
      if (response === undefined) return this.#leave(turn, 'transcript-only')
      if (response === 'unknown') return this.#leave(turn, 'lost')
      const request = requestOf(cursor?.epoch, run)
      this.#fold.beginRun(run, rememberedAnswer(messages, run, request), request - 1)
      this.#conversation = await raced(this.#saidBeforeAnswer(run, messages), turn.stopped)
      this.#opened = this.#options.transcript !== undefined || this.#options.loadChat !== undefined
      void this.#work(turn, Promise.resolve(response))
      return { outcome: 'live' }
    } catch (error) {
      const given = this.#leave(turn, 'transcript-only')
      if (turn.stop.signal.aborted) return given
      // What was asked for is read by nobody.
      turn.stop.abort()
      throw requestProblem(error, this.#api, false)
    }
  }

  /** The request and the tools of this side are told; what they still give is heard by nobody. */
  async stop(run: string): Promise<Reply> {
    const turn = this.#turn
    if (turn?.run !== run) return ok
    try {
      // Where an answer goes on without us, to leave it is no stop.
      await this.#options.stopStream?.(this.#chatId, this.#request)
    } catch (error) {
      return refusal(new AgentSessionError('agent-protocol', `The back end could not be told to stop, and may go on: ${errorText(error)}`, { cause: error }))
    }
    turn.stop.abort()
    return ok
  }

  respond({ requestId, optionId, input, text }: PermissionAnswer): Reply {
    const options = this.#fold.optionsOf(requestId)
    if (options.length === 0) return refusal('This question is not open any more', 'permission-not-pending')
    if (optionId !== undefined && !options.includes(optionId)) return refusal(`The question has no option "${optionId}"`, 'permission-option-unknown')
    if (input !== undefined) return refusal('A back end of the AI SDK takes no other arguments than those that it asked with. Reject them, and say which you want', 'not-supported')
    this.#emit(this.#fold.answered(requestId, optionId, text ?? (optionId === undefined ? 'The user closed the question without an answer.' : undefined), this.#now))
    if (this.#fold.openQuestions === 0) this.#allAnswered()
    return ok
  }

  /** The model of the next request. */
  chooseModel(model: string): Reply {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    if (this.#options.models?.some(({ id }) => id === model) !== true) return refusal(`There is no model "${model}". Those that there are the transport's \`models\` say`, 'invalid-argument')
    this.#context = { ...this.#context, model }
    this.#emit(this.#fold.session({ model }, this.#now))
    return ok
  }

  close(): void {
    this.#closed = true
    this.#turn?.stop.abort()
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  get #api(): string {
    return this.#options.requests.api
  }

  get #request(): SessionRequest {
    return { ...this.#context, sessionId: this.#sessionId }
  }

  get #abilities(): Abilities {
    const { transcript, remembers, loadChat } = this.#options
    return { steer: false, resume: remembers || transcript !== undefined || loadChat !== undefined, fork: false, forget: false, list: false, images: true, files: true }
  }

  /** What was said before is known, and the session's facts are told. */
  async #open(messageId: string, how: 'begin' | 'go on'): Promise<void> {
    if (this.#opened) return
    const { models } = this.#options
    const { model } = this.#context
    const before = await this.#saidBefore(messageId, how)
    this.#conversation = before ?? []
    this.#opened = true
    this.#emit(this.#fold.session({ abilities: this.#abilities, ...(models && { models }), ...(model && { model }), ...(before === undefined && { restarted: true }) }, this.#now))
    // A chat of the app's from before shows what it has; what this session has said itself it shows already.
    if (how === 'begin' && this.#conversation.length > 0) this.#emit(this.#fold.history(this.#conversation, this.#now))
  }

  /** The conversation as the back end is to be told it; `undefined` where there was one and nobody knows it. */
  async #saidBefore(messageId: string, how: 'begin' | 'go on'): Promise<UiMessage[] | undefined> {
    const { remembers, transcript, loadChat } = this.#options
    const isKept = how === 'go on' ? transcript === undefined : this.#context.agentSessionId !== undefined
    if (loadChat && isKept) {
      const chat = await told(() => loadChat(this.#chatId, this.#request))
      return chat.filter(({ id }) => id !== messageId).map(settledMessage)
    }
    if (how === 'begin' || remembers) return []
    const messages = await this.#transcript()
    return messages && rememberedMessages(messages.filter(({ id }) => id !== messageId))
  }

  /** The conversation up to the prompt of a run whose answer is told again. */
  async #saidBeforeAnswer(run: string, messages: readonly SessionMessage[]): Promise<UiMessage[]> {
    const { transcript, loadChat } = this.#options
    if (transcript || !loadChat) return rememberedMessages(messages.filter(({ id }) => !id.startsWith(`${run}/`)))
    const chat = await told(() => loadChat(this.#chatId, this.#request))
    return chat.slice(0, chat.findLastIndex(({ role }) => role === 'user') + 1).map(settledMessage)
  }

  /** What was said in this session; `undefined` where nobody knows. */
  async #transcript(): Promise<readonly SessionMessage[] | undefined> {
    const { transcript } = this.#options
    return transcript && told(() => transcript(this.#sessionId))
  }

  /** One request, up to the beginning of its answer. `answering`: the message that goes on. */
  #ask({ stop: { signal }, stopped }: Turn, answering: UiMessage | undefined): Promise<Response> {
    const messages = answering ? [...this.#conversation, answering] : this.#conversation
    const asking = async (): Promise<Response> => {
      const response = await this.#options.requests.send(this.#request, this.#chatId, messages, answering?.id, signal)
      const problem = await answerProblem(response, this.#api)
      if (problem) throw problem
      return response
    }
    // A fetch that does not heed its signal is waited for by nobody.
    return raced(asking(), stopped)
  }

  /** The answer that is under way; `undefined` where there is none, `unknown` where the back end does not know the chat. */
  async #reconnect({ stop: { signal }, stopped }: Turn): Promise<Response | 'unknown' | undefined> {
    const response = await raced(this.#options.requests.reconnect(this.#request, this.#chatId, signal), stopped)
    if (response.status === 204) return undefined
    if (response.status === 404) return 'unknown'
    const problem = await raced(answerProblem(response, this.#api), stopped)
    if (problem) throw problem
    return response
  }

  /** Never rejects: a run ends by an event. */
  async #work(turn: Turn, first: Promise<Response>): Promise<void> {
    try {
      this.#end(turn, await this.#converse(turn, first))
    } catch (error) {
      this.#end(turn, turn.stop.signal.aborted ? { reason: 'stopped' } : { error: requestProblem(error, this.#api, false).message })
    }
  }

  async #converse(turn: Turn, first: Promise<Response>): Promise<RunEnd> {
    const { onToolCall, maxTurns: most } = this.#options
    const maxTurns = this.#context.maxTurns ?? most
    let answer = first
    for (let count = 1; ; count += 1) {
      const ended = await this.#readWhole(turn, await answer)
      if (ended.how === 'failed') return { error: ended.error }
      const { end, calls, asks } = ended
      if (calls.length > 0 ? onToolCall === undefined : !asks) return end
      await raced(Promise.all([this.#answersToAll(), ...calls.map((call) => this.#use(turn, call))]), turn.stopped)
      if (count >= maxTurns) return { reason: 'max_turns' }
      answer = this.#ask(turn, this.#fold.message)
    }
  }

  /** One whole answer, over as many connections as it takes where the back end can tell it again. */
  async #readWhole(turn: Turn, response: Response): Promise<Exclude<AnswerEnd, { how: 'cut' }>> {
    let answer = response
    for (let broken = 0; ; broken += 1) {
      try {
        await this.#read(turn, answer, broken > 0)
        const ended = this.#fold.answerEnd()
        if (ended.how !== 'cut') return ended
        throw new AgentSessionError('agent-exited', notWhole(this.#api))
      } catch (error) {
        const problem = requestProblem(error, this.#api, true)
        turn.stop.signal.throwIfAborted()
        if (!this.#options.resume || problem.code !== 'agent-exited' || broken >= mostReconnects) throw problem
        await this.#pause(turn, reconnectMs * 2 ** broken)
        const again = await this.#reconnect(turn)
        if (again === undefined || again === 'unknown') throw problem
        answer = again
      }
    }
  }

  async #read({ stop: { signal }, stopped }: Turn, { body }: Response, again: boolean): Promise<void> {
    this.#emit(again ? this.#fold.beginAnswerAgain(this.#chatId, this.#now) : this.#fold.beginAnswer(this.#chatId, this.#now))
    if (body === null) return
    const read = async (): Promise<void> => {
      for await (const item of streamChunks(body, this.#options.bounds)) {
        signal.throwIfAborted()
        if ('done' in item) return this.#fold.finished()
        this.#emit(this.#fold.received(item.chunk, this.#now))
        this.#hearData(item.chunk)
        if (this.#fold.failed) return
      }
    }
    await raced(read(), stopped)
  }

  #hearData(value: unknown): void {
    const { onData } = this.#options
    const chunk = onData && readChunk(value)
    if (chunk?.type !== 'data') return
    const { name, id, data, transient } = chunk
    try {
      onData?.({ type: name, ...(id !== undefined && { id }), data, transient }, this.#request)
    } catch (error) {
      this.#emit(this.#fold.report({ onData: errorText(error), chunk: value }, this.#now))
    }
  }

  /** One tool of this side, whose output goes into the answer however it went. */
  async #use(turn: Turn, call: ClientCall): Promise<void> {
    const outcome = await this.#outcomeOf(turn, call)
    turn.stop.signal.throwIfAborted()
    this.#emit(this.#fold.gave(call.toolCallId, outcome, this.#now))
  }

  async #outcomeOf(turn: Turn, call: ClientCall): Promise<ToolOutcome> {
    const { projectId } = this.#context
    try {
      return { output: toolOutput(await this.#options.onToolCall?.(call, { sessionId: this.#sessionId, projectId, signal: turn.stop.signal })) }
    } catch (error) {
      return { output: errorText(error), isError: true }
    }
  }

  #answersToAll(): Promise<void> {
    return this.#fold.openQuestions === 0 ? Promise.resolve() : new Promise((resolve) => (this.#allAnswered = resolve))
  }

  #pause(turn: Turn, ms: number): Promise<void> {
    const { clock } = this.#options
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(resolve, ms)
      turn.stopped.catch((error: unknown) => {
        clock.clearTimeout(timer)
        reject(error)
      })
    })
  }

  #leave(turn: Turn, outcome: Attached['outcome']): Attached {
    if (this.#turn === turn) this.#turn = undefined
    return { outcome }
  }

  #end(turn: Turn, end: RunEnd): void {
    if (this.#turn !== turn) return
    this.#turn = undefined
    // What a person has read the model has said.
    const answer = settledMessage(this.#fold.message)
    if (answer.parts.some(({ type }) => type !== 'step-start')) this.#conversation = [...this.#conversation, answer]
    const events = this.#fold.end(end, this.#now)
    // Whoever closes the transport is no longer told: its run was neither stopped nor did it fail.
    if (!this.#closed) this.#emit(events)
  }

  #emit(events: readonly AgentSessionEvent[]): void {
    for (const event of events) this.#options.emit(event)
  }
}

function newTurn(run: string): Turn {
  const stop = new AbortController()
  const stopped = new Promise<never>((_resolve, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true }))
  // Most turns are not waited on when they are stopped.
  stopped.catch(() => {})
  return { run, stop, stopped }
}

/** What comes first; whatever the work still does after a stop is nobody's business. */
function raced<Value>(work: Promise<Value>, stopped: Promise<never>): Promise<Value> {
  const first = Promise.race([work, stopped])
  first.catch(() => {})
  work.catch(() => {})
  return first
}

/** What the app is asked for of what was said. */
async function told<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask()
  } catch (cause) {
    throw new AgentSessionError('storage-failed', `What was said before could not be read, so that the model would know nothing of it: ${errorText(cause)}`, { cause })
  }
}

const notWhole = (api: string): string => `The back end at ${api} ended its answer before it was whole. Look into its log: its process, its host's time limit or a proxy may have cut it off`

/** Which request of the run was the last that anything came of. */
function requestOf(epoch: string | undefined, run: string): number {
  const [, request] = /\/(\d+)$/.exec(epoch ?? '') ?? []
  return request !== undefined && epoch === `${run}/${request}` ? Number(request) : 1
}
