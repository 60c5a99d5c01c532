import type { Budget } from '../budget/budget.ts'
import { AgentSessionError, errorText } from '../errors.ts'
import type { Health } from '../health/health.ts'
import type { AgentSessionEvent, ConnectionEvent } from '../ports/agent-event.ts'
import type { Capabilities } from '../ports/agent-transport.ts'
import type { Hit, MessageRange, Page, SessionSummary } from '../ports/session-storage.ts'
import { summaryOf } from '../ports/session-summary.ts'
import type { SessionRecord } from '../session/session-record.ts'
import { SessionDirectory } from '../replica/session-directory.ts'
import type { KeepReason, RetentionPlan } from '../retention/plan-retention.ts'
import { RetentionKeeper } from '../retention/retention-keeper.ts'
import type { RetentionPolicy } from '../retention/retention-policy.ts'
import { parseEvent } from '../route/parse-event.ts'
import { isSessionId, makeId } from '../session-id.ts'
import type { AgentSession, PermissionReply, SessionConfiguration } from '../session/agent-session.ts'
import type { CommandResult, PromptResult, StartResult } from '../session/command-result.ts'
import type { Prompt } from '../session/prompt.ts'
import type { SessionMessage } from '../session/session-message.ts'
import { isBusy } from '../session/session-state.ts'
import { within } from '../timers/deadline.ts'
import type { AgentStore, Connection, RestoreResult, StartRequest, StoreEvents, StoreListeners, StoreSnapshot } from './agent-store.ts'
import { OpenSessions } from './open-sessions.ts'
import { redactBatch } from './redaction.ts'
import { checkedBudget, checkPrompt, checkStart, disposed, noSession, notFound, refusal } from './refusals.ts'
import { Reporter } from './reporter.ts'
import { SessionArchive } from './session-archive.ts'
import { SessionRuns } from './session-runs.ts'
import type { SessionRuntime } from './session-runtime.ts'
import { StorageWriter } from './storage-writer.ts'
import type { ResolvedOptions } from './store-options.ts'
import { TransportCalls } from './transport-calls.ts'

/** The store of the process that holds the transport and writes the storage. */
export class OwnerStore implements AgentStore {
  readonly #options: ResolvedOptions
  readonly #reporter = new Reporter()
  readonly #writer: StorageWriter
  readonly #archive: SessionArchive
  readonly #directory: SessionDirectory
  readonly #sessions: OpenSessions
  readonly #calls: TransportCalls
  readonly #runs: SessionRuns
  readonly #keeper: RetentionKeeper
  readonly #starting = new Set<string>()
  readonly #reading = new Map<string, Promise<AgentSession | undefined>>()
  readonly #subscriptions: (() => void)[]
  readonly #epoch: string
  #revision = 0
  #connection: Connection = { state: 'connected' }
  #disposal: Promise<void> | undefined

  constructor(options: ResolvedOptions) {
    const { transport, storage, clock, limits, newId, redact, lifecycle } = options
    const onError = (error: AgentSessionError): void => this.#reporter.emit('error', error)
    const onWarning = (warning: AgentSessionError): void => this.#reporter.emit('warning', warning)
    this.#options = options
    this.#epoch = makeId(newId)
    this.#writer = new StorageWriter(storage, this.#epoch, onError)
    this.#archive = new SessionArchive(storage, clock, limits)
    this.#directory = new SessionDirectory({
      commands: this,
      clock,
      connected: () => this.#connection.state === 'connected',
      residentMessages: limits.residentMessages,
      mayLeave: (sessionId, message) => this.#isSaved(sessionId, message),
      schedule: options.schedule,
      onChanges: (sessionId, changes) => {
        this.#revision += 1
        this.#reporter.emit('change', { epoch: this.#epoch, revision: this.#revision, sessionId, changes })
      },
      onFailure: (thrown) => this.#reporter.listenerFailed(thrown),
    })
    this.#sessions = new OpenSessions({
      clock,
      limits,
      random: options.random,
      directory: this.#directory,
      onBudgetExceeded: (runtime) => void this.#runs.stop(runtime, 'budget'),
      commit: (batch) => this.#writer.commit(redact ? redactBatch(batch, redact) : batch),
      connected: () => this.#connection.state === 'connected',
      notify: (notification) => this.#reporter.emit('notification', notification),
      warn: onWarning,
      fail: onError,
      onRunEnded: (runtime) => this.#runEnded(runtime),
    })
    this.#calls = new TransportCalls(transport, clock, limits, onError)
    this.#runs = new SessionRuns({ ...options, sessions: this.#sessions, calls: this.#calls, onWarning, onError })
    this.#keeper = new RetentionKeeper({
      policy: options.retention,
      settings: options.settings,
      clock,
      timeoutMs: limits.settingsTimeoutMs,
      list: (projectId, page) => this.listSessions(projectId, page),
      keeps: (summary) => this.#keeps(summary),
      remove: (sessionId) => this.#remove(sessionId),
      onError,
    })
    this.#subscriptions = [transport.subscribe((event) => this.#receive(event))]
    if (lifecycle) {
      this.#subscriptions.push(
        lifecycle.onHide(() => this.#sessions.all().forEach(({ journal }) => journal.saveNow())),
        lifecycle.onWake(() => this.#sessions.all().forEach((runtime) => runtime.touch())),
      )
    }
  }

  get capabilities(): Capabilities {
    return this.#calls.capabilities
  }

  get connection(): Connection {
    return this.#connection
  }

  async start(projectId: string, request: StartRequest): Promise<StartResult> {
    const invalid = this.#disposal ? disposed() : checkStart(projectId, request)
    if (invalid) return invalid
    if (this.#starting.has(projectId)) return refusal('start-in-progress', 'Session start already in progress')
    const running = this.#sessions.current(projectId)
    const ifRunning = request.ifRunning ?? 'refuse'
    const busy = running !== undefined && isBusy(running.state)
    if (busy && ifRunning === 'refuse') {
      return refusal('session-running', 'A session of this project is running. Stop it first, or say by ifRunning what to do with it.')
    }
    this.#starting.add(projectId)
    try {
      if (busy && ifRunning === 'stop') {
        const stopped = await this.#runs.stop(running)
        if (!stopped.ok) return stopped
      }
      return await this.#runs.start(projectId, request)
    } catch (thrown) {
      // An id that the app's own generator made and that is none: nothing has begun.
      return refusal(AgentSessionError.from('invalid-argument', thrown).code, errorText(thrown))
    } finally {
      this.#starting.delete(projectId)
    }
  }

  prompt(projectId: string, prompt: Prompt): Promise<PromptResult> {
    return this.#onCurrent(projectId, ({ state }) => this.promptSession(state.sessionId, prompt))
  }

  promptSession(sessionId: string, prompt: Prompt): Promise<PromptResult> {
    return this.#onSession(sessionId, async (runtime) => checkPrompt(prompt) ?? this.#runs.prompt(runtime, prompt))
  }

  withdraw(sessionId: string, messageId: string): Promise<CommandResult> {
    return this.#onSession(sessionId, async (runtime) => {
      if (!runtime.state.queue.some((queued) => queued.messageId === messageId)) {
        return refusal('not-queued', 'This prompt is not in the queue: it was sent or withdrawn already.')
      }
      runtime.act({ type: 'unqueued', messageId })
      return { ok: true }
    })
  }

  stop(projectId: string): Promise<CommandResult> {
    return this.#onCurrent(projectId, (runtime) => this.#runs.stop(runtime))
  }

  stopSession(sessionId: string): Promise<CommandResult> {
    return this.#onSession(sessionId, (runtime) => this.#runs.stop(runtime))
  }

  respond(sessionId: string, requestId: string, reply: PermissionReply): Promise<CommandResult> {
    return this.#onSession(sessionId, async (runtime) => {
      const { optionId, input, text } = reply
      const request = runtime.state.permissions.find((known) => known.id === requestId)
      if (request?.state !== 'pending') {
        return refusal('permission-not-pending', 'This question is not open: it was answered, cancelled or has expired.')
      }
      if (optionId !== undefined && !request.options.some((option) => option.id === optionId)) {
        return refusal('permission-option-unknown', `The question has no option ${JSON.stringify(optionId)}.`)
      }
      const chosen = optionId !== undefined && { optionId }
      // From here on nobody else can answer it; only a transport that did not take the answer opens it again.
      runtime.act({ type: 'permission-moved', requestId, state: 'answering', ...chosen })
      const answer = await this.#calls.respond({ sessionId, requestId, ...chosen, ...(input !== undefined && { input }), ...(text !== undefined && { text }) })
      runtime.touch()
      const state = answer.ok ? (optionId === undefined ? 'cancelled' : 'selected') : 'pending'
      runtime.act({ type: 'permission-moved', requestId, state })
      return answer
    })
  }

  retry(sessionId: string, messageId: string): Promise<PromptResult> {
    return this.#onSession(sessionId, async (runtime) => {
      const message = this.#directory.get(sessionId)?.findMessage(messageId)
      if (message?.delivery !== 'failed') return refusal('not-failed', 'Only a prompt that could not be delivered is sent again.')
      return this.#runs.retry(runtime, messageId, message.content)
    })
  }

  configure(sessionId: string, { mode, model }: SessionConfiguration): Promise<CommandResult> {
    return this.#onSession(sessionId, async (runtime) => {
      const change = { ...(mode !== undefined && { mode }), ...(model !== undefined && { model }) }
      const reply = await this.#calls.configure({ sessionId, ...change })
      if (reply.ok) runtime.update(change)
      return reply
    })
  }

  rename(sessionId: string, title: string): Promise<CommandResult> {
    return this.#onStored(sessionId, (runtime) => runtime.update({ title: title === '' ? undefined : title }))
  }

  pin(sessionId: string, pinned: boolean): Promise<CommandResult> {
    return this.#onStored(sessionId, (runtime) => runtime.update({ pinned: pinned ? true : undefined }))
  }

  async setBudget(sessionId: string, budget: Budget | undefined): Promise<CommandResult> {
    return checkedBudget(budget) ?? this.#onStored(sessionId, (runtime) => runtime.update({ budget }))
  }

  select(projectId: string, sessionId: string): Promise<CommandResult> {
    return this.#onSession(sessionId, async (runtime) => {
      if (runtime.state.projectId !== projectId) return notFound()
      this.#sessions.makeCurrent(runtime)
      return { ok: true }
    })
  }

  clear(projectId: string): Promise<CommandResult> {
    return this.#onCurrent(projectId, async (runtime) => {
      if (runtime.state.live) return refusal('session-running', 'The session is running. Stop it first.')
      runtime.update({ current: false })
      return { ok: true }
    })
  }

  async purge(sessionId: string): Promise<CommandResult> {
    if (this.#disposal) return disposed()
    const runtime = this.#sessions.get(sessionId)
    if (runtime) await this.#runs.stop(runtime)
    try {
      await this.#remove(sessionId)
      return { ok: true }
    } catch (cause) {
      return this.#failed(AgentSessionError.from('storage-failed', cause).about(sessionId))
    }
  }

  async purgeProject(projectId: string): Promise<CommandResult> {
    for (;;) {
      let page: SessionSummary[]
      try {
        page = await this.listSessions(projectId)
      } catch (cause) {
        return this.#failed(AgentSessionError.from('storage-failed', cause))
      }
      if (page.length === 0) return { ok: true }
      for (const { sessionId } of page) {
        const purged = await this.purge(sessionId)
        if (!purged.ok) return purged
      }
    }
  }

  health(projectId: string): Health | undefined {
    const session = this.#directory.current(projectId)
    return session && this.#directory.health(session.sessionId)
  }

  sessionHealth(sessionId: string): Health | undefined {
    return this.#directory.health(sessionId)
  }

  get retention(): RetentionPolicy {
    return this.#keeper.policy
  }

  async setRetention(policy: Partial<RetentionPolicy>): Promise<CommandResult> {
    try {
      this.#keeper.set(policy)
      return { ok: true }
    } catch (thrown) {
      return refusal('invalid-argument', errorText(thrown))
    }
  }

  planRetention(projectId: string): Promise<RetentionPlan> {
    return this.#keeper.plan(projectId)
  }

  async loadSettings(): Promise<CommandResult> {
    try {
      await this.#keeper.load()
      return { ok: true }
    } catch (cause) {
      return this.#failed(AgentSessionError.from('settings-failed', cause))
    }
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

  async listSessions(projectId?: string, page: Page = {}): Promise<SessionSummary[]> {
    const stored = await this.#archive.list(projectId, page)
    const listed = new Map(stored.map((summary) => [summary.sessionId, this.#asSeen(summary)]))
    // What is in memory is newer than what is stored, or not stored yet.
    for (const { state } of this.#sessions.all()) {
      const belongs = projectId === undefined || state.projectId === projectId
      if (belongs && (listed.has(state.sessionId) || !page.offset)) listed.set(state.sessionId, summaryOf(state))
    }
    return [...listed.values()].sort((a, b) => b.updatedAt - a.updatedAt).slice(0, page.limit)
  }

  async openSession(sessionId: string): Promise<AgentSession | undefined> {
    return this.#directory.get(sessionId) ?? (isSessionId(sessionId) ? this.#read(sessionId) : undefined)
  }

  async loadMessages(sessionId: string, range: MessageRange = {}): Promise<SessionMessage[]> {
    const { after = 0, before = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = range
    const model = this.#directory.model(sessionId)
    const resident = model?.log.between(after, before, limit) ?? []
    if (resident.length >= limit || model?.hasOlder === false) return resident
    const upTo = Math.min(before, model?.log.at(0)?.seqId ?? before)
    const older = await this.#archive.messages(sessionId, {
      ...(after > 0 && { after }),
      ...(Number.isFinite(upTo) && { before: upTo }),
      ...(Number.isFinite(limit) && { limit: limit - resident.length }),
    })
    return [...older, ...resident]
  }

  async restore(projectId: string): Promise<RestoreResult> {
    if (this.#isTaken(projectId)) return { outcome: 'none' }
    try {
      const record = await this.#archive.last(projectId)
      const session = record && (this.#directory.get(record.sessionId) ?? (await this.#read(record.sessionId, record)))
      const runtime = session && this.#sessions.get(session.sessionId)
      // T24: one may have been started while the storage was asked.
      if (runtime === undefined || this.#isTaken(projectId)) return { outcome: 'none' }
      this.#sessions.makeCurrent(runtime)
      const { sessionId, live, endReason } = runtime.state
      return { outcome: live ? 'live' : endReason === 'interrupted' ? 'interrupted' : 'restored', sessionId }
    } catch (thrown) {
      return { outcome: 'failed', error: AgentSessionError.from('storage-failed', thrown) }
    }
  }

  search(text: string, page?: Page): Promise<Hit[]> {
    return this.#archive.search(text, page)
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
    return { epoch: this.#epoch, revision: this.#revision, connection: this.#connection, capabilities: this.capabilities, retention: this.retention, sessions: this.#directory.snapshot() }
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
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    // A save that fails has been told by then, and the end goes on.
    await Promise.allSettled(this.#sessions.all().map(({ journal }) => journal.flush()))
    await within(clock, limits.commitTimeoutMs, Promise.all(this.#sessions.all().map((runtime) => runtime.close())))
    await this.#end('The transport could not be closed', async () => transport.close?.())
    await this.#end('The lease of the storage could not be given back', () => this.#writer.release())
    await this.#end('The storage could not be closed', async () => storage.close?.())
    this.#directory.close()
    this.#reporter.close()
  }

  async #end(failure: string, close: () => Promise<void>): Promise<void> {
    const { clock, limits } = this.#options
    try {
      const closed = await within(clock, limits.replyTimeoutMs, close())
      if (!closed.timely) this.#failed(new AgentSessionError('transport-timeout', `${failure}: it did not answer.`))
    } catch (cause) {
      this.#failed(new AgentSessionError('transport-threw', `${failure}: ${errorText(cause)}`, { cause }))
    }
  }

  /** Tells an error, and gives it as an answer. */
  #failed(error: AgentSessionError): CommandResult {
    this.#reporter.emit('error', error)
    return refusal(error.code, error.message)
  }

  async #onSession<Result>(sessionId: string, run: (runtime: SessionRuntime) => Promise<Result>) {
    if (this.#disposal) return disposed()
    const runtime = this.#sessions.get(sessionId)
    return runtime ? run(runtime) : notFound()
  }

  /** As `#onSession`, for a change of the record: a session that is only in storage is read first. */
  async #onStored(sessionId: string, change: (runtime: SessionRuntime) => void): Promise<CommandResult> {
    try {
      await this.openSession(sessionId)
    } catch (thrown) {
      return this.#failed(AgentSessionError.from('storage-failed', thrown))
    }
    return this.#onSession(sessionId, async (runtime): Promise<CommandResult> => {
      change(runtime)
      runtime.journal.saveNow()
      return { ok: true }
    })
  }

  async #onCurrent<Result>(projectId: string, run: (runtime: SessionRuntime) => Promise<Result>) {
    if (this.#disposal) return disposed()
    const runtime = this.#sessions.current(projectId)
    return runtime ? run(runtime) : noSession()
  }

  #runEnded(runtime: SessionRuntime): void {
    if (this.#disposal) return
    this.#runs.sendQueued(runtime)
    if (runtime.state.status === 'done') void this.#keeper.enforce(runtime.state.projectId)
  }

  /** From memory, then from storage; nothing of it can be written in between (T9). */
  async #remove(sessionId: string): Promise<void> {
    const { clock, limits } = this.#options
    const forgotten = this.#sessions.forget(sessionId)
    this.#runs.forget(sessionId)
    const removed = await within(clock, limits.commitTimeoutMs, forgotten.then(() => this.#writer.delete([sessionId])))
    if (!removed.timely) throw new AgentSessionError('storage-timeout', `The storage did not answer within ${limits.commitTimeoutMs} ms.`)
  }

  /** Whether a restore would come in the way of something. */
  #isTaken(projectId: string): boolean {
    return this.#disposal !== undefined || this.hasSession(projectId) || this.#starting.has(projectId)
  }

  #receive(value: unknown): void {
    const parsed = parseEvent(value)
    if (!parsed.ok) return this.#reject(`An event of the agent was not taken: ${parsed.reason}.`, value)
    if (parsed.rejected) this.#reject('Messages of the agent that are malformed were not taken.', parsed.rejected)
    if (parsed.event.type === 'connection') this.#connect(parsed.event)
    else this.#deliver(parsed.event)
  }

  #reject(why: string, detail: unknown): void {
    this.#reporter.emit('warning', new AgentSessionError('invalid-event', why, { detail }))
  }

  #connect({ state, error }: ConnectionEvent): void {
    this.#connection = { state, ...(error !== undefined && { error }) }
    this.#reporter.emit('connection', this.#connection)
  }

  #deliver(event: AgentSessionEvent): void {
    const { sessionId } = event
    const runtime = this.#sessions.get(sessionId)
    if (runtime === undefined) {
      this.#reporter.emit('warning', new AgentSessionError('unknown-session-event', 'An event came for a session that is not here.', { sessionId, detail: event }))
      return
    }
    try {
      runtime.receive(event)
    } catch (cause) {
      this.#failed(new AgentSessionError('invalid-event', `An event could not be applied: ${errorText(cause)}`, { cause, sessionId, detail: event }))
    }
  }

  /** Reads a session into memory, once however many ask for it at a time. */
  #read(sessionId: string, record?: SessionRecord): Promise<AgentSession | undefined> {
    const reading = this.#reading.get(sessionId) ?? this.#readNow(sessionId, record).finally(() => this.#reading.delete(sessionId))
    this.#reading.set(sessionId, reading)
    return reading
  }

  async #readNow(sessionId: string, known?: SessionRecord): Promise<AgentSession | undefined> {
    const archived = await this.#archive.session(sessionId, known)
    if (archived === undefined || this.#disposal || this.#sessions.get(sessionId)) return this.#directory.get(sessionId)
    const { record, messages, hasOlder, cursor } = archived
    const runtime = this.#sessions.open({ state: { ...record, current: false, live: false, saved: 'saved' }, messages, hasOlder, cursor })
    if (record.status === 'running') await this.#runs.rejoin(runtime)
    return this.#directory.get(sessionId)
  }

  #isSaved(sessionId: string, { id, streaming, toolState }: SessionMessage): boolean {
    if (streaming || toolState === 'running') return false
    return this.#sessions.get(sessionId)?.journal.holds(id) === false
  }

  #keeps({ sessionId, pinned, status }: SessionSummary): KeepReason | undefined {
    const view = this.#directory.get(sessionId)
    if (view?.live || status === 'running') return 'running'
    if (pinned) return 'pinned'
    if (view?.current) return 'current'
    return view?.watched ? 'watched' : undefined
  }

  /** What storage says of a session that is not in memory: nobody runs it, unless the transport may find its run again. */
  #asSeen(summary: SessionSummary): SessionSummary {
    if (summary.status !== 'running' || this.#calls.canAttach) return summary
    return { ...summary, status: 'idle', endReason: 'interrupted' }
  }
}
