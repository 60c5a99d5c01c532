import { AgentSessionError } from '../errors.ts'
import type { SessionStorage } from '../ports/session-storage.ts'

/** How the cases get at the storage that they try. */
export interface StorageSetup {
  /** A storage over a fresh and empty database, another one at each call. */
  open(): Promise<SessionStorage>
  /** Opens once more what the last `open` made, after that one was closed. Absent: nothing outlives the storage. */
  reopen?(): Promise<SessionStorage>
  /**
   * Whether processes share the database, so that a lease that somebody holds has to be waited for. Absent: a storage may
   * also give it to the last who asks.
   */
  readonly shared?: boolean
  /** How many messages a long session has. Absent means 2,000; a benchmark or a nightly run takes more. */
  readonly longSession?: number
}

/** One promise of the port. `run` rejects with a plain `Error` that says what was expected and what came. */
export interface StorageCase {
  readonly name: string
  /**
   * Resolves where the promise is kept, and at once where it is about a method that the storage does not have, or
   * about atomicity and the storage says `atomic: false`. A storage that says so may also reject with `not-supported`
   * what its host cannot do: the rest of the case is then passed over.
   */
  run(setup: StorageSetup): Promise<void>
}

/** A case over one storage, which is closed afterwards. */
export function storageCase(
  name: string,
  run: (storage: SessionStorage, setup: StorageSetup) => Promise<void>,
): StorageCase {
  return {
    name,
    async run(setup) {
      const storage = await setup.open()
      try {
        await run(storage, setup)
      } catch (thrown) {
        if (storage.atomic === false && AgentSessionError.isInstance(thrown) && thrown.code === 'not-supported') return
        throw thrown
      } finally {
        await storage.close?.()
      }
    },
  }
}
