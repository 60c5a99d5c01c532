import type { Choice } from '../session/session-record.ts'

/** An agent that can be used on this machine. */
export interface UsableProvider {
  readonly usable: true
  /** As its program says it; absent where it was not asked. */
  readonly version?: string
  /** What it lacks here, for people; absent where it lacks nothing that is known of. */
  readonly note?: string
  /** What a start can name as its `model`; absent where it is known only once a session is open. */
  readonly models?: readonly Choice[]
}

/** An agent that cannot be used on this machine as it is. */
export interface UnusableProvider {
  readonly usable: false
  /**
   * `not-installed`: something has to be installed first; `not-logged-in`: somebody has to log in first; `unreachable`: its
   * server does not answer; `timeout`: nobody knows, it took too long to find out; `failed`: it is there and does not work.
   */
  readonly code: 'not-installed' | 'not-logged-in' | 'unreachable' | 'timeout' | 'failed'
  /** What is wrong, for people. */
  readonly message: string
  /** What a person types, or opens, to get it; absent where nothing is known. */
  readonly install?: string
}

/** What was found out of an agent. */
export type ProbeResult = UsableProvider | UnusableProvider

/** One of the agents that a start can name, and whether it can be used. */
export type ProviderState = {
  /** What a start says as `provider`. */
  readonly name: string
  /** For people. */
  readonly title: string
} & ProbeResult
