import { AgentSessionError, errorText } from '../errors.ts'
import type { SessionStorage } from '../ports/session-storage.ts'
import type { StorageSetup } from './storage-setup.ts'
import { StorageTrial } from './storage-trial.ts'

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
  run: (storage: SessionStorage, trial: StorageTrial) => Promise<void>,
): StorageCase {
  return {
    name,
    async run(setup) {
      const trial = new StorageTrial(setup)
      let notAtomic = false
      try {
        const storage = await trial.open()
        notAtomic = storage.atomic === false
        await run(storage, trial)
        await trial.end()
      } catch (cause) {
        await trial.end().catch(() => {}) // the first failure is told, not what came of it
        // A storage of an old host need not be able to do all of it.
        if (notAtomic && trial.broken === undefined && AgentSessionError.isInstance(cause) && cause.code === 'not-supported') return
        throw new Error(`${errorText(trial.broken ?? cause)}\nBroken promise: ${name}`, { cause })
      }
    },
  }
}
