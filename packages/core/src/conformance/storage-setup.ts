import type { Clock } from '../ports/clock.ts'
import type { SessionStorage } from '../ports/session-storage.ts'

/** How the cases get at the storage that they try. */
export interface StorageSetup {
  /** A storage over a fresh and empty database, another one at each call. */
  open(): Promise<SessionStorage>
  /**
   * Opens once more what the last `open` made, after that one was closed; with `shared`, also beside it. Absent: nothing
   * outlives the storage.
   */
  reopen?(): Promise<SessionStorage>
  /**
   * Opens once more what the last `open` made, as after a crash: that one is not closed, and is asked for nothing more. A
   * copy of what it has on disk will do. Absent: `reopen` with `shared`, else that is not tried.
   */
  crash?(): Promise<SessionStorage>
  /**
   * Whether processes share the database, so that two storages may be open on it, and a lease that somebody holds has to
   * be waited for. Absent: a storage may also give it to the last who asks.
   */
  readonly shared?: boolean
  /** How many messages a long session has. Absent means 2,000; a benchmark or a nightly run takes more. */
  readonly longSession?: number
  /** How long a method may take to settle, in ms. Absent: ten seconds. */
  readonly patienceMs?: number
  /** What patience and cost are measured by. Absent: the machine's own. */
  readonly clock?: Clock
}
