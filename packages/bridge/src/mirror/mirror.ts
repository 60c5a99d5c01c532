import {
  AgentSessionError,
  defaultRetention,
  errorText,
  type AgentSession,
  type AgentStore,
  type Budget,
  type Capabilities,
  type Channel,
  type Clock,
  type CommandResult,
  type Connection,
  type ForeignQuery,
  type ForeignSession,
  type Health,
  type Hit,
  type ImportedSession,
  type MessageRange,
  type Notification,
  type Page,
  type PermissionReply,
  type Prompt,
  type PromptResult,
  type ProviderState,
  type PurgeOptions,
  type Refusal,
  type RestoreResult,
  type RetentionPlan,
  type RetentionPolicy,
  type SessionConfiguration,
  type SessionMessage,
  type SessionSummary,
  type StartRequest,
  type StartResult,
  type StoreEvents,
  type StoreListeners,
  type StoreSnapshot,
  type WriterState,
} from '@agent-session/core'
import { Listeners } from '../listeners.ts'
import { sameData } from '../plain-data.ts'
import { messagesPerCall } from '../protocol/host-functions.ts'
import type { HostFacts, RefusedPacket, SidePacket } from '../protocol/packets.ts'
import { decodeError } from '../protocol/wire-error.ts'
import { HostCaller } from './host-caller.ts'
import { HostLine, type Standing } from './host-line.ts'
import { MissedEnds } from './missed-ends.ts'
import { Replica } from './replica.ts'

export interface MirrorOptions {
  readonly clock: Clock
  readonly schedule: (flush: () => void) => void
  readonly random: () => number
  readonly answerTimeoutMs: number
  readonly commandTimeoutMs: number
  readonly checkMs: number
  readonly residentMessages: number
  readonly mirrorId: string
}

type Events = { readonly [Event in keyof StoreEvents]: Listeners<StoreEvents[Event]> }

/** An `AgentStore` whose sessions live in another process. */
export class Mirror implements AgentStore {
  readonly ready: Promise<void>
  readonly #channel: Channel
  readonly #events: Events
  readonly #replica: Replica
  readonly #calls: HostCaller
  readonly #line: HostLine
  readonly #ends = new MissedEnds()
  /** What happened while the host was away, to be told once it is there. */
  #missed: Notification[] = []
  #standing: Standing = { state: 'away' }
  #facts: HostFacts = { connection: { state: 'reconnecting' }, capabilities: {}, retention: defaultRetention, writer: { state: 'idle' } }
  #connection: Connection = { state: 'reconnecting' }
  #settleReady: (error?: AgentSessionError) => void = () => {}
  #disposed = false

  constructor(channel: Channel, options: MirrorOptions) {
    this.#channel = channel
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = (error) => (error === undefined ? resolve() : reject(error))
    })
    // Whoever does not wait for it must not be ended by it.
    this.ready.catch(() => {})

    const failed = (thrown: unknown): void => this.#listenerFailed(thrown)
    this.#events = {
      change: new Listeners(failed),
      notification: new Listeners(failed),
      warning: new Listeners(failed),
      connection: new Listeners(failed),
      writer: new Listeners(failed),
      // An error listener that fails on being told of a failure: there is nobody left to tell.
      error: new Listeners(() => {}),
    }
    this.#replica = new Replica({
      commands: this,
      clock: options.clock,
      connected: () => this.#connection.state === 'connected',
      residentMessages: options.residentMessages,
      schedule: options.schedule,
      onFailure: failed,
      onChange: (change) => this.#events.change.tell(change),
    })
    this.#calls = new HostCaller({
      post: (data) => channel.post(data),
      clock: options.clock,
      callMs: options.commandTimeoutMs,
      refuse: () => this.#refusal(),
      shown: (at) => {
        // The host tells before it answers: what has not come by now was lost, or is held back for a slow line.
        if (!this.#replica.has(at)) this.#line.resync()
        return this.#replica.reached(at)
      },
    })
    this.#line = new HostLine({
      channel,
      clock: options.clock,
      random: options.random,
      mirror: options.mirrorId,
      answerMs: options.answerTimeoutMs,
      checkMs: options.checkMs,
      position: () => this.#replica.position,
      holdings: () => this.#replica.holdings(),
      onSnapshot: (packet) => this.#comeBack(() => this.#replica.applySnapshot(packet)),
      onChanges: (packet) => (packet.answer === undefined ? this.#replica.applyChanges(packet) : this.#comeBack(() => this.#replica.applyChanges(packet))),
      onBeside: (packet) => this.#tellBeside(packet),
      onRefused: (packet) => this.#refusedByHost(packet),
      onDamage: (cause) => this.#events.error.tell(new AgentSessionError('invalid-event', `What the host sent could not be applied: ${errorText(cause)}`, { cause })),
      onOther: (data) => this.#calls.receive(data),
      onStanding: (standing) => this.#stand(standing),
    })
    this.#line.open()
  }

  get connection(): Connection {
    return this.#connection
  }

  get capabilities(): Capabilities {
    return this.#facts.capabilities
  }

  get retention(): RetentionPolicy {
    return this.#facts.retention
  }

  get writer(): WriterState {
    return this.#facts.writer
  }

  // --- commands ---

  start(projectId: string, request: StartRequest): Promise<StartResult> {
    return refusing(this.#calls.call('start', projectId, request))
  }

  prompt(projectId: string, prompt: Prompt): Promise<PromptResult> {
    return refusing(this.#calls.call('prompt', projectId, prompt))
  }

  promptSession(sessionId: string, prompt: Prompt): Promise<PromptResult> {
    return refusing(this.#calls.call('promptSession', sessionId, prompt))
  }

  stop(projectId: string): Promise<CommandResult> {
    return refusing(this.#calls.call('stop', projectId))
  }

  stopSession(sessionId: string): Promise<CommandResult> {
    return refusing(this.#calls.call('stopSession', sessionId))
  }

  respond(sessionId: string, requestId: string, reply: PermissionReply): Promise<CommandResult> {
    return refusing(this.#calls.call('respond', sessionId, requestId, reply))
  }

  withdraw(sessionId: string, messageId: string): Promise<CommandResult> {
    return refusing(this.#calls.call('withdraw', sessionId, messageId))
  }

  importSession(session: ImportedSession): Promise<StartResult> {
    return refusing(this.#calls.call('importSession', session))
  }

  retry(sessionId: string, messageId: string): Promise<PromptResult> {
    return refusing(this.#calls.call('retry', sessionId, messageId))
  }

  configure(sessionId: string, change: SessionConfiguration): Promise<CommandResult> {
    return refusing(this.#calls.call('configure', sessionId, change))
  }

  rename(sessionId: string, title: string): Promise<CommandResult> {
    return refusing(this.#calls.call('rename', sessionId, title))
  }

  pin(sessionId: string, pinned: boolean): Promise<CommandResult> {
    return refusing(this.#calls.call('pin', sessionId, pinned))
  }

  setBudget(sessionId: string, budget: Budget | undefined): Promise<CommandResult> {
    return refusing(this.#calls.call('setBudget', sessionId, budget ?? null))
  }

  setRetention(policy: Partial<RetentionPolicy>): Promise<CommandResult> {
    return refusing(this.#calls.call('setRetention', policy))
  }

  takeOver(): Promise<CommandResult> {
    return refusing(this.#calls.call('takeOver'))
  }

  planRetention(projectId: string, policy: Partial<RetentionPolicy> = {}): Promise<RetentionPlan> {
    return this.#calls.call('planRetention', projectId, policy)
  }

  loadSettings(): Promise<CommandResult> {
    return refusing(this.#calls.call('loadSettings'))
  }

  select(projectId: string, sessionId: string): Promise<CommandResult> {
    return refusing(this.#calls.call('select', projectId, sessionId))
  }

  clear(projectId: string): Promise<CommandResult> {
    return refusing(this.#calls.call('clear', projectId))
  }

  purge(sessionId: string, options: PurgeOptions = {}): Promise<CommandResult> {
    return refusing(this.#calls.call('purge', sessionId, options))
  }

  forkSession(sessionId: string): Promise<StartResult> {
    return refusing(this.#calls.call('forkSession', sessionId))
  }

  logIn(sessionId: string, methodId: string): Promise<CommandResult> {
    return refusing(this.#calls.call('logIn', sessionId, methodId))
  }

  async listForeignSessions(projectId: string, query: ForeignQuery = {}): Promise<ForeignSession[]> {
    return [...(await this.#calls.call('listForeignSessions', projectId, query))]
  }

  async listProviders(): Promise<ProviderState[]> {
    return [...(await this.#calls.call('listProviders'))]
  }

  purgeProject(projectId: string): Promise<CommandResult> {
    return refusing(this.#calls.call('purgeProject', projectId))
  }

  async restore(projectId: string): Promise<RestoreResult> {
    try {
      const result = await this.#calls.call('restore', projectId)
      if (result.outcome !== 'failed') return result
      const error = decodeError(result.error) ?? new AgentSessionError('storage-failed', 'The host could not read the last session.')
      return { outcome: 'failed', error }
    } catch (thrown) {
      return { outcome: 'failed', error: asError(thrown) }
    }
  }

  // --- reading ---

  getSession(projectId: string): AgentSession | undefined {
    return this.#replica.directory.current(projectId)
  }

  hasSession(projectId: string): boolean {
    return this.getSession(projectId) !== undefined
  }

  findSession(sessionId: string): AgentSession | undefined {
    return this.#replica.directory.get(sessionId)
  }

  liveSessions(projectId?: string): readonly AgentSession[] {
    return [...this.#replica.directory.views()].filter((view) => view.live && (projectId === undefined || view.projectId === projectId))
  }

  health(projectId: string): Health | undefined {
    const session = this.getSession(projectId)
    return session && this.sessionHealth(session.sessionId)
  }

  sessionHealth(sessionId: string): Health | undefined {
    return this.#replica.directory.health(sessionId)
  }

  async listSessions(projectId?: string, page: Page = {}): Promise<SessionSummary[]> {
    return [...(await this.#calls.call('listSessions', projectId ?? null, page))]
  }

  async openSession(sessionId: string): Promise<AgentSession | undefined> {
    const known = this.#replica.directory.get(sessionId)
    if (known) return known
    if (!(await this.#calls.call('openSession', sessionId))) return undefined
    const opened = this.#replica.directory.get(sessionId)
    if (opened) return opened
    throw new AgentSessionError('disconnected', 'The host has the session, but it did not come over the line. Open it again.', { sessionId })
  }

  async loadMessages(sessionId: string, range: MessageRange = {}): Promise<SessionMessage[]> {
    const pages: (readonly SessionMessage[])[] = []
    let left = range.limit ?? Number.POSITIVE_INFINITY
    let before = range.before
    // A host gives so many at a time, so that one answer stays small: the newest first, then those before them.
    while (left > 0) {
      const limit = Math.min(left, messagesPerCall)
      const page = await this.#calls.call('loadMessages', sessionId, { ...range, limit, ...(before !== undefined && { before }) })
      pages.unshift(page)
      left -= page.length
      before = page[0]?.seqId
      if (page.length < limit || before === undefined) break
    }
    return pages.flat()
  }

  async search(text: string, page: Page = {}): Promise<Hit[]> {
    return [...(await this.#calls.call('search', text, page))]
  }

  subscribeProject(projectId: string, listener: () => void): () => void {
    return this.#replica.directory.subscribeProject(projectId, listener)
  }

  on<Event extends keyof StoreEvents>(event: Event, listener: StoreListeners[Event]): () => void {
    return this.#events[event].add(listener)
  }

  snapshot(): StoreSnapshot {
    const { epoch, revision } = this.#replica.position ?? { epoch: '', revision: 0 }
    return { epoch, revision, connection: this.#connection, capabilities: this.capabilities, retention: this.retention, writer: this.writer, sessions: this.#replica.directory.snapshot() }
  }

  // --- end ---

  async flush(): Promise<void> {
    await this.#calls.call('flush')
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    this.#line.close()
    this.#connection = { state: 'disconnected' }
    this.#calls.close()
    this.#replica.release()
    this.#replica.directory.close()
    this.#settleReady(disposed())
    for (const listeners of Object.values(this.#events)) listeners.clear()
    this.#channel.close?.()
  }

  // --- how the host stands ---

  #stand(standing: Standing): void {
    this.#standing = standing
    if (standing.state === 'answering') this.#settleReady()
    else {
      if (standing.state === 'ended') this.#settleReady(new AgentSessionError('disconnected', standing.reason ?? 'The line to the host has ended.'))
      this.#calls.lost()
      this.#replica.release()
    }
    this.#tellConnection()
    if (standing.state !== 'answering') return
    for (const notification of this.#missed.splice(0)) this.#events.notification.tell(notification)
  }

  /** Takes what a host answered to a hello, and notes which runs have ended since it was last heard. */
  #comeBack<Result>(apply: () => Result): Result {
    const { directory } = this.#replica
    const before = this.#ends.before(directory.views())
    const result = apply()
    this.#missed.push(...this.#ends.missed(before, directory.views()))
    return result
  }

  #refusedByHost({ error }: RefusedPacket): void {
    const refused = decodeError(error) ?? new AgentSessionError('disconnected', 'The host refused this window.')
    this.#settleReady(refused)
    this.#events.error.tell(refused)
  }

  #tellBeside(packet: SidePacket): void {
    switch (packet.t) {
      case 'notification':
        this.#ends.heard(packet.notification, this.#replica.directory.get(packet.notification.sessionId))
        return this.#events.notification.tell(packet.notification)
      case 'facts':
        this.#takeFacts(packet.facts)
        return this.#standing.state === 'answering' ? this.#tellConnection() : undefined
      case 'warning':
      case 'error': {
        const error = decodeError(packet.error)
        if (error) this.#events[packet.t].tell(error)
      }
    }
  }

  #takeFacts(facts: HostFacts): void {
    const before = this.#facts
    this.#facts = facts
    if (!sameData(before.writer, facts.writer)) this.#events.writer.tell(facts.writer)
  }

  /** The host's own connection counts only while the host is there to tell of it. */
  #tellConnection(): void {
    const { state, reason } = this.#standing
    const away: Connection = { state: state === 'ended' ? 'disconnected' : 'reconnecting', ...(reason !== undefined && { error: reason }) }
    const connection = state === 'answering' ? this.#facts.connection : away
    if (sameData(connection, this.#connection)) return
    this.#connection = connection
    this.#events.connection.tell(connection)
  }

  #refusal(): AgentSessionError | undefined {
    if (this.#disposed) return disposed()
    if (this.#standing.state === 'answering') return undefined
    return new AgentSessionError('disconnected', 'The host is not connected. Nothing was sent; try again when it is back.')
  }

  #listenerFailed(thrown: unknown): void {
    this.#events.error.tell(new AgentSessionError('listener-threw', `A listener threw: ${errorText(thrown)}`, { cause: thrown }))
  }
}

const disposed = (): AgentSessionError => new AgentSessionError('store-disposed', 'This mirror has been disposed of.')

const asError = (thrown: unknown): AgentSessionError => AgentSessionError.from('disconnected', thrown)

/** Commands answer with a refusal where they cannot do their work; they never reject. */
async function refusing<Result>(command: Promise<Result>): Promise<Result | Refusal> {
  try {
    return await command
  } catch (thrown) {
    const error = asError(thrown)
    return { ok: false, code: error.code, error: error.message }
  }
}
