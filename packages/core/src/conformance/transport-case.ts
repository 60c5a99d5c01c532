import { errorText } from '../errors.ts'
import type { TransportScene, TransportSetup } from './transport-setup.ts'
import { Trial } from './transport-trial.ts'

/** One promise of the port. `run` rejects with a plain `Error` that says what was expected and what came. */
export interface TransportCase {
  readonly name: string
  /** The scene that it needs. */
  readonly scene: TransportScene
  /** Resolves where the promise is kept, and at once where it is about what the transport or its agent does not have. */
  run(setup: TransportSetup): Promise<void>
}

/** A case over one transport, which is closed afterwards. */
export function transportCase(name: string, scene: TransportScene, run: (trial: Trial) => Promise<void>): TransportCase {
  return {
    name,
    scene,
    async run(setup) {
      if (setup.without?.[scene] !== undefined) return
      const trial = new Trial(await setup.open(scene), setup)
      try {
        await run(trial)
        await trial.end()
      } catch (cause) {
        await trial.end().catch(() => {}) // the first failure is told, not what came of it
        throw new Error(`${errorText(cause)}\nBroken promise: ${name}`, { cause })
      }
    },
  }
}
