import { errorText } from '../errors.ts'
import type { SessionStorage } from '../ports/session-storage.ts'
import type { StorageSetup } from './storage-setup.ts'
import { StorageTrial } from './storage-trial.ts'

/** One promise of the port. `run` rejects with a plain `Error` that says what was expected and what came. */
export interface StorageCase {
  readonly name: string
  /**
   * Resolves where the promise is kept, and at once where it is about a method that the storage does not have, or
   * about atomicity and the storage says `atomic: false`.
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
      try {
        await run(await trial.open(), trial)
        await trial.end()
      } catch (cause) {
        await trial.end().catch(() => {}) // the first failure is told, not what came of it
        throw new Error(`${errorText(trial.broken ?? cause)}\nBroken promise: ${name}`, { cause })
      }
    },
  }
}
