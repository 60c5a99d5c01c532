import {
  AgentSessionError,
  errorText,
  microtask,
  summaryOf,
  within,
  type AgentStore,
  type Channel,
  type Clock,
  type SessionChange,
  type SessionState,
  type SnapshotSession,
  type StoreChange,
  type StoreSnapshot,
} from '@agent-session/core'
import { isBufferedChannel } from '../line-channel.ts'
import { sameData } from '../plain-data.ts'
import { protocolVersion, type Answering, type HelloPacket, type Holding, type HostFacts, type HostPacket, type Position, type WireStoreChange } from '../protocol/packets.ts'
import { parseMirrorPacket } from '../protocol/parse-mirror-packet.ts'
import { encodeChange, newestOf, type WireChange } from '../protocol/wire-change.ts'
import { encodeError } from '../protocol/wire-error.ts'
import { ChangeFeed } from './change-feed.ts'
import { HeldSessions } from './held-sessions.ts'
import { ServedCalls } from './served-calls.ts'

export interface ServedMirrorOptions {
  readonly clock: Clock
  /** Newest messages of a session that go with it when it is sent whole. */
  readonly pageSize: number
  /** What may wait in the channel before changes are held back. */
  readonly maxBufferedBytes: number
  readonly onError: (error: AgentSessionError) => void
}

/** Messages of one session that a mirror can keep over a resync. */
const maxKeptMessages = 2_000
/** Sessions that a hello can have read back from storage, and how long its answer waits for them. */
const maxReopened = 32
const reopenMs = 2_000

/** One mirror, as its host sees it: what it has, and how far it was told. */
export class ServedMirror {
  readonly #store: AgentStore
  readonly #channel: Channel
  readonly #options: ServedMirrorOptions
  readonly #feed: ChangeFeed
  readonly #calls: ServedCalls
  readonly #subscriptions: (() => void)[]
  #mirror: string | undefined
  #ask = 0
  /** How far it was told; absent until its hello was answered. */
  #sent: Position | undefined
  /** The sessions that it has. */
  readonly #held: HeldSessions
  /** The sessions that it asked for: sent, even where they are neither live nor current. */
  #asked = new Set<string>()
  #toldFacts: HostFacts | undefined
  #pumpScheduled = false
  #stopped = false

  constructor(store: AgentStore, channel: Channel, options: ServedMirrorOptions) {
    this.#store = store
    this.#channel = channel
    this.#options = options
    this.#feed = ChangeFeed.of(store)
    this.#held = new HeldSessions(store)
    this.#calls = new ServedCalls(store, {
      post: (data) => this.#post(data),
      onOpened: (sessionId) => void this.#asked.add(sessionId),
      tellAll: () => this.#tellAll(),
    })
    this.#subscriptions = [
      channel.subscribe((data) => this.#receive(data)),
      this.#feed.subscribe(() => this.#schedulePump()),
      store.on('notification', (notification) => this.#postBeside({ t: 'notification', notification })),
      store.on('warning', (error) => this.#postBeside({ t: 'warning', error: encodeError(error) })),
      store.on('error', (error) => this.#postBeside({ t: 'error', error: encodeError(error) })),
      store.on('connection', () => this.#tellFacts()),
      store.on('writer', () => this.#tellFacts()),
      ...(isBufferedChannel(channel) ? [channel.onDrain(() => this.#schedulePump())] : []),
      () => this.#calls.close(),
    ]
  }

  stop(): void {
    this.#stopped = true
    this.#sent = undefined
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    this.#held.replace([])
  }

  // --- what comes from the mirror ---

  #receive(data: unknown): void {
    if (this.#stopped) return
    const packet = parseMirrorPacket(data)
    switch (packet?.t) {
      case 'hello':
        return this.#hello(packet)
      case 'check':
        this.#tellFacts()
        return packet.mirror === this.#mirror ? this.#postPosition() : this.#postPosition(false)
      case 'q':
        return this.#calls.receive(packet)
      case undefined:
        return this.#options.onError(new AgentSessionError('invalid-argument', 'Something came from a mirror that is no packet of one.'))
    }
  }

  #hello(hello: HelloPacket): void {
    // Heard twice or late: the newer one was answered already.
    if (hello.mirror === this.#mirror && hello.ask <= this.#ask) return
    this.#mirror = hello.mirror
    this.#ask = hello.ask
    this.#sent = undefined
    if (hello.protocol !== protocolVersion) {
      const error = new AgentSessionError(
        'not-supported',
        `The host speaks version ${protocolVersion} of the bridge, the window version ${hello.protocol}: load the window anew.`,
      )
      return void this.#post({ t: 'refused', answer: hello, error: encodeError(error) })
    }
    this.#asked = new Set(hello.holds.map(({ sessionId }) => sessionId))
    // Never in the middle of a flush, in which a snapshot would put changes out of order.
    microtask(() => this.#guard(() => this.#answerHello(hello)))
  }

  async #answerHello(hello: HelloPacket): Promise<void> {
    if (!this.#isNewest(hello)) return
    if (hello.at !== undefined && this.#resume(hello, hello.at)) return
    await this.#reopen(hello.holds)
    if (!this.#isNewest(hello)) return
    const snapshot = this.#snapshot()
    const from = new Map(hello.holds.map((holding) => [holding.sessionId, holding.from]))
    const sessions = snapshot.sessions.filter((session) => this.#wanted(session.state))
    this.#held.replace(sessions.map(({ state }) => state.sessionId))
    this.#sent = { epoch: snapshot.epoch, revision: snapshot.revision }
    this.#post({
      t: 'snapshot',
      answer: { mirror: hello.mirror, ask: hello.ask },
      epoch: snapshot.epoch,
      revision: snapshot.revision,
      facts: this.#facts(),
      sessions: sessions.map((session) => this.#shortened(session, from.get(session.state.sessionId))),
    })
  }

  #isNewest(hello: HelloPacket): boolean {
    return !this.#stopped && this.#mirror === hello.mirror && this.#ask === hello.ask
  }

  /** From where the mirror is, when that is still known. */
  #resume(hello: HelloPacket, at: Position): boolean {
    if (this.#feed.end === undefined) this.#snapshot()
    if (this.#feed.since(at) === undefined) return false
    this.#held.replace(hello.holds.map(({ sessionId }) => sessionId))
    this.#sent = { epoch: at.epoch, revision: at.revision }
    this.#sendChanges({ mirror: hello.mirror, ask: hello.ask })
    return true
  }

  /**
   * A host that has just started knows its old sessions from storage alone: those that the window still shows are
   * read back, so that it goes on showing them.
   */
  async #reopen(holds: readonly Holding[]): Promise<void> {
    const missing = holds.filter(({ sessionId }) => this.#store.findSession(sessionId) === undefined).slice(0, maxReopened)
    if (missing.length === 0) return
    const reading = Promise.allSettled(missing.map(({ sessionId }) => this.#store.openSession(sessionId)))
    await within(this.#options.clock, reopenMs, reading)
  }

  // --- what goes to the mirror ---

  #schedulePump(): void {
    if (this.#pumpScheduled || this.#sent === undefined) return
    this.#pumpScheduled = true
    // Once for all that a flush told, and after it.
    microtask(() => {
      this.#pumpScheduled = false
      this.#guard(() => this.#pump())
    })
  }

  /** Sends what the mirror has not been told yet, unless it is still busy with what it was. */
  #pump(): void {
    if (this.#sent === undefined || this.#isSlow()) return
    this.#tellFacts()
    if (this.#feed.since(this.#sent) !== undefined) return this.#sendChanges()
    // More was missed than is kept: the mirror asks for all when it sees how far behind it is.
    this.#sent = undefined
    this.#postPosition()
  }

  #sendChanges(answer?: Answering): void {
    if (this.#sent === undefined) return
    const { epoch, revision: from } = this.#sent
    // Taken before the changes are gathered: what it makes the store tell belongs to them.
    const snapshot = this.#lacksWanted(this.#feed.since(this.#sent) ?? []) ? this.#snapshot() : undefined
    const missed = this.#feed.since(this.#sent)
    const to = this.#feed.end?.revision
    if (missed === undefined || to === undefined) {
      this.#sent = undefined
      return this.#postPosition()
    }
    const changes: WireStoreChange[] = []
    for (const { revision, sessionId, changes: told } of missed) {
      if (!this.#held.has(sessionId)) {
        const listed = this.#listed(sessionId, told)
        if (listed) changes.push({ revision, sessionId, changes: [listed] })
        continue
      }
      changes.push({ revision, sessionId, changes: told.map((change) => encodeChange(change, this.#options.pageSize)) })
      if (told.some((change) => change.type === 'removed')) this.#held.delete(sessionId)
    }
    for (const session of snapshot?.sessions ?? []) {
      const { sessionId } = session.state
      if (this.#held.has(sessionId) || !this.#wanted(session.state)) continue
      this.#held.add(sessionId)
      changes.push({ revision: to, sessionId, changes: [{ type: 'opened', ...this.#shortened(session) }] })
    }
    this.#sent = { epoch, revision: to }
    if (answer === undefined && from === to && changes.length === 0) return
    this.#post({
      t: 'changes',
      epoch,
      from,
      to,
      changes,
      ...(answer && { answer: { ...answer, facts: this.#facts() } }),
    })
  }

  /** Of a session that the mirror does not have: what its lists show of it, where that may have changed. */
  #listed(sessionId: string, changes: readonly SessionChange[]): WireChange | undefined {
    const last = changes.findLast(({ type }) => type === 'removed' || type === 'listed')
    const session = this.#store.findSession(sessionId)
    if (session === undefined) return last
    return changes.some(({ type }) => type === 'opened' || type === 'session-updated') ? { type: 'listed', summary: summaryOf(session.record) } : undefined
  }

  /** Whether there is a session that the mirror should have and does not: one that changed, or one that it asked for. */
  #lacksWanted(changes: readonly StoreChange[]): boolean {
    const lacks = (sessionId: string): boolean => {
      const session = this.#held.has(sessionId) ? undefined : this.#store.findSession(sessionId)
      return session !== undefined && this.#wanted(session)
    }
    for (const sessionId of this.#asked) if (lacks(sessionId)) return true
    return changes.some(({ sessionId }) => lacks(sessionId))
  }

  #wanted(session: Pick<SessionState, 'sessionId' | 'live' | 'current'>): boolean {
    return session.live || session.current || this.#asked.has(session.sessionId)
  }

  #shortened(session: SnapshotSession, from = Number.POSITIVE_INFINITY): SnapshotSession {
    const shown = session.messages.length - Math.max(0, session.messages.findIndex(({ seqId }) => seqId >= from))
    const kept = Number.isFinite(from) && from > 0 ? Math.min(shown, maxKeptMessages) : 0
    return { state: session.state, ...newestOf(session, Math.max(this.#options.pageSize, kept)) }
  }

  #snapshot(): StoreSnapshot {
    const snapshot = this.#store.snapshot()
    this.#feed.note(snapshot)
    return snapshot
  }

  #postPosition(following = this.#sent !== undefined): void {
    const { epoch, revision } = this.#feed.end ?? this.#snapshot()
    // What is held back for a slow mirror is on its way: it is asked to wait for that, not to begin anew.
    const told = this.#sent ?? { epoch, revision }
    this.#post({ t: 'position', epoch: told.epoch, revision: told.revision, following })
  }

  /** What has no revision is told to those who follow and can keep up; it is not kept for others. */
  #postBeside(packet: HostPacket): void {
    if (this.#sent !== undefined && !this.#isSlow()) this.#post(packet)
  }

  #facts(): HostFacts {
    this.#toldFacts = factsOf(this.#store)
    return this.#toldFacts
  }

  /** A store tells of its connection and of who writes; of the others it shows whenever something is told anyway. */
  #tellFacts(): void {
    if (this.#sent === undefined || this.#isSlow() || sameData(this.#toldFacts, factsOf(this.#store))) return
    this.#post({ t: 'facts', facts: this.#facts() })
  }

  #isSlow(): boolean {
    return isBufferedChannel(this.#channel) && this.#channel.bufferedBytes > this.#options.maxBufferedBytes
  }

  #post(packet: unknown): void {
    if (this.#stopped) return
    try {
      this.#channel.post(packet)
    } catch (cause) {
      // What was lost is not known to the mirror: it must ask.
      this.#sent = undefined
      this.#options.onError(new AgentSessionError('disconnected', `A packet could not be posted to a mirror: ${errorText(cause)}`, { cause }))
    }
  }

  /** Sends all there is to tell, so that the answer of a call does not come before what it speaks of. */
  #tellAll(): Position {
    const { epoch, revision } = this.#snapshot()
    this.#pump()
    return { epoch, revision }
  }

  #guard(work: () => void | Promise<void>): void {
    const failed = (cause: unknown): void => {
      this.#sent = undefined
      this.#options.onError(new AgentSessionError('transport-threw', `A mirror could not be served: ${errorText(cause)}`, { cause }))
    }
    try {
      Promise.resolve(work()).catch(failed)
    } catch (cause) {
      failed(cause)
    }
  }
}

const factsOf = ({ connection, capabilities, retention, writer }: AgentStore): HostFacts => ({ connection, capabilities, retention, writer })
