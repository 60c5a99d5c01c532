import type { SessionStorage } from '../ports/session-storage.ts'

export interface StorageFollowerOptions {
  readonly storage: SessionStorage
  /** Reads one session again. Must not reject. */
  readonly read: (sessionId: string) => Promise<void>
}

/** While this store does not write: hears from the storage which sessions another process wrote, and has them read again, one after the other. */
export class StorageFollower {
  readonly #options: StorageFollowerOptions
  /** Written since they were last read: a session that is written ten times while another is read is read once. */
  readonly #written = new Set<string>()
  #unsubscribe: (() => void) | undefined
  #isReading = false

  constructor(options: StorageFollowerOptions) {
    this.#options = options
  }

  /** From now on; once more changes nothing. Where the storage tells nobody, nothing is heard. */
  begin(): void {
    this.#unsubscribe ??= this.#options.storage.onChange?.((sessionIds) => {
      for (const id of sessionIds) this.#written.add(id)
      void this.#readAll()
    })
  }

  /** What was heard of is still read. */
  end(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
  }

  async #readAll(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    for (const id of this.#written) {
      // Before it is read: what is written meanwhile brings it back to the end of the set.
      this.#written.delete(id)
      await this.#options.read(id)
    }
    this.#isReading = false
  }
}
