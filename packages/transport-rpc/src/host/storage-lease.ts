import { AgentSessionError, type Lease, type SessionStorage } from '@agent-session/core'

/** The host writes under the storage's one lease, where it has one: asked for with the first save, and again after it was lost. */
export class StorageLease {
  readonly #storage: SessionStorage
  readonly #owner: string
  #lease: Lease | undefined
  #asking: Promise<void> | undefined
  #holder: string | undefined
  #closed = false

  constructor(storage: SessionStorage, owner: string) {
    this.#storage = storage
    this.#owner = owner
  }

  /** The fence to write under; `undefined` where the storage has no lease. Rejects with `lease-held` while another process has it. */
  async fence(): Promise<number | undefined> {
    if (this.#storage.acquire === undefined) return undefined
    if (this.#lease === undefined) {
      await (this.#asking ??= this.#ask())
      if (this.#lease === undefined) {
        const who = this.#holder === undefined ? '' : ` (${this.#holder})`
        throw new AgentSessionError('lease-held', `Another process${who} writes this storage. Close that one; until then nothing is saved.`)
      }
    }
    return this.#lease.fence
  }

  async release(): Promise<void> {
    this.#closed = true
    const lease = this.#lease
    this.#lease = undefined
    await lease?.release()
  }

  /** Resolves when it is known who writes; the lease may come later. Rejects where the storage cannot say. */
  #ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      const onWait = (holder: string | undefined): void => {
        this.#holder = holder
        resolve()
      }
      this.#storage.acquire?.(this.#owner, { onWait }).then(
        (lease) => {
          resolve()
          this.#granted(lease)
        },
        (thrown: unknown) => {
          this.#asking = undefined
          reject(thrown)
        },
      )
    })
  }

  #granted(lease: Lease): void {
    // Whoever asked for it may have given up since; nothing is written then, and its giving back may fail with the storage.
    if (this.#closed) return void lease.release().catch(() => {})
    this.#lease = lease
    this.#asking = undefined
    const lost = (): void => {
      if (this.#lease === lease) this.#lease = undefined
    }
    void lease.lost.then(lost, lost)
  }
}
