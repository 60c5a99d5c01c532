import { defaultLimits, microtask, newId, systemClock, type AgentStore, type Channel, type Clock } from '@agent-session/core'
import { random as systemRandom } from './defaults/random.ts'
import { Mirror } from './mirror/mirror.ts'

export interface ConnectOptions {
  /** Absent: the machine's own. */
  readonly clock?: Clock
  /** When notice is given: called with what to run, once, soon. Absent: a microtask. */
  readonly schedule?: (flush: () => void) => void
  /** From 0 to below 1, for the jitter of repeated hellos. Absent: `Math.random`. */
  readonly random?: () => number
  /** Ms that the host may take to answer a hello or a check, until the mirror says `reconnecting`. Default 10 s. */
  readonly answerTimeoutMs?: number
  /** Ms that a command may take. Default 150 s: longer than a host waits for an agent that installs itself. */
  readonly commandTimeoutMs?: number
  /** Messages of a session that stay in memory beside those that were paged in; the host has the others. Default 2,000. */
  readonly residentMessages?: number
  /** Ms of silence after which the host is asked how far it is. Default 30 s. */
  readonly checkMs?: number
}

/**
 * A store that shows what another process holds. Until the first snapshot it is empty; while its host is away it
 * keeps what it has, `connection.state` is `reconnecting` and every command is refused as `disconnected`. A command's
 * result comes after the changes that it made. `snapshot` and `change` carry the host's epoch and revision; after a
 * resync the revision jumps, and all that the resync changed carries the same one.
 *
 * `dispose` ends the mirror and closes its channel; the host's store goes on.
 */
export interface MirrorStore extends AgentStore {
  /** Resolves when the first snapshot is there; rejects when the mirror is disposed of before, the host refuses it, or its line ends for good. */
  readonly ready: Promise<void>
}

/** The window's half: a mirror of the store that is served at the other end of the channel. Usable at once. */
export function connectAgentStore(channel: Channel, options: ConnectOptions = {}): MirrorStore {
  return new Mirror(channel, {
    clock: systemClock,
    schedule: microtask,
    random: systemRandom,
    answerTimeoutMs: 10_000,
    commandTimeoutMs: 150_000,
    checkMs: 30_000,
    residentMessages: defaultLimits.residentMessages,
    mirrorId: newId(),
    ...options,
  })
}
