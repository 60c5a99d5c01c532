import type { Limits } from '../limits.ts'

export interface ReduceContext {
  /** Epoch ms. */
  readonly now: number
  readonly limits: Limits
}

/**
 * Where an event stands to the run that is under way.
 * - `current`: of that run, or of none while one is: it counts in full;
 * - `tail`: no run is under way and it belongs to the last one: the transcript may grow by it, the status not;
 * - `stale`: another run's, while a newer one is under way: it may only finish what is there.
 */
export type Standing = 'current' | 'tail' | 'stale'

