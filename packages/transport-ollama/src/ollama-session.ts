import { type Abilities, AgentSessionError, errorText, type AgentSessionEvent, type Clock, type PermissionAnswer, type Prompt, type Reply, type SessionContext, type SessionMessage } from '@agent-session/core'
import { fieldsOf, refusal, toolOutput } from '@agent-session/core/transport'
import { type Message, Ollama, type ChatRequest } from 'ollama/browser'
import { checkedFetch, type Fetch } from './checked-fetch.ts'
import { type AskedTool, OllamaFold, type RunEnd, type ToolOutcome } from './fold/ollama-fold.ts'
import { rememberedMessages } from './fold/remembered-messages.ts'
import { listModels, lookUpModel, type OllamaModel } from './ollama-model.ts'
import { ollamaProblem } from './ollama-problem.ts'
import type { OllamaTool } from './ollama-tool.ts'
import { promptMessage } from './prompt-message.ts'

export interface OllamaSessionOptions {
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: Fetch
  readonly clock: Clock
  readonly tools: readonly OllamaTool[]
  readonly defaultModel: string | undefined
  readonly think: ChatRequest['think'] | undefined
  readonly keepAlive: string | number | undefined
  readonly modelOptions: ChatRequest['options']
  readonly maxTurns: number
  readonly mostLineBytes: number
  transcript?(sessionId: string): Promise<readonly SessionMessage[]>
  emit(event: AgentSessionEvent): void
}

/** From a prompt to its end. */
interface Turn {
  readonly run: string
  readonly stop: AbortController
  /** Rejects once the turn is stopped. */
  readonly stopped: Promise<never>
}

/** Hears the answer to a question, `undefined` when it was given up. */
type Answered = (answer: Answer | undefined) => void

interface Answer {
  readonly optionId: string
  readonly input?: unknown
  readonly text?: string
}

const ok: Reply = { ok: true }

/**
 * One session. The server keeps nothing between two requests: the whole conversation lives here and goes with each of
 * them. A reply that asks for tools is followed by their output and another request, until one asks for none.
 */
export class OllamaSession {
  readonly #sessionId: string
  readonly #context: SessionContext
  readonly #options: OllamaSessionOptions
  readonly #fold: OllamaFold
  readonly #tools: ReadonlyMap<string, OllamaTool>
  readonly #questions = new Map<string, Answered>()
  /** Tools that a person has allowed for good. */
  readonly #allowed = new Set<string>()
  #conversation: Message[] = []
  #model: OllamaModel | undefined
  #modelWanted: string | undefined
  #turn: Turn | undefined
  #opened = false
  #closed = false

  constructor(sessionId: string, context: SessionContext, options: OllamaSessionOptions) {
    this.#sessionId = sessionId
    this.#context = context
    this.#options = options
    this.#fold = new OllamaFold(sessionId)
    this.#tools = new Map(options.tools.map((tool) => [tool.name, tool]))
    this.#modelWanted = context.model === '' ? undefined : context.model
  }

  /** Accepts a prompt once the server and the model are known to be there. `go on`: there was a conversation before. */
  async prompt(run: string, messageId: string, prompt: Prompt, how: 'begin' | 'go on'): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    if (this.#turn !== undefined) return refusal('The model is still busy with the prompt before', 'session-running')
    const turn = newTurn(run)
    this.#turn = turn
    this.#emit(this.#fold.beginRun(run, this.#now))
    try {
      const opening = this.#open(turn, messageId, how)
      // Whatever it still does after a stop is nobody's business.
      opening.catch(() => {})
      const model = await Promise.race([opening, turn.stopped])
      this.#conversation.push(promptMessage(prompt, model.name, model.seesImages))
      void this.#work(turn, model)
      return ok
    } catch (error) {
      // The refusal tells it: the run has not begun, so that no event ends it.
      this.#turn = undefined
      const problem = turn.stop.signal.aborted ? new AgentSessionError('agent-exited', 'Stopped before it began') : this.#problem(error)
      this.#fold.end({ error: problem.message }, this.#now)
      return refusal(problem)
    }
  }

  /** The request and the tools are told; what they still give is heard by nobody. */
  stop(run: string): Reply {
    const turn = this.#turn
    if (turn?.run !== run) return ok
    turn.stop.abort()
    return ok
  }

  respond({ requestId, optionId, input, text }: PermissionAnswer): Reply {
    const answered = this.#questions.get(requestId)
    if (answered === undefined) return refusal('This question is not open any more', 'permission-not-pending')
    if (optionId !== undefined && !this.#fold.optionsOf(requestId).includes(optionId)) return refusal(`The question has no option "${optionId}"`, 'permission-option-unknown')
    this.#questions.delete(requestId)
    this.#emit(this.#fold.settle(requestId, optionId, this.#now))
    answered(optionId === undefined ? undefined : { optionId, ...(input !== undefined && { input }), ...(text !== undefined && { text }) })
    return ok
  }

  /** The model of the next request. */
  async chooseModel(name: string): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    try {
      this.#model = await lookUpModel(this.#client(new AbortController().signal), name)
      this.#modelWanted = name
      this.#emit(this.#fold.session({ model: name, abilities: { ...this.#abilities, images: this.#model.seesImages } }, this.#now))
      return ok
    } catch (error) {
      return refusal(ollamaProblem(error, this.#options.host, name))
    }
  }

  close(): void {
    this.#closed = true
    this.#turn?.stop.abort()
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  get #abilities(): Abilities {
    return { steer: false, resume: this.#options.transcript !== undefined, fork: false, forget: false, list: false, files: true }
  }

  #client(signal: AbortSignal): Ollama {
    const { host, headers, fetch, mostLineBytes } = this.#options
    return new Ollama({ host, headers, fetch: checkedFetch(fetch, signal, mostLineBytes) })
  }

  #problem(error: unknown): AgentSessionError {
    return ollamaProblem(error, this.#options.host, this.#modelWanted)
  }

  /** The server is there and has the model; what was said before is known. */
  async #open({ stop: { signal } }: Turn, messageId: string, how: 'begin' | 'go on'): Promise<OllamaModel> {
    const client = this.#client(signal)
    if (!this.#opened) {
      const models = await listModels(client)
      signal.throwIfAborted()
      this.#modelWanted ??= this.#options.defaultModel ?? models[0]?.id
      if (this.#modelWanted === undefined) {
        throw new AgentSessionError('agent-not-found', `The Ollama server at ${this.#options.host} has no model yet. Get one: ollama pull MODEL (https://ollama.com/library)`)
      }
      this.#model = await lookUpModel(client, this.#modelWanted)
      const before = how === 'begin' ? [] : await this.#remember(messageId)
      signal.throwIfAborted()
      const { systemPrompt = '' } = this.#context
      this.#conversation = [...(systemPrompt === '' ? [] : [{ role: 'system', content: systemPrompt }]), ...(before ?? [])]
      this.#opened = true
      const abilities = { ...this.#abilities, images: this.#model.seesImages }
      this.#emit(this.#fold.session({ models, model: this.#modelWanted, abilities, ...(before === undefined && { restarted: true as const }) }, this.#now))
    }
    this.#model ??= await lookUpModel(client, this.#modelWanted ?? '')
    return this.#model
  }

  /** What was said before this prompt; `undefined` where nobody knows. */
  async #remember(messageId: string): Promise<Message[] | undefined> {
    const { transcript } = this.#options
    if (transcript === undefined) return undefined
    try {
      const messages = await transcript(this.#sessionId)
      return rememberedMessages(messages.filter(({ id }) => id !== messageId))
    } catch (cause) {
      throw new AgentSessionError('storage-failed', `What was said before could not be read, so that the model would know nothing of it: ${errorText(cause)}`, { cause })
    }
  }

  /** Never rejects: a run ends by an event. */
  async #work(turn: Turn, model: OllamaModel): Promise<void> {
    try {
      this.#end(turn, await this.#converse(turn, model))
    } catch (error) {
      const { content, thinking } = this.#fold.takeReply()
      // What a person has read the model has said.
      if (content !== '') this.#conversation.push({ role: 'assistant', content, ...(thinking !== '' && { thinking }) })
      this.#end(turn, turn.stop.signal.aborted ? { reason: 'stopped' } : { error: this.#problem(error).message })
    }
  }

  async #converse(turn: Turn, model: OllamaModel): Promise<RunEnd> {
    const maxTurns = this.#context.maxTurns ?? this.#options.maxTurns
    for (let count = 1; ; count += 1) {
      await this.#ask(turn, model)
      const { content, thinking, calls, doneReason = 'stop' } = this.#fold.takeReply()
      this.#conversation.push({
        role: 'assistant',
        content,
        ...(thinking !== '' && { thinking }),
        ...(calls.length > 0 && { tool_calls: calls.map(({ name, input }) => ({ function: { name, arguments: { ...fieldsOf(input) } } })) }),
      })
      if (calls.length === 0) return { reason: doneReason === 'stop' ? 'completed' : doneReason }
      for (const call of calls) await this.#use(turn, call)
      turn.stop.signal.throwIfAborted()
      if (count >= maxTurns) return { reason: 'max_turns' }
    }
  }

  /** One request and its whole reply. */
  async #ask({ stop: { signal }, stopped }: Turn, model: OllamaModel): Promise<void> {
    const { tools, think, keepAlive, modelOptions } = this.#options
    this.#fold.beginReply()
    const reply = this.#client(signal).chat({
      model: model.name,
      messages: this.#conversation,
      stream: true,
      ...(tools.length > 0 && model.usesTools && { tools: tools.map(asked) }),
      ...((think !== undefined || model.thinks) && { think: think ?? true }),
      ...(keepAlive !== undefined && { keep_alive: keepAlive }),
      ...(modelOptions !== undefined && { options: modelOptions }),
    })
    const read = async (): Promise<void> => {
      for await (const chunk of await reply) {
        signal.throwIfAborted()
        this.#emit(this.#fold.received(chunk, this.#now))
      }
    }
    const reading = read()
    // A fetch that does not heed its signal is read on by nobody.
    reading.catch(() => {})
    await Promise.race([reading, stopped])
  }

  /** One tool, whose output goes into the conversation however it went: a call that nothing answers confuses the model. */
  async #use(turn: Turn, call: AskedTool): Promise<void> {
    let outcome: ToolOutcome = { output: 'Stopped', isError: true }
    try {
      if (turn.stop.signal.aborted) return
      const running = this.#run(turn, call)
      // A tool that does not heed its signal is waited for by nobody.
      running.catch(() => {})
      outcome = await Promise.race([running, turn.stopped])
      this.#emit(this.#fold.gave(call.id, outcome, this.#now))
    } catch (error) {
      if (!turn.stop.signal.aborted) throw error
    } finally {
      const { output, isError } = outcome
      const words = typeof output === 'string' ? output : (JSON.stringify(output) ?? '')
      this.#conversation.push({ role: 'tool', tool_name: call.name, content: isError === true ? `Error: ${words}` : words })
    }
  }

  async #run(turn: Turn, call: AskedTool): Promise<ToolOutcome> {
    const tool = this.#tools.get(call.name)
    if (tool === undefined) return { output: `There is no tool named "${call.name}"`, isError: true }
    const { projectId, cwd, additionalDirectories } = this.#context
    try {
      let { input } = call
      if (!this.#allowed.has(tool.name) && needsLeave(tool, input)) {
        const answer = await this.#askLeave(call)
        if (answer === undefined || answer.optionId === 'reject') return { output: `The user did not allow this${answer?.text ? `: ${answer.text}` : '.'}`, isError: true }
        if (answer.optionId === 'allow-always') this.#allowed.add(tool.name)
        if (answer.input !== undefined) input = answer.input
      }
      turn.stop.signal.throwIfAborted()
      const output = await tool.run(input, {
        sessionId: this.#sessionId,
        projectId,
        signal: turn.stop.signal,
        ...(cwd !== undefined && { cwd }),
        ...(additionalDirectories !== undefined && { additionalDirectories }),
      })
      return { output: toolOutput(output) }
    } catch (error) {
      return { output: errorText(error), isError: true }
    }
  }

  #askLeave(call: AskedTool): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const { requestId, events } = this.#fold.ask(call, this.#now)
      this.#questions.set(requestId, resolve)
      this.#emit(events)
    })
  }

  #end(turn: Turn, end: RunEnd): void {
    if (this.#turn !== turn) return
    this.#turn = undefined
    for (const answered of this.#questions.values()) answered(undefined)
    this.#questions.clear()
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

function needsLeave({ ask = false }: OllamaTool, input: unknown): boolean {
  return typeof ask === 'function' ? ask(input) : ask
}

const asked = ({ name, description, parameters }: OllamaTool) => ({ type: 'function', function: { name, description, parameters } })
