import { SessionDirectory } from '../src/replica/index.ts'
import type { StoreChange } from '../src/index.ts'
import type { Scene } from './scene.ts'

export interface Mirror {
  readonly directory: SessionDirectory
  /** Revisions that did not follow on the one before. */
  readonly missed: readonly number[]
}

/** A mirror in the making: the owner's directory again, fed by a snapshot and from then on by `change` events alone. */
export function mirrorOf({ store, clock }: Scene): Mirror {
  const never = async (): Promise<never> => {
    throw new Error('A mirror in a test commands nothing.')
  }
  const directory = new SessionDirectory({
    commands: {
      promptSession: never,
      retry: never,
      withdraw: never,
      stopSession: never,
      respond: never,
      configure: never,
      rename: never,
      pin: never,
      setBudget: never,
      forkSession: never,
      logIn: never,
      loadMessages: never,
    },
    clock,
    connected: () => true,
    residentMessages: Number.POSITIVE_INFINITY,
    mayLeave: () => false,
    schedule: () => {},
    onChanges: () => {},
    onFailure: () => {},
  })
  const missed: number[] = []
  const { revision, sessions } = store.snapshot()
  for (const { state, messages, hasOlder } of sessions) directory.apply(state.sessionId, { type: 'opened', state, messages, hasOlder })
  let last = revision
  store.on('change', ({ sessionId, changes, revision: next }: StoreChange) => {
    if (next !== last + 1) missed.push(next)
    last = next
    // Over a channel a change is text.
    for (const change of changes) directory.apply(sessionId, change)
  })
  return { directory, missed }
}
