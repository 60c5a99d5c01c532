import { microtask, systemClock } from '../defaults/system-clock.ts'
import { createMemoryStorage } from '../defaults/memory-storage.ts'
import { newId, random } from '../defaults/random.ts'
import { defaultEnvPolicy, type EnvPolicy } from '../env-policy.ts'
import { resolveLimits, type Limits } from '../limits.ts'
import { resolveRetention, type RetentionPolicy } from '../retention/retention-policy.ts'
import type { AgentTransport } from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import type { Lifecycle } from '../ports/lifecycle.ts'
import type { SessionStorage } from '../ports/session-storage.ts'
import type { SettingsSource } from '../ports/settings-source.ts'
import type { StoreSnapshot } from './agent-store.ts'
import type { Redact } from './redaction.ts'

/** What a store is made of. */
export interface StoreOptions {
  /** The way to the agents. The store owns it: `dispose` closes it. */
  readonly transport: AgentTransport
  /** Where sessions are kept. The store owns it: `dispose` closes it. Absent: in memory, gone with the process. */
  readonly storage?: SessionStorage
  /** Absent: the machine's own. */
  readonly clock?: Clock
  /** Defaults of starts. Absent: a start has only what its caller says. */
  readonly settings?: SettingsSource
  /** What differs from `defaultLimits`. `createAgentStore` throws `invalid-limit` for one that is none. */
  readonly limits?: Partial<Limits>
  /** How many sessions of a project stay, and for how long. Absent: 5, for 30 days. */
  readonly retention?: Partial<RetentionPolicy>
  /** Which of a start's `extraEnv` may reach the agent; those that may not are left out with a warning. */
  readonly envPolicy?: EnvPolicy
  /** Takes secrets out of every text before it is stored. What is on screen stays as it came. */
  readonly redact?: Redact
  /** Ids of sessions, runs and messages: unguessable, 1 to 128 letters, digits, `_` or `-`. Absent: `crypto.randomUUID`, or what is as good where there is none. */
  readonly newId?: () => string
  /** What a server rendered: its sessions are there at once, until `restore` looks for them in storage. */
  readonly initial?: StoreSnapshot
  /** Hidden, page hide and wake, where the surroundings know of them. */
  readonly lifecycle?: Lifecycle
  /** When notice is given: called with what to run, once, soon. Absent: a microtask; adapters give an animation frame. */
  readonly schedule?: (flush: () => void) => void
  /** From 0 to below 1, for the jitter of retries. Absent: `Math.random`. */
  readonly random?: () => number
}

export type ResolvedOptions = Required<Omit<StoreOptions, 'settings' | 'redact' | 'lifecycle' | 'initial' | 'limits' | 'retention'>> &
  Pick<StoreOptions, 'settings' | 'redact' | 'lifecycle' | 'initial'> & { readonly limits: Limits; readonly retention: RetentionPolicy }

/** Throws `invalid-limit` for a limit, `invalid-argument` for a retention that is none. */
export function resolveOptions(options: StoreOptions): ResolvedOptions {
  const { limits, retention = {}, ...given } = options
  return {
    storage: createMemoryStorage(),
    clock: systemClock,
    envPolicy: defaultEnvPolicy,
    newId,
    random,
    schedule: microtask,
    ...given,
    limits: resolveLimits(limits),
    retention: resolveRetention(retention),
  }
}
