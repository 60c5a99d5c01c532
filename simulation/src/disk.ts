import type { Clock, CommitBatch, Cursor, MessageRecord, SessionRecord, SessionStorage, SessionSummary } from '@agent-session/core'
import type { Core } from './core.ts'

/** What outlives every process. It also keeps a book of what it has acknowledged. */
export class Disk {
  readonly #storage: SessionStorage
  readonly #clock: Clock
  readonly #violate: (what: string) => void
  readonly #owners = new Map<string, Map<number, string>>()
  readonly #acknowledged = new Map<string, number>()
  /** Runs that a commit told of. */
  readonly #runs = new Set<string | undefined>()
  readonly #listeners = new Map<(sessionIds: readonly string[]) => void, number>()
  /** Processes that another has taken over from, and those that have ended. */
  readonly #superseded = new Set<number>()
  readonly #ended = new Set<number>()
  readonly #deleted = new Set<string>()
  #writer = 0
  /** Told before a session is deleted. */
  onDelete: (record: SessionRecord) => Promise<void> = async () => {}

  constructor({ createMemoryStorage }: Core, clock: Clock, violate: (what: string) => void) {
    this.#storage = createMemoryStorage({ leases: 'wait' })
    this.#clock = clock
    this.#violate = violate
  }

  /** The disk as one process has it; processes are numbered as they begin. */
  view(process: number): SessionStorage {
    const storage = this.#storage
    const acquire = storage.acquire?.bind(storage)
    return {
      ...storage,
      ...(acquire && {
        acquire: async (...asked: Parameters<typeof acquire>) => {
          // One that another has taken over from waits for it; it does not get the lease back here.
          if (this.#superseded.has(process)) return new Promise<never>(() => {})
          const lease = await acquire(...asked)
          this.#writer = Math.max(this.#writer, process)
          return lease
        },
      }),
      commit: async (batch) => {
        const newer = this.#writer
        await storage.commit(batch)
        this.#wrote(process, newer, 'wrote')
        this.#book(batch)
        this.#tell(process, batch.session.sessionId)
      },
      deleteSessions: async (sessionIds, fence) => {
        const newer = this.#writer
        const going: SessionRecord[] = []
        for (const id of sessionIds) {
          const record = await storage.loadSession(id)
          if (record) going.push(record)
        }
        await storage.deleteSessions(sessionIds, fence)
        this.#wrote(process, newer, 'deleted')
        for (const id of sessionIds) this.#deleted.add(id)
        for (const record of going) await this.onDelete(record)
        for (const id of sessionIds) this.#tell(process, id)
      },
      onChange: (listener) => {
        const own = (sessionIds: readonly string[]): void => listener(sessionIds)
        this.#listeners.set(own, process)
        return () => void this.#listeners.delete(own)
      },
    }
  }

  /** Another process takes over from this one. */
  supersede(process: number): void {
    this.#superseded.add(process)
  }

  /** The process has ended of itself: nothing is written by it any more. */
  end(process: number): void {
    this.#ended.add(process)
  }

  /** Whether a run was ever stored; one that was not died with the process that began it. */
  knowsRun(run: string): boolean {
    return this.#runs.has(run)
  }

  /** How many commits of this session were acknowledged. */
  acknowledged(sessionId: string): number {
    return this.#acknowledged.get(sessionId) ?? 0
  }

  session(sessionId: string): Promise<SessionRecord | undefined> {
    return this.#storage.loadSession(sessionId)
  }

  sessions(projectId: string): Promise<SessionSummary[]> {
    return this.#storage.listSessions(projectId)
  }

  messages(sessionId: string): Promise<MessageRecord[]> {
    return this.#storage.loadMessages(sessionId)
  }

  async cursor(sessionId: string): Promise<Cursor | undefined> {
    return this.#storage.loadCursor?.(sessionId)
  }

  async lastSession(projectId: string): Promise<SessionRecord | undefined> {
    return this.#storage.lastSession(projectId)
  }

  #wrote(process: number, newer: number, what: string): void {
    if (process < newer) this.#violate(`promise 4, F14: process ${process} ${what} after process ${newer} had taken the lease`)
    if (this.#ended.has(process)) this.#violate(`promise 7, F31: process ${process} ${what} after it had ended, at ${this.#clock.monotonic()}`)
  }

  #tell(writer: number, sessionId: string): void {
    for (const [listener, process] of this.#listeners) if (process !== writer) queueMicrotask(() => listener([sessionId]))
  }

  /** Promise 1: what was committed under a seqId is never given it again, or another. */
  #book({ session, upsert }: CommitBatch): void {
    if (this.#deleted.has(session.sessionId)) this.#violate(`T9: ${session.sessionId} is written after it was deleted`)
    this.#acknowledged.set(session.sessionId, this.acknowledged(session.sessionId) + 1)
    for (const { run } of [session, ...upsert]) this.#runs.add(run)
    const owners = this.#owners.get(session.sessionId) ?? new Map<number, string>()
    this.#owners.set(session.sessionId, owners)
    for (const { seqId, id } of upsert) {
      const owner = owners.get(seqId)
      if (owner !== undefined && owner !== id) this.#violate(`promise 1: seqId ${seqId} of ${session.sessionId} was ${owner}'s and is given to ${id}`)
      owners.set(seqId, id)
      if (seqId > session.lastSeqId) this.#violate(`promise 4: ${id} is stored with seqId ${seqId}, the record with lastSeqId ${session.lastSeqId}`)
    }
  }
}
