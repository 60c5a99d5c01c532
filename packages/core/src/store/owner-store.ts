import type { Budget } from '../budget/budget.ts'
import { AgentSessionError, errorText, type AgentSessionErrorCode } from '../errors.ts'
import type { Health } from '../health/health.ts'
import type { Capabilities, ForeignQuery, ForeignSession } from '../ports/agent-transport.ts'
import type { ProviderState } from '../ports/provider-state.ts'
import type { Hit, MessageRange, Page, SessionSummary } from '../ports/session-storage.ts'
import type { Limits, LiveLimits } from '../limits.ts'
import { SessionDirectory, type ChangedSession } from '../replica/session-directory.ts'
import type { RetentionPlan } from '../retention/plan-retention.ts'
import { RetentionKeeper } from '../retention/retention-keeper.ts'
import type { RetentionPolicy } from '../retention/retention-policy.ts'
import { makeId } from '../session-id.ts'
import type { AgentSession, PermissionReply, SessionConfiguration } from '../session/agent-session.ts'
import type { CommandResult, PromptResult, Refusal, StartResult } from '../session/command-result.ts'
import type { Prompt } from '../session/prompt.ts'
import type { SessionMessage } from '../session/session-message.ts'
import { isBusy } from '../session/session-state.ts'
import { within } from '../timers/deadline.ts'
import { AgentMemory } from './agent-memory.ts'
import type { Connection, ImportedSession, OwnedAgentStore, PurgeOptions, RestoreResult, StartRequest, StoreChange, StoreEvents, StoreListeners, StoreSnapshot } from './agent-store.ts'
import { EventIntake } from './event-intake.ts'
import { OpenSessions } from './open-sessions.ts'
import { checkedBudget, checkedLiveLimits, checkPrompt, checkStart, disposed, noSession, notFound, refusal } from './refusals.ts'
import { Reporter } from './reporter.ts'
import { SessionArchive } from './session-archive.ts'
import { SessionLibrary } from './session-library.ts'
import { SessionRuns } from './session-runs.ts'
import type { SessionRuntime } from './session-runtime.ts'
import { StorageFollower } from './storage-follower.ts'
import { StorageWriter } from './storage-writer.ts'
import type { ResolvedOptions } from './store-options.ts'
import { TransportCalls } from './transport-calls.ts'
import type { WriterState } from './writer-state.ts'

/**
 * The store of the process that holds the transport and writes the storage. It checks commands and hands them on: to
 * the runs what concerns turns of work, to the library what concerns sessions as a whole.
 */
export class OwnerStore implements OwnedAgentStore {
  readonly #options: ResolvedOptions
  readonly #reporter = new Reporter()
  readonly #intake: EventIntake
  readonly #writer: StorageWriter
  readonly #follower: StorageFollower
  readonly #archive: SessionArchive
  readonly #directory: SessionDirectory
  readonly #sessions: OpenSessions
  readonly #calls: TransportCalls
  readonly #runs: SessionRuns
  readonly #library: SessionLibrary
  readonly #keeper: RetentionKeeper
  readonly #memory: AgentMemory
  /** By project: the start that is in progress, and the session that it opened. */
  readonly #starting = new Map<string, { session?: SessionRuntime | undefined }>()
  readonly #subscriptions: (() => void)[]
  readonly #epoch: string
  #revision = 0
  readonly #untold: StoreChange[] = []
  #disposal: Promise<void> | undefined

  constructor(options: ResolvedOptions) {
    const { transport, storage, clock, limits, newId, lifecycle, initial } = options
    const onError = (error: AgentSessionError): void => this.#reporter.emit('error', error)
    const onWarning = (warning: AgentSessionError): void => this.#reporter.emit('warning', warning)
    this.#options = options
    this.#epoch = makeId(newId)
    const touchAll = (): void => this.#sessions.all().forEach((runtime) => runtime.touch())
    this.#intake = new EventIntake(this.#reporter, (sessionId) => this.#sessions.get(sessionId), () => {
      touchAll()
      for (const runtime of this.#sessions.all()) void this.#runs.catchUp(runtime)
    })
    this.#writer = new StorageWriter({
      storage,
      owner: this.#epoch,
      clock,
      limits,
      onState: (state) => this.#tellWriter(state),
      onLost: () => onError(new AgentSessionError('lease-lost', 'Another process writes this storage now; this one only reads it.')),
      catchUp: () => this.#library.catchUp(),
      onError,
    })
    this.#follower = new StorageFollower({ storage, read: (sessionId) => this.#library.follow(sessionId) })
    this.#archive = new SessionArchive(storage, clock, limits)
    this.#directory = new SessionDirectory({
      commands: this,
      clock,
      connected: () => this.#intake.connected,
      residentMessages: limits.residentMessages,
      mayLeave: (sessionId, message) => this.#library.mayLeave(sessionId, message),
      schedule: options.schedule,
      onChanges: (changed) => this.#tellChanges(changed),
      onFailure: (thrown) => this.#reporter.listenerFailed(thrown),
    })
    this.#sessions = new OpenSessions({
      clock,
      limits,
      random: options.random,
      directory: this.#directory,
      commit: (batch) => this.#library.commit(batch),
      refusal: () => this.#writer.refusal,
      connected: () => this.#intake.connected,
      notify: (notification) => this.#reporter.emit('notification', notification),
      warn: onWarning,
      fail: onError,
      askAgain: (runtime) => this.#runs.askAgain(runtime),
      onBudgetExceeded: (runtime) => void this.#stopSpent(runtime),
      onRunEnded: (runtime) => this.#runEnded(runtime),
    })
    this.#calls = new TransportCalls(transport, clock, (sessionId) => this.#sessions.get(sessionId)?.limits ?? limits, onError)
    this.#runs = new SessionRuns({ ...options, sessions: this.#sessions, calls: this.#calls, writer: this.#writer, onWarning, onError })
    this.#library = new SessionLibrary({
      ...options,
      sessions: this.#sessions,
      runs: this.#runs,
      archive: this.#archive,
      writer: this.#writer,
      onError,
      isTaken: (projectId) => this.#disposal !== undefined || this.hasSession(projectId) || this.#isStarting(projectId),
    })
    this.#memory = new AgentMemory({ calls: this.#calls, library: this.#library, runs: this.#runs, sessions: this.#sessions, newId })
    this.#keeper = new RetentionKeeper({
      policy: options.retention,
      settings: options.settings,
      clock,
      timeoutMs: limits.settingsTimeoutMs,
      list: (projectId, page) => this.#library.list(projectId, page),
      keeps: (summary) => this.#library.keeps(summary),
      remove: (sessionId) => this.#library.remove(sessionId),
      isOver: () => this.#disposal !== undefined,
      onError,
    })
    for (const session of initial?.sessions ?? []) {
      this.#sessions.open({ ...session, state: { ...session.state, live: false, saved: 'saved' } })
    }
    this.#subscriptions = [transport.subscribe((event) => this.#intake.receive(event))]
    if (lifecycle) {
      this.#subscriptions.push(
        lifecycle.onHide(() => this.#sessions.all().forEach(({ journal }) => journal.saveNow())),
        lifecycle.onWake(touchAll),
      )
    }
  }

  get capabilities(): Capabilities {
    return this.#calls.capabilities
  }

  get connection(): Connection {
    return this.#intake.connection
  }

  get writer(): WriterState {
    return this.#writer.state
  }

  async takeOver(): Promise<CommandResult> {
    if (this.#disposal) return disposed()
    return this.#answer(async () => {
      await this.#writer.takeOver()
      return { ok: true }
    })
  }

  get retention(): RetentionPolicy {
    return this.#keeper.policy
  }

  get limits(): Readonly<Limits> {
    return { ...this.#options.limits }
  }

  setLimits(limits: Partial<LiveLimits>): CommandResult {
    const invalid = this.#disposal ? disposed() : checkedLiveLimits(limits)
    if (invalid) return invalid
    // All that belong to this store read this one object.
    Object.assign(this.#options.limits, limits)
    for (const runtime of this.#sessions.all()) runtime.limitsChanged()
    return { ok: true }
  }

  async start(projectId: string, request: StartRequest): Promise<StartResult> {
    const invalid = this.#refusal() ?? checkStart(projectId, request)
    if (invalid) return invalid
    if (this.#isStarting(projectId)) return refusal('start-in-progress', 'Session start already in progress')
    const current = this.#sessions.current(projectId)
    const running = current && isBusy(current.state) ? current : undefined
    const { ifRunning = 'refuse' } = request
    if (running && ifRunning === 'refuse') {
      return refusal('session-running', 'A session of this project is running. Stop it first, or say by ifRunning what to do with it.')
    }
    const starting: { session?: SessionRuntime | undefined } = {}
    this.#starting.set(projectId, starting)
    try {
      const stopped = running && ifRunning === 'stop' ? await this.#runs.stop(running) : undefined
      if (stopped?.ok === false) return stopped
      // The stop may have taken its time, and the store its end meanwhile.
      const refused = this.#refusal()
      if (refused) return refused
      const started = this.#runs.start(projectId, request)
      starting.session = this.#sessions.current(projectId)
      return await started
    } catch (thrown) {
      // An id that the app's own generator made and that is none: nothing has begun.
      return refusal(AgentSessionError.from('invalid-argument', thrown).code, errorText(thrown))
    } finally {
      if (this.#starting.get(projectId) === starting) this.#starting.delete(projectId)
    }
  }

  /** One that was stopped is over, though its transport may answer late or never. */
  #isStarting(projectId: string): boolean {
    const starting = this.#starting.get(projectId)
    return starting !== undefined && starting.session?.state.live !== false
  }

  prompt(projectId: string, prompt: Prompt): Promise<PromptResult> {
    return this.#onCurrent(projectId, ({ state }) => this.promptSession(state.sessionId, prompt))
  }

  promptSession(sessionId: string, prompt: Prompt): Promise<PromptResult> {
    return this.#onSession(sessionId, async (runtime) => checkPrompt(prompt) ?? this.#runs.prompt(runtime, prompt))
  }

  retry(sessionId: string, messageId: string): Promise<PromptResult> {
    return this.#onSession(sessionId, async (runtime) => this.#runs.retry(runtime, messageId))
  }

  withdraw(sessionId: string, messageId: string): Promise<CommandResult> {
    return this.#onSession(sessionId, async (runtime) => this.#runs.withdraw(runtime, messageId))
  }

  stop(projectId: string): Promise<CommandResult> {
    return this.#onCurrent(projectId, (runtime) => this.#runs.stop(runtime))
  }

  stopSession(sessionId: string): Promise<CommandResult> {
    return this.#onShown(sessionId, (runtime) => this.#runs.stop(runtime))
  }

  respond(sessionId: string, requestId: string, reply: PermissionReply): Promise<CommandResult> {
    return this.#onSession(sessionId, (runtime) => this.#runs.respond(runtime, requestId, reply))
  }

  configure(sessionId: string, change: SessionConfiguration): Promise<CommandResult> {
    return this.#onSession(sessionId, (runtime) => this.#runs.configure(runtime, change))
  }

  forkSession(sessionId: string): Promise<StartResult> {
    return this.#onOpened(sessionId, (runtime) => this.#memory.fork(runtime))
  }

  logIn(sessionId: string, methodId: string): Promise<CommandResult> {
    return this.#onSession(sessionId, (runtime) => this.#memory.logIn(runtime, methodId))
  }

  listForeignSessions(projectId: string, query: ForeignQuery = {}): Promise<ForeignSession[]> {
    return this.#calls.list(projectId, query)
  }

  listProviders(): Promise<ProviderState[]> {
    return this.#calls.providers()
  }

  rename(sessionId: string, title: string): Promise<CommandResult> {
    if (typeof title !== 'string') return Promise.resolve(refusal('invalid-argument', 'A title is text.'))
    return this.#onStored(sessionId, (runtime) => runtime.update(title === '' ? { title: undefined, renamed: undefined } : { title, renamed: true }))
  }

  pin(sessionId: string, pinned: boolean): Promise<CommandResult> {
    return this.#onStored(sessionId, (runtime) => runtime.update({ pinned: pinned ? true : undefined }))
  }

  async setBudget(sessionId: string, budget: Budget | undefined): Promise<CommandResult> {
    return checkedBudget(budget) ?? this.#onStored(sessionId, (runtime) => runtime.update({ budget }))
  }

  select(projectId: string, sessionId: string): Promise<CommandResult> {
    return this.#onShown(sessionId, async (runtime) => {
      if (runtime.state.projectId !== projectId) return notFound()
      this.#sessions.makeCurrent(runtime)
      return { ok: true }
    })
  }

  clear(projectId: string): Promise<CommandResult> {
    return this.#onCurrent(projectId, async (runtime) => {
      if (isBusy(runtime.state)) return refusal('session-running', 'The session is running. Stop it first.')
      runtime.update({ current: false })
      return { ok: true }
    })
  }

  async importSession(session: ImportedSession): Promise<StartResult> {
    return this.#refusal() ?? this.#answer(async () => ({ ok: true, sessionId: await this.#library.import(session) }))
  }

  async purge(sessionId: string, options?: PurgeOptions): Promise<CommandResult> {
    return this.#refusal() ?? this.#answer(async () => {
      const forget = options?.forget === true
      const runtime = forget ? await this.#library.open(sessionId) : this.#sessions.get(sessionId)
      // What waited in its queue may begin at the end of its run.
      while (runtime?.state.live && !this.#disposal && (await this.#runs.stop(runtime)).ok);
      const forgotten = forget && (runtime ? await this.#memory.forget(runtime) : notFound())
      if (forgotten && !forgotten.ok) return forgotten
      // Its agent may have taken its time, and the store its end meanwhile.
      if (this.#disposal) return disposed()
      if (runtime?.state.live) this.#abandon(runtime)
      await this.#library.remove(sessionId)
      return { ok: true }
    })
  }

  async purgeProject(projectId: string): Promise<CommandResult> {
    return this.#refusal() ?? this.#answer(async () => {
      for (;;) {
        const page = await this.#library.list(projectId, {})
        if (page.length === 0) return { ok: true }
        for (const { sessionId } of page) {
          const purged = await this.purge(sessionId)
          if (!purged.ok) return purged
        }
      }
    })
  }

  getSession(projectId: string): AgentSession | undefined {
    return this.#directory.current(projectId)
  }

  hasSession(projectId: string): boolean {
    return this.getSession(projectId) !== undefined
  }

  findSession(sessionId: string): AgentSession | undefined {
    return this.#directory.get(sessionId)
  }

  liveSessions(projectId?: string): readonly AgentSession[] {
    return [...this.#directory.views()].filter((view) => view.live && (projectId === undefined || view.projectId === projectId))
  }

  listSessions(projectId?: string, page: Page = {}): Promise<SessionSummary[]> {
    // Who only lists asks for no lease, and hears of what the others write.
    if (this.#writer.state.state === 'idle' && !this.#disposal) this.#follower.begin()
    return this.#library.list(projectId, page)
  }

  async openSession(sessionId: string): Promise<AgentSession | undefined> {
    await this.#library.open(sessionId)
    return this.#directory.get(sessionId)
  }

  loadMessages(sessionId: string, range: MessageRange = {}): Promise<SessionMessage[]> {
    return this.#library.messages(sessionId, range)
  }

  restore(projectId: string): Promise<RestoreResult> {
    return this.#library.restore(projectId)
  }

  search(text: string, page?: Page): Promise<Hit[]> {
    return this.#archive.search(text, page)
  }

  health(projectId: string): Health | undefined {
    const session = this.#directory.current(projectId)
    return session && this.#directory.health(session.sessionId)
  }

  sessionHealth(sessionId: string): Health | undefined {
    return this.#directory.health(sessionId)
  }

  async setRetention(policy: Partial<RetentionPolicy>): Promise<CommandResult> {
    if (this.#disposal) return disposed()
    try {
      this.#keeper.set(policy)
      return { ok: true }
    } catch (thrown) {
      return refusal('invalid-argument', errorText(thrown))
    }
  }

  planRetention(projectId: string, policy: Partial<RetentionPolicy> = {}): Promise<RetentionPlan> {
    return this.#keeper.plan(projectId, policy)
  }

  async loadSettings(): Promise<CommandResult> {
    if (this.#disposal) return disposed()
    return this.#answer(async () => {
      await this.#keeper.load()
      return { ok: true }
    })
  }

  subscribeProject(projectId: string, listener: () => void): () => void {
    return this.#directory.subscribeProject(projectId, listener)
  }

  on<Event extends keyof StoreEvents>(event: Event, listener: StoreListeners[Event]): () => void {
    return this.#reporter.on(event, listener)
  }

  snapshot(): StoreSnapshot {
    // What has changed but is not told yet would be in the snapshot and come again with the next revision: it is told now.
    this.#directory.flush()
    const { connection, capabilities, retention, writer } = this
    return { epoch: this.#epoch, revision: this.#revision, connection, capabilities, retention, writer, sessions: this.#directory.snapshot() }
  }

  async flush(): Promise<void> {
    await Promise.all(this.#sessions.all().map(({ journal }) => journal.flush()))
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    const { clock, limits, transport, storage } = this.#options
    this.#sessions.beginClosing()
    this.#follower.end()
    const unheard = this.#subscriptions.map((unsubscribe) => this.#end('transport', 'A subscription could not be ended', async () => unsubscribe()))
    // A save that fails has been told by then, and the end goes on.
    await Promise.allSettled([...unheard, ...this.#sessions.all().map(({ journal }) => journal.flush())])
    // What is being removed waits for the lease, a commit in flight, and then for its deletion.
    await within(clock, 3 * limits.commitTimeoutMs, Promise.all([this.#sessions.close(), this.#library.removed()]))
    await this.#end('transport', 'The transport could not be closed', async () => transport.close?.())
    await this.#end('storage', 'The lease of the storage could not be given back', () => this.#writer.release())
    await this.#end('storage', 'The storage could not be closed', async () => storage.close?.())
    this.#directory.close()
    this.#reporter.close()
  }

  async #end(of: 'transport' | 'storage', failure: string, close: () => Promise<void>): Promise<void> {
    const { clock, limits } = this.#options
    const threw = of === 'transport' ? 'transport-threw' : 'storage-failed'
    try {
      const closed = await within(clock, limits.replyTimeoutMs, close())
      if (!closed.timely) this.#reporter.emit('error', new AgentSessionError(`${of}-timeout`, `${failure}: it did not answer.`))
    } catch (cause) {
      this.#reporter.emit('error', new AgentSessionError(threw, `${failure}: ${errorText(cause)}`, { cause }))
    }
  }

  /** All are numbered before any is told: a snapshot that a listener takes is then of one moment. */
  #tellChanges(changed: readonly ChangedSession[]): void {
    const idle = this.#untold.length === 0
    for (const { sessionId, changes } of changed) this.#untold.push({ epoch: this.#epoch, revision: (this.#revision += 1), sessionId, changes })
    // A listener that takes a snapshot flushes what it changed: that is told after what is being told.
    if (!idle) return
    for (let change = this.#untold[0]; change; change = this.#untold[0]) {
      this.#reporter.emit('change', change)
      this.#untold.shift()
    }
  }

  #runEnded(runtime: SessionRuntime): void {
    if (this.#disposal) return
    this.#runs.sendQueued(runtime).catch((thrown: unknown) => this.#failed(runtime, AgentSessionError.from('invalid-argument', thrown)))
    if (runtime.state.status === 'done') void this.#keeper.enforce(runtime.state.projectId)
  }

  async #stopSpent(runtime: SessionRuntime): Promise<void> {
    const stopped = await this.#runs.stop(runtime, 'budget')
    if (!stopped.ok) this.#failed(runtime, new AgentSessionError(stopped.code, `The budget is used up, and the agent could not be stopped: ${stopped.error}`))
  }

  /** Ends the run of a session that goes, though its agent would not stop: whoever looks at it must not see it go on. */
  #abandon(runtime: SessionRuntime): void {
    runtime.act({ type: 'run-ended', status: 'done', reason: 'stopped' })
    this.#failed(runtime, new AgentSessionError('transport-refused', 'The session was purged, and its agent would not stop; it may still be at work.'))
  }

  /** Tells what cannot be returned to a caller. */
  #failed({ state: { sessionId, projectId } }: SessionRuntime, error: AgentSessionError): void {
    this.#reporter.emit('error', error.about(sessionId, projectId))
  }

  /** For what changes a session. */
  async #onSession<Result>(sessionId: string, run: (runtime: SessionRuntime) => Promise<Result>) {
    return this.#refusal() ?? this.#onShown(sessionId, run)
  }

  /** For what is allowed also while another process writes. */
  async #onShown<Result>(sessionId: string, run: (runtime: SessionRuntime) => Promise<Result>) {
    if (this.#disposal) return disposed()
    const runtime = this.#sessions.get(sessionId)
    return runtime ? this.#answer(() => run(runtime), 'invalid-argument') : notFound()
  }

  async #onCurrent<Result>(projectId: string, run: (runtime: SessionRuntime) => Promise<Result>) {
    if (this.#disposal) return disposed()
    const runtime = this.#sessions.current(projectId)
    return runtime ? run(runtime) : noSession()
  }

  /** For a change of the record. */
  #onStored(sessionId: string, change: (runtime: SessionRuntime) => void): Promise<CommandResult> {
    return this.#onOpened(sessionId, async (runtime) => {
      change(runtime)
      runtime.journal.saveNow()
      return { ok: true }
    })
  }

  /** A session that is only in storage is read first. */
  async #onOpened<Result>(sessionId: string, run: (runtime: SessionRuntime) => Promise<Result>) {
    return this.#refusal() ?? this.#answer(async () => {
      const runtime = await this.#library.open(sessionId)
      return runtime ? run(runtime) : notFound()
    })
  }

  /** Why nothing can be changed now. */
  #refusal(): Refusal | undefined {
    if (this.#disposal) return disposed()
    const held = this.#writer.refusal
    return held && refusal(held.code, held.message)
  }

  #tellWriter(state: WriterState): void {
    for (const runtime of this.#sessions.all()) {
      if (state.state === 'reading') this.#runs.leave(runtime)
      // What came while it was read again is saved now.
      else runtime.journal.saveNow()
    }
    this.#reporter.emit('writer', state)
    if (state.state === 'reading') this.#follower.begin()
    else this.#follower.end()
  }

  /** Commands never reject: what is thrown is told, and is the answer. Without a code of its own it comes from the storage. */
  async #answer<Result>(run: () => Promise<Result>, code: AgentSessionErrorCode = 'storage-failed') {
    try {
      return await run()
    } catch (thrown) {
      const error = AgentSessionError.from(code, thrown)
      this.#reporter.emit('error', error)
      return refusal(error.code, error.message)
    }
  }
}
