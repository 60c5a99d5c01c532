import {
  AgentSessionError,
  type AgentSessionEvent,
  type AgentTransport,
  type Clock,
  type DeltaEvent,
  errorText,
  type MessageRecord,
  type PermissionQuestion,
  type RawMessage,
  type Reply,
  type SessionContext,
  type SessionRecord,
  within,
} from '@agent-session/core'
import { textField } from '@agent-session/core/transport'
import { definedOnly } from '../defined-only.ts'
import type { AgentRpcEvents, EventName, RpcReply } from '../wire.ts'
import { readStatus } from '../rows/session-row.ts'
import { CostTotal } from './cost-total.ts'
import { GrowingMessage } from './growing-message.ts'
import { allows, type PermissionPolicy, refusingOption } from './permission-policy.ts'
import { ToldMessages } from './told-messages.ts'

/** What all sessions of a host share. */
export interface SessionEnvironment {
  readonly transport: AgentTransport
  readonly clock: Clock
  readonly makeId: () => string
  readonly permissions: PermissionPolicy | undefined
  /** Whether pages take a message that is told again under its id as the same one. */
  readonly upserts: boolean
  readonly startTimeoutMs: number
  readonly replyTimeoutMs: number
  readonly mostQueued: number
  tell<Name extends EventName>(name: Name, payload: AgentRpcEvents[Name]): void
  /** Something is to be told soon: `tellNews` is called then. */
  soon(session: ServedSession): void
  onProblem(problem: AgentSessionError): void
}

interface ServedTurn {
  readonly run: string
  stopping: boolean
}

/** One message that comes in pieces, and whether the pages know all of it. */
interface Growing {
  readonly message: GrowingMessage
  /** A result says that its call is over: it is told when it is whole. */
  readonly isResult: boolean
  told: boolean
  fresh: boolean
}

/**
 * One session of a transport as pages of the wire see it: pieces as whole messages, questions answered by the policy,
 * cost as a sum, and the words of its status. What the wire has no word for is not told.
 */
export class ServedSession {
  readonly sessionId: string
  readonly #env: SessionEnvironment
  readonly #cost: CostTotal
  readonly #told = new ToldMessages()
  readonly #growing = new Map<string, Growing>()
  /** Prompts that came while a turn was under way, from a page that does not know of it. */
  readonly #queue: string[] = []
  /** Questions of the turn, with whether they wait. */
  readonly #questions = new Map<string, boolean>()
  #context: SessionContext
  #turn: ServedTurn | undefined
  #status = ''
  #steers: boolean | undefined
  #model: string | undefined
  #toldFacts = ''
  #lastError: string | undefined
  #again = false

  constructor(sessionId: string, context: SessionContext, used: Pick<SessionRecord, 'costUsd' | 'inputTokens' | 'outputTokens'>, env: SessionEnvironment) {
    this.sessionId = sessionId
    this.#context = context
    this.#cost = new CostTotal(used)
    this.#env = env
  }

  get busy(): boolean {
    return this.#turn !== undefined
  }

  /** What a page may not know of the session, and a host that is started anew must. */
  get known(): Partial<SessionRecord> {
    const { projectId: _projectId, provider: _provider, extraEnv: _extraEnv, agentSessionId, ...options } = this.#context
    return { options, ...(agentSessionId !== undefined && { agentSessionId }) }
  }

  start(prompt: string): Promise<RpcReply> {
    const { transport } = this.#env
    return this.#begin((run, messageId) => transport.start({ ...this.#context, sessionId: this.sessionId, run, prompt, messageId }))
  }

  async prompt(prompt: string): Promise<RpcReply> {
    const { transport, mostQueued } = this.#env
    if (this.#turn === undefined) return this.#goOn(prompt)
    if (this.#steers ?? transport.capabilities?.steer === true) {
      const { run } = this.#turn
      return this.#call('the prompt', 'startTimeoutMs', () => transport.prompt(this.#promptCommand(run, prompt, true)))
    }
    // Only a page that was loaded anew asks while the agent is at work: its prompt is the next turn.
    if (this.#queue.length >= mostQueued) return refusal('queue-full', `${this.#queue.length} prompts wait already. Wait for the agent, or stop it.`)
    this.#queue.push(prompt)
    return { ok: true }
  }

  async stop(): Promise<RpcReply> {
    const turn = this.#turn
    if (turn === undefined) return { ok: true }
    turn.stopping = true
    const { sessionId } = this
    const reply = await this.#call('the stop', 'replyTimeoutMs', () => this.#env.transport.stop({ sessionId, run: turn.run }))
    if (!reply.ok) turn.stopping = false
    else if (this.#turn === turn) this.#over('done')
    return reply
  }

  /** The page has saved it: under this project. */
  savedAs(projectId: string): void {
    this.#context = { ...this.#context, projectId }
  }

  saved(messages: readonly MessageRecord[]): void {
    this.#told.saved(messages.map(({ id: msgId, content }) => ({ msgId, content })))
  }

  /** A page was loaded anew: what no page has saved is told once more. */
  tellAgain(): void {
    if (!this.#env.upserts || this.#told.list().length === 0) return
    this.#again = true
    this.#env.soon(this)
  }

  /** Tells what has grown since, and what is to be told again. */
  tellNews(): void {
    if (this.#again) this.#env.tell('agent.message', { sessionId: this.sessionId, messages: this.#told.list() })
    this.#again = false
    const grown = [...this.#growing.values()].filter(({ fresh, isResult }) => fresh && !isResult)
    for (const growing of grown) this.#tellGrowing(growing)
  }

  receive(event: AgentSessionEvent): void {
    switch (event.type) {
      case 'message':
        return this.#messages(event.messages)
      case 'delta':
        return this.#delta(event)
      case 'message-end':
        return this.#whole(event.id, event.cut === true)
      case 'retract':
        return this.#retract(event.ids)
      case 'status':
        return this.#isCurrent(event.run) ? this.#statusIs(readStatus(event.status), event.error) : undefined
      case 'cost':
        return this.#env.tell('agent.cost', { sessionId: this.sessionId, ...this.#cost.take(event) })
      case 'session': {
        this.#steers = event.abilities?.steer ?? this.#steers
        this.#model = event.model ?? this.#model
        if (event.agentSessionId !== undefined) this.#context = { ...this.#context, agentSessionId: event.agentSessionId }
        return undefined
      }
      case 'permission':
        if (this.#isCurrent(event.run)) this.#answer(event.request).catch((cause: unknown) => this.#env.onProblem(AgentSessionError.from('invalid-event', cause)))
        return undefined
      case 'permission-settled':
        if (this.#questions.has(event.requestId)) this.#questions.set(event.requestId, false)
        return undefined
      case 'history':
      case 'plan':
        // The page has the transcript, and the wire has no plan.
        return undefined
    }
  }

  /** Nothing more is told of it. */
  end(): void {
    this.#turn = undefined
    this.#queue.length = 0
    this.#growing.clear()
    this.#questions.clear()
  }

  #goOn(prompt: string, first?: Promise<void>): Promise<RpcReply> {
    return this.#begin((run, messageId) => this.#env.transport.prompt({ ...this.#promptCommand(run, prompt), messageId }), first)
  }

  #promptCommand(run: string, prompt: string, steer?: true) {
    const { sessionId } = this
    return { sessionId, run, prompt, messageId: this.#env.makeId(), session: this.#context, ...(steer && { steer }) }
  }

  /** `first`: what is waited for before the agent is asked. */
  async #begin(ask: (run: string, messageId: string) => Promise<Reply>, first?: Promise<void>): Promise<RpcReply> {
    const { makeId, transport } = this.#env
    const turn = { run: makeId(), stopping: false }
    this.#turn = turn
    this.#cost.runBegins()
    this.#lastError = undefined
    this.#status = ''
    await first
    const reply = await this.#call('the prompt', 'startTimeoutMs', () => ask(turn.run, makeId()))
    if (reply.ok) {
      if (this.#turn === turn) this.#tellStatus('running')
      return reply
    }
    if (this.#turn === turn) this.#turn = undefined
    // Nobody waits for it any more, so nothing may go on there; whatever is answered, there is nothing left to do.
    if (reply.code === 'transport-timeout') void this.#call('the stop', 'replyTimeoutMs', () => transport.stop({ sessionId: this.sessionId, run: turn.run }))
    return reply
  }

  /** Within a limit, and a failure is a refusal (F34). */
  async #call(what: string, limit: 'startTimeoutMs' | 'replyTimeoutMs', ask: () => Promise<Reply>): Promise<RpcReply> {
    const { clock, onProblem } = this.#env
    const ms = this.#env[limit]
    try {
      const answer = await within(clock, ms, ask())
      if (!answer.timely) return refusal('transport-timeout', `The agent did not answer ${what} within ${ms} ms.`)
      const { value } = answer
      return value.ok ? { ok: true } : { ok: false, error: value.error, ...(value.code !== undefined && { code: value.code }) }
    } catch (cause) {
      onProblem(new AgentSessionError('transport-threw', `The transport failed on ${what}: ${errorText(cause)}`, { cause, sessionId: this.sessionId }))
      return refusal('transport-threw', errorText(cause))
    }
  }

  #isCurrent(run: string | undefined): boolean {
    return this.#turn !== undefined && (run === undefined || run === this.#turn.run)
  }

  #messages(messages: readonly RawMessage[]): void {
    // The page shows its prompts itself, and the wire has no kind for them.
    const told = messages.filter(({ type }) => type !== 'user')
    for (const { id, type, content } of told) {
      this.#growing.delete(id)
      if (type === 'error') this.#lastError = textField(content, 'message')
      if (type === 'init') this.#learn(content)
    }
    this.#tell(told)
  }

  #learn(content: unknown): void {
    const agentSessionId = textField(content, 'sessionId')
    if (agentSessionId !== undefined) this.#context = { ...this.#context, agentSessionId }
    this.#model = textField(content, 'model') ?? this.#model
    this.#toldFacts = this.#facts()
  }

  #delta(event: DeltaEvent): void {
    const { clock, upserts, soon, onProblem } = this.#env
    const growing = this.#growing.get(event.id) ?? { message: new GrowingMessage(event, clock.now()), isResult: event.kind === 'tool_result', told: false, fresh: false }
    this.#growing.set(event.id, growing)
    if (!growing.message.add(event)) {
      onProblem(new AgentSessionError('sequence-gap', `A piece of message ${event.id} is missing before offset ${event.offset}.`, { sessionId: this.sessionId }))
      return
    }
    growing.fresh = true
    if (!upserts || growing.isResult) return
    // The first piece at once, so that messages stand in the order in which they began.
    if (growing.told) soon(this)
    else this.#tellGrowing(growing)
  }

  #whole(id: string, cut: boolean): void {
    const growing = this.#growing.get(id)
    this.#growing.delete(id)
    if (growing?.fresh) this.#tellGrowing(growing, cut)
  }

  #tellGrowing(growing: Growing, cut = false): void {
    growing.told = true
    growing.fresh = false
    this.#tell([growing.message.whole(cut)])
  }

  /** What the pages show already they cannot take back; a text they can be told to be empty. */
  #retract(ids: readonly string[]): void {
    const shown = new Map(this.#told.list().map((message) => [message.id, message]))
    for (const id of ids) {
      this.#growing.delete(id)
      const message = shown.get(id)
      if (this.#env.upserts && (message?.type === 'text' || message?.type === 'thinking')) this.#tell([{ ...message, content: { text: '' } }])
    }
  }

  #statusIs(status: ReturnType<typeof readStatus>, error: string | undefined): void {
    if (status === 'done' || status === 'error') this.#over(status, error ?? (status === 'error' ? this.#lastError : undefined))
    else this.#tellStatus(status, error)
  }

  /** Whatever ends a turn ends all of it. A prompt that waits goes on with the session, so that no end is told. */
  #over(status: 'done' | 'error', error?: string): void {
    const stopped = this.#turn?.stopping === true
    this.#turn = undefined
    for (const id of this.#growing.keys()) this.#whole(id, true)
    this.#questions.clear()
    this.#tellFacts()
    const waiting = this.#queue.splice(0)
    const [next, ...others] = waiting
    if (next !== undefined && status === 'done' && !stopped) {
      this.#queue.push(...others)
      // The transport is still telling of the end, and may not be ready for the next turn before it has done so.
      void this.#goOn(next, Promise.resolve()).then((reply) => {
        if (!reply.ok && this.#turn === undefined) this.#tellStatus('error', `The prompt that waited was refused: ${reply.error ?? 'unknown'}`)
      })
      return
    }
    const unsent = next !== undefined && !stopped ? ' The prompts that waited were not sent.' : ''
    this.#tellStatus(status, status === 'error' ? `${error ?? 'unknown'}${unsent}` : error)
  }

  #tellStatus(status: string, error?: string): void {
    if (status === this.#status) return
    this.#status = status
    this.#env.tell('agent.status', { sessionId: this.sessionId, status, ...(error !== undefined && { error }) })
  }

  /** The policy answers; without one, or without an answer of it, the question is refused, and the page is told that it was. */
  async #answer(request: PermissionQuestion): Promise<void> {
    const { clock, permissions, transport, onProblem } = this.#env
    const { sessionId } = this
    if (this.#questions.has(request.id)) return
    this.#questions.set(request.id, true)
    let given: string | undefined
    try {
      const { provider, cwd } = this.#context
      given = await permissions?.({ sessionId, provider, request, ...(cwd !== undefined && { cwd }) })
    } catch (cause) {
      onProblem(new AgentSessionError('listener-threw', `The policy failed on "${request.title}", which is refused: ${errorText(cause)}`, { cause, sessionId }))
    }
    // Settled meanwhile, or its turn is over.
    if (this.#questions.get(request.id) !== true) return
    this.#questions.set(request.id, false)
    const chosen = request.options.some(({ id }) => id === given) ? given : undefined
    const optionId = chosen ?? refusingOption(request)
    if (chosen === undefined || !allows(request, chosen)) {
      const message = `Not allowed: ${request.title}. This page cannot be asked, and the host does not allow it.`
      this.#tell([{ id: `refused/${request.id}`, type: 'error', content: { message }, timestamp: clock.now() }])
      // It says why a tool failed, and is no error of the run.
      this.#lastError = undefined
    }
    const respond = transport.respond?.bind(transport)
    if (respond === undefined) return
    const reply = await this.#call('the answer', 'replyTimeoutMs', () => respond({ sessionId, requestId: request.id, ...(optionId !== undefined && { optionId }) }))
    if (!reply.ok) onProblem(new AgentSessionError('transport-refused', `The answer to "${request.title}" was refused: ${reply.error ?? 'unknown'}`, { sessionId }))
  }

  #facts(): string {
    return JSON.stringify([this.#context.agentSessionId, this.#model])
  }

  /** The wire tells the model and the agent's own id by a message: once, before what comes after them. */
  #tellFacts(): void {
    const { agentSessionId } = this.#context
    const facts = this.#facts()
    if (facts === this.#toldFacts || (agentSessionId === undefined && this.#model === undefined)) return
    this.#toldFacts = facts
    const content = definedOnly({ model: this.#model, sessionId: agentSessionId })
    this.#send([{ id: `init/${facts}`, type: 'init', content, timestamp: this.#env.clock.now() }])
  }

  #tell(messages: readonly RawMessage[]): void {
    if (messages.length === 0) return
    if (!messages.some(({ type }) => type === 'init')) this.#tellFacts()
    this.#send(messages)
  }

  #send(messages: readonly RawMessage[]): void {
    this.#told.told(messages)
    this.#env.tell('agent.message', { sessionId: this.sessionId, messages })
  }
}

const refusal = (code: string, error: string): RpcReply => ({ ok: false, code, error })
