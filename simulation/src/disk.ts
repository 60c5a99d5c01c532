import type { CommitBatch, Cursor, MessageRecord, SessionRecord, SessionStorage } from '@agent-session/core'
import type { Core } from './core.ts'

/** What outlives every process. It also keeps a book of what it has acknowledged. */
export class Disk {
  readonly #storage: SessionStorage
  readonly #violate: (what: string) => void
  readonly #owners = new Map<string, Map<number, string>>()
  #writer = 0
  #newest = 0

  constructor({ createMemoryStorage }: Core, violate: (what: string) => void) {
    this.#storage = createMemoryStorage()
    this.#violate = violate
  }

  /** The disk as one process has it; processes are numbered as they begin. */
  view(process: number): SessionStorage {
    this.#newest = process
    const storage = this.#storage
    const acquire = storage.acquire?.bind(storage)
    return {
      ...storage,
      ...(acquire && {
        acquire: async (...asked: Parameters<typeof acquire>) => {
          // One that another has taken over from waits for it; it does not get the lease back here.
          if (process < this.#newest) return new Promise<never>(() => {})
          const lease = await acquire(...asked)
          this.#writer = Math.max(this.#writer, process)
          return lease
        },
      }),
      commit: async (batch) => {
        const newer = this.#writer
        await storage.commit(batch)
        if (process < newer) this.#violate(`promise 4, F14: process ${process} wrote after process ${newer} had taken the lease`)
        this.#book(batch)
      },
    }
  }

  session(sessionId: string): Promise<SessionRecord | undefined> {
    return this.#storage.loadSession(sessionId)
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

  /** Promise 1: what was committed under a seqId is never given it again, or another. */
  #book({ session, upsert }: CommitBatch): void {
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
