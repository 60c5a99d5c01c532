import { filterEnv, type EnvPolicy } from '../env-policy.ts'
import { AgentSessionError } from '../errors.ts'
import type { Attached, SessionContext, StopCommand } from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import type { SettingsSource } from '../ports/settings-source.ts'
import { budgetStanding } from '../budget/budget.ts'
import { noUsage } from '../session/usage.ts'
import { makeId } from '../session-id.ts'
import type { PermissionReply, SessionConfiguration } from '../session/agent-session.ts'
import type { CommandResult, PromptResult, Refusal, StartResult } from '../session/command-result.ts'
import type { Prompt } from '../session/prompt.ts'
import type { EndReason } from '../session/session-record.ts'
import { isBusy, type SessionState } from '../session/session-state.ts'
import { withoutEnvironment, type StartOptions } from '../session/start-options.ts'
import type { StartRequest } from './agent-store.ts'
import type { OpenSessions } from './open-sessions.ts'
import { disposed, refusal } from './refusals.ts'
import type { SessionRuntime } from './session-runtime.ts'
import { startDefaults } from './start-defaults.ts'
import type { StorageWriter } from './storage-writer.ts'
import type { TransportCalls } from './transport-calls.ts'

export interface SessionRunsOptions {
  readonly sessions: OpenSessions
  readonly calls: TransportCalls
  readonly clock: Clock
  readonly settings?: SettingsSource
  readonly envPolicy: EnvPolicy
  readonly writer: StorageWriter
  readonly newId: () => string
  readonly onWarning: (warning: AgentSessionError) => void
  readonly onError: (error: AgentSessionError) => void
}

/** What a new session takes of what is asked for. */
type NewSession = Pick<StartRequest, 'provider' | 'model' | 'budget' | 'limits'>

/** Turns of work: how one begins, takes more prompts, and is stopped. */
export class SessionRuns {
  readonly #options: SessionRunsOptions
  readonly #sessions: OpenSessions
  readonly #calls: TransportCalls
  /** `extraEnv` of the sessions begun here. Kept apart: it may hold secrets, and is never stored. */
  readonly #environments = new Map<string, Readonly<Record<string, string>>>()
  /** Runs whose agent has not been asked yet: nobody but us knows of them. */
  readonly #preparing = new Set<string>()
  /** Stops that the agent has not answered, by their run. */
  readonly #stopping = new Map<string, Promise<CommandResult>>()
  /**
   * Sessions whose line was down while a prompt was on its way: what its run told meanwhile is asked for once it got
   * through. Each with what is to be called when it is known of a prompt whether it did.
   */
  readonly #unheard = new WeakMap<SessionRuntime, () => void>()

  constructor(options: SessionRunsOptions) {
    this.#options = options
    this.#sessions = options.sessions
    this.#calls = options.calls
  }

  /** A new session with its first turn. It shows as running before anybody has answered (B9). */
  async start(projectId: string, request: StartRequest): Promise<StartResult> {
    const { clock, newId, settings, writer, onWarning } = this.#options
    const [sessionId, run, messageId] = [makeId(newId), makeId(newId), makeId(newId)]
    const { provider, prompt, ifRunning: _ifRunning, extraEnv, budget: _budget, limits: _limits, ...given } = request
    const runtime = this.#sessions.open({ state: this.newState(sessionId, projectId, request), messages: [], hasOlder: false })
    this.#sessions.makeCurrent(runtime)
    runtime.act({ type: 'run-began', run, messageId, prompt })
    this.#preparing.add(run)

    const warn = (warning: AgentSessionError): void => onWarning(warning.about(sessionId, projectId))
    // No agent begins to work where it is known that nothing of it could be saved. A storage that is slow holds up no
    // start: what was begun is then left again.
    writer.ask()
    const defaults = await startDefaults(provider, { settings, clock, timeoutMs: runtime.limits.settingsTimeoutMs, onWarning: warn })
    const options: StartOptions = { ...defaults, ...definedOnly(given) }
    this.#admitEnvironment(sessionId, extraEnv, warn)
    runtime.update({ options, ...(options.model !== undefined && { model: options.model }) })
    this.#preparing.delete(run)
    if (this.#sessions.closing) return disposed()
    if (writer.refusal !== undefined && isUnderWay(runtime, run)) return this.#heldElsewhere(runtime, messageId, writer.refusal)
    if (!isUnderWay(runtime, run)) {
      this.#deliver(runtime, messageId, false)
      return refusal('start-stopped', 'The session was stopped before its agent had started.', sessionId)
    }

    const reply = await this.#calls.start({ ...this.context(runtime), sessionId, run, prompt, messageId })
    return this.#settle(runtime, run, messageId, reply) ?? { ok: true, sessionId }
  }

  /** Another process writes the storage now: the run goes on without being shown here, where somebody can find it again, else it ends. */
  leave(runtime: SessionRuntime): void {
    const { sessionId, run = '', live } = runtime.state
    // One that has not begun is called off by its start.
    if (!live || this.#preparing.has(run)) return
    runtime.act({ type: 'run-ended', status: 'idle', reason: 'interrupted' })
    if (!this.#calls.canAttach) this.#tellStopped({ sessionId, run })
  }

  /** A prompt: begins a turn where none is under way, steers the one that is, or waits for its end. */
  async prompt(runtime: SessionRuntime, prompt: Prompt, messageId = makeId(this.#options.newId)): Promise<PromptResult> {
    const { sessionId, queue } = runtime.state
    if (isSpent(runtime.state)) return spent(runtime.state)
    if (!isBusy(runtime.state)) return this.#begin(runtime, messageId, prompt)
    if (runtime.state.abilities?.steer ?? this.#calls.canSteer) return this.#steer(runtime, messageId, prompt)
    if (queue.length >= runtime.limits.queuedPrompts) {
      return refusal('queue-full', `${queue.length} prompts wait already. Withdraw one, or wait for the agent.`)
    }
    runtime.act({ type: 'queued', messageId, prompt })
    return { ok: true, sessionId, messageId, queued: true }
  }

  /** Sends a prompt again that failed, under its own id. */
  async retry(runtime: SessionRuntime, messageId: string): Promise<PromptResult> {
    const message = runtime.message(messageId)
    if (message?.delivery !== 'failed') return refusal('not-failed', 'Only a prompt that could not be delivered is sent again.')
    return this.prompt(runtime, message.prompt ?? message.content, messageId)
  }

  /** Takes back a prompt that is still queued. */
  withdraw(runtime: SessionRuntime, messageId: string): CommandResult {
    if (!runtime.state.queue.some((queued) => queued.messageId === messageId)) {
      return refusal('not-queued', 'This prompt is not in the queue: it was sent or withdrawn already.')
    }
    runtime.act({ type: 'unqueued', messageId })
    return accepted
  }

  /** Answers a question once: from the call on nobody else can, and only a transport that refused the answer opens it again. */
  async respond(runtime: SessionRuntime, requestId: string, { optionId, input, text }: PermissionReply): Promise<CommandResult> {
    const { sessionId, permissions } = runtime.state
    const request = permissions.find((known) => known.id === requestId)
    if (request?.state !== 'pending') {
      return refusal('permission-not-pending', 'This question is not open: it was answered, cancelled or has expired.')
    }
    if (optionId !== undefined && !request.options.some((option) => option.id === optionId)) {
      return refusal('permission-option-unknown', `The question has no option ${JSON.stringify(optionId)}.`)
    }
    const chosen = optionId !== undefined && { optionId }
    runtime.act({ type: 'permission-moved', requestId, state: 'answering', ...chosen })
    const extras = { ...(input !== undefined && { input }), ...(text !== undefined && { text }) }
    const reply = await this.#calls.respond({ sessionId, requestId, ...chosen, ...extras })
    runtime.touch()
    const taken = optionId === undefined ? 'cancelled' : 'selected'
    // An answer that nobody confirmed may have arrived all the same: it is not given twice.
    const state = reply.ok ? taken : reply.code === 'transport-timeout' ? 'expired' : 'pending'
    runtime.act({ type: 'permission-moved', requestId, state })
    return reply
  }

  async configure(runtime: SessionRuntime, { mode, model, settings }: SessionConfiguration): Promise<CommandResult> {
    const change = { ...(mode !== undefined && { mode }), ...(model !== undefined && { model }) }
    const reply = await this.#calls.configure({ sessionId: runtime.state.sessionId, ...change, ...(settings && { settings }) })
    if (!reply.ok) return reply
    // A transport that resumes the session later is told by its options.
    const options = { ...runtime.state.options, ...(model !== undefined && { model }), ...(mode !== undefined && { permissionMode: mode }) }
    runtime.update({ ...change, options })
    return reply
  }

  /**
   * After a turn that ended well: the prompt that has waited longest. Not at once: the transport is still telling of the
   * end, and may not be ready for the next turn before it has done so.
   */
  async sendQueued(runtime: SessionRuntime): Promise<void> {
    await Promise.resolve()
    const { sessionId, queue, status, endReason, run = '' } = runtime.state
    const [next] = queue
    if (next === undefined || status !== 'done' || endReason === 'stopped' || isSpent(runtime.state)) return
    // A person who said stop does not mean what waits, though the agent came to its end first. One that was purged is gone.
    if (this.#stopping.has(run) || this.#sessions.get(sessionId) !== runtime) return
    if (!this.#sessions.closing) await this.#begin(runtime, next.messageId, next.prompt)
  }

  /** Ends the turn that is under way; asked twice, it is told to the agent once. */
  stop(runtime: SessionRuntime, reason: EndReason = 'stopped'): Promise<CommandResult> {
    const { live, run = '' } = runtime.state
    if (!live) return Promise.resolve({ ok: true })
    const stopping = this.#stopping.get(run) ?? this.#stop(runtime, reason).finally(() => this.#stopping.delete(run))
    this.#stopping.set(run, stopping)
    return stopping
  }

  /** Whether a run may be found again that is not under way here. */
  get canRejoin(): boolean {
    return this.#calls.canAttach
  }

  /** A session that was running when it was last saved: its run goes on where the transport finds it again, else it was interrupted (T12). */
  async rejoin(runtime: SessionRuntime): Promise<void> {
    const { run } = runtime.state
    if (this.#calls.canAttach) {
      // Live before the answer: what was missed may come before it.
      runtime.update({ live: true })
      const attached = await this.#attach(runtime)
      if (attached?.outcome === 'live' || attached?.outcome === 'replayed') runtime.act({ type: 'run-found' })
      if (attached?.gapped) runtime.act({ type: 'gap' })
      // Stopped and prompted meanwhile, it is another run that is under way.
      if (attached?.outcome === 'live' || !runtime.state.live || runtime.state.run !== run) return
    }
    runtime.act({ type: 'run-ended', status: 'idle', reason: 'interrupted' })
  }

  /**
   * The line was down, and what was told meanwhile was not heard; it may have been the end of the run. A transport that
   * fails at this leaves all as it is: the run may go on.
   */
  async catchUp(runtime: SessionRuntime): Promise<void> {
    // What waits to be asked for already is more than this.
    if (!runtime.state.live || !this.#calls.canAttach || (runtime.awaitsDelivery && this.#unheard.has(runtime))) return
    let run: string | undefined
    const attached = await this.#attach(runtime, async () => {
      // One that is not accepted yet is not known at the other end, or its answer is still to come.
      while (runtime.awaitsDelivery) await this.#delivered(runtime)
      run = runtime.state.run
      return runtime.state.live
    })
    if (attached?.gapped) runtime.act({ type: 'gap' })
    if (attached === undefined || attached.outcome === 'live' || !runtime.state.live || runtime.state.run !== run) return
    runtime.act({ type: 'run-ended', status: 'idle', reason: 'interrupted' })
  }

  /** Events of a session are missing: whether the transport tells them again (F17). */
  async askAgain(runtime: SessionRuntime): Promise<boolean> {
    const attached = await this.#attach(runtime)
    return attached !== undefined && attached.gapped !== true && (attached.outcome === 'live' || attached.outcome === 'replayed')
  }

  /** Asks as soon as `mayAsk` says so, and not at all where it says no; for what came after the place where it is now. */
  async #attach(runtime: SessionRuntime, mayAsk?: () => Promise<boolean>): Promise<Attached | undefined> {
    const { cursor } = runtime
    const attached = await runtime.asking(async (cursor) => {
      if (mayAsk && !(await mayAsk())) return undefined
      const { sessionId, run } = runtime.state
      const session = this.context(runtime)
      return this.#calls.attach({ sessionId, session, ...(run !== undefined && { run }), ...(cursor && { cursor }) })
    })
    // A host that began again meanwhile numbers anew, and nobody has said whether all was heard that it told before. Where
    // nothing had been heard, it may have told something before what came.
    if (attached === undefined && runtime.cursor?.epoch !== cursor?.epoch) runtime.act({ type: 'gap' })
    return attached
  }

  /** `now`, or just after the newest session of the project: the last one is the last one, though the wall clock was set back (F26). */
  #newest(projectId: string, now: number): number {
    const others = this.#sessions.all().filter(({ state }) => state.projectId === projectId && state.updatedAt > now)
    return others.reduce((latest, { state }) => Math.max(latest, state.updatedAt + 1), now)
  }

  /** A session that has done nothing yet. */
  newState(sessionId: string, projectId: string, request: NewSession): SessionState {
    return newState(sessionId, projectId, request, this.#newest(projectId, this.#options.clock.now()))
  }

  /** Another session's agent gets the variables that this one's was given. */
  shareEnvironment(sessionId: string, otherId: string): void {
    const env = this.#environments.get(sessionId)
    if (env) this.#environments.set(otherId, env)
  }

  forget(sessionId: string): void {
    this.#environments.delete(sessionId)
  }

  async #begin(runtime: SessionRuntime, messageId: string, prompt: Prompt): Promise<PromptResult> {
    const { sessionId, projectId } = runtime.state
    const run = makeId(this.#options.newId)
    // A session that is prompted is the one that is meant, but it takes no place from one that runs.
    const current = this.#sessions.current(projectId)
    if (!current || !isBusy(current.state)) this.#sessions.makeCurrent(runtime)
    runtime.act({ type: 'run-began', run, messageId, prompt })
    const reply = await this.#calls.prompt({ sessionId, run, prompt, messageId, session: this.context(runtime) })
    return this.#settle(runtime, run, messageId, reply) ?? { ok: true, sessionId, messageId, queued: false }
  }

  async #steer(runtime: SessionRuntime, messageId: string, prompt: Prompt): Promise<PromptResult> {
    const { sessionId, run = '' } = runtime.state
    runtime.act({ type: 'steered', messageId, prompt })
    const reply = await this.#calls.prompt({ sessionId, run, prompt, messageId, steer: true, session: this.context(runtime) })
    this.#deliver(runtime, messageId, reply.ok)
    return reply.ok ? { ok: true, sessionId, messageId, queued: false } : { ...reply, sessionId }
  }

  /** What became of a prompt. */
  #deliver(runtime: SessionRuntime, messageId: string, ok: boolean): void {
    // Silence counts from when the agent took it up, however long it was on its way.
    if (ok) runtime.touch()
    runtime.act({ type: 'delivery', messageId, delivery: ok ? 'sent' : 'failed' })
    const told = this.#unheard.get(runtime)
    this.#unheard.delete(runtime)
    told?.()
  }

  /** Resolves when it is known of the next prompt that is on its way whether it got through. */
  #delivered(runtime: SessionRuntime): Promise<void> {
    return new Promise((resolve) => void this.#unheard.set(runtime, resolve))
  }

  /** What the transport's answer means for the run that asked; a refusal where it is one (T2, T5). */
  #settle(runtime: SessionRuntime, run: string, messageId: string, reply: CommandResult): Refusal | undefined {
    const { sessionId } = runtime.state
    this.#deliver(runtime, messageId, reply.ok)
    if (reply.ok) {
      // Stopped while it was still being accepted: the agent may have missed the stop.
      if (!runtime.state.live && endedHere.has(runtime.state.endReason)) this.#tellStopped({ sessionId, run })
      return undefined
    }
    if (isUnderWay(runtime, run)) runtime.act({ type: 'run-ended', status: 'error', reason: 'error', error: reply.error })
    // Nobody waits for it any more, so nothing may go on there.
    if (reply.code === 'transport-timeout') this.#tellStopped({ sessionId, run })
    return { ...reply, sessionId }
  }

  #heldElsewhere(runtime: SessionRuntime, messageId: string, { code, message }: AgentSessionError): Refusal {
    this.#deliver(runtime, messageId, false)
    runtime.act({ type: 'run-ended', status: 'error', reason: 'error', error: message })
    return refusal(code, message, runtime.state.sessionId)
  }

  #tellStopped(command: StopCommand): void {
    void this.#calls.stop(command).then((reply) => {
      if (!reply.ok) this.#options.onError(new AgentSessionError(reply.code, reply.error, { sessionId: command.sessionId }))
    })
  }

  async #stop(runtime: SessionRuntime, reason: EndReason): Promise<CommandResult> {
    const { sessionId, run = '' } = runtime.state
    const reply = this.#preparing.has(run) ? accepted : await this.#calls.stop({ sessionId, run })
    if (!isUnderWay(runtime, run)) {
      // The agent's own word came first: it knows that it was stopped, not what for.
      if (runtime.state.run === run && runtime.state.endReason === 'stopped') runtime.update({ endReason: reason })
      return { ok: true }
    }
    if (reply.ok) {
      runtime.act({ type: 'run-ended', status: 'done', reason })
      return reply
    }
    // F34: a person who said stop is not left with a session that says it is running.
    if (reply.code === 'transport-timeout') {
      const error = 'The agent did not answer the stop; it may still be at work.'
      runtime.act({ type: 'run-ended', status: 'error', reason, error })
    }
    return { ...reply, sessionId }
  }

  #admitEnvironment(sessionId: string, extraEnv: StartOptions['extraEnv'], warn: (warning: AgentSessionError) => void): void {
    const { env, refused } = filterEnv(extraEnv, this.#options.envPolicy)
    if (env) this.#environments.set(sessionId, env)
    if (refused.length === 0) return
    const names = refused.join(', ')
    warn(new AgentSessionError('environment-refused', `Variables that the agent must not get were left out: ${names}.`, { detail: refused }))
  }

  /** What its transport needs to go on with a session. */
  context(runtime: SessionRuntime): SessionContext {
    const { sessionId, projectId, provider, options, agentSessionId } = runtime.state
    const extraEnv = this.#environments.get(sessionId)
    return { ...withoutEnvironment(options), projectId, provider, ...(agentSessionId !== undefined && { agentSessionId }), ...(extraEnv && { extraEnv }) }
  }
}

const accepted: CommandResult = { ok: true }

/** Ends that the store made and the agent may have missed. */
const endedHere: ReadonlySet<EndReason | undefined> = new Set(['stopped', 'budget'])

/** Whether another turn would go past the budget. */
const isSpent = (state: SessionState): boolean => budgetStanding(state.budget, state, state.turns + 1).level === 'exceeded'

const spent = ({ sessionId, budget, turns, ...usage }: SessionState): Refusal =>
  refusal('budget-exceeded', `The budget of this session is used up (${budgetStanding(budget, usage, turns).text}). Set another to go on.`, sessionId)

const isUnderWay = (runtime: SessionRuntime, run: string): boolean => runtime.state.live && runtime.state.run === run

/** Without the fields that are there but `undefined`: they must not hide a default. */
function definedOnly<Fields extends object>(fields: Fields): Partial<Fields> {
  const copy: Partial<Fields> = { ...fields }
  for (const name in copy) if (copy[name] === undefined) delete copy[name]
  return copy
}

function newState(sessionId: string, projectId: string, { provider, model = '', budget, limits }: NewSession, now: number): SessionState {
  return {
    sessionId,
    projectId,
    provider,
    status: 'idle',
    ...noUsage,
    usageBeforeRun: noUsage,
    model,
    modes: [],
    models: [],
    commands: [],
    plan: [],
    permissions: [],
    queue: [],
    options: {},
    createdAt: now,
    updatedAt: now,
    lastSeqId: 0,
    turns: 0,
    ...(budget && { budget }),
    ...(limits && { limits: { ...limits } }),
    current: false,
    live: false,
    saved: 'saved',
  }
}
