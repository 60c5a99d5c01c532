import { AgentSessionError } from '../errors.ts'
import type { CommitBatch, Lease, SessionStorage } from '../ports/session-storage.ts'

/** Writes to the storage under one lease, taken with the first write and given back at the end. */
export class StorageWriter {
  readonly #storage: SessionStorage
  readonly #owner: string
  readonly #onLost: (error: AgentSessionError) => void
  #lease: Promise<Lease> | undefined
  /** Given back: that it is no longer held is no news. */
  #released = false

  constructor(storage: SessionStorage, owner: string, onLost: (error: AgentSessionError) => void) {
    this.#storage = storage
    this.#owner = owner
    this.#onLost = onLost
  }

  async commit(batch: CommitBatch): Promise<void> {
    const lease = await this.#acquire()
    await this.#storage.commit(lease === undefined ? batch : { ...batch, fence: lease.fence })
  }

  async delete(sessionIds: readonly string[]): Promise<void> {
    const lease = await this.#acquire()
    await this.#storage.deleteSessions(sessionIds, lease?.fence)
  }

  async release(): Promise<void> {
    this.#released = true
    const lease = await this.#lease
    await lease?.release()
  }

  async #acquire(): Promise<Lease | undefined> {
    if (this.#storage.acquire === undefined) return undefined
    if (this.#lease === undefined) {
      const lease = this.#storage.acquire(this.#owner)
      this.#lease = lease
      lease.then(
        ({ lost }) => {
          const tell = (cause?: unknown): void => {
            if (this.#released) return
            const why = 'Another process writes this storage now; nothing of this one is saved any more.'
            this.#onLost(new AgentSessionError('lease-lost', why, { cause }))
          }
          lost.then(() => tell(), tell)
        },
        // The write that asked for it tells; the next one asks again.
        () => (this.#lease = undefined),
      )
    }
    return this.#lease
  }
}
