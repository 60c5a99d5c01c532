/** Limits of the pause between two attempts. */
export interface BackoffLimits {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * The pause before an attempt, doubled with each that failed. Half of it is left to chance, so that many windows that
 * lost the same host do not come back in the same instant (F24).
 */
export function backoffMs(failures: number, random: () => number, { minMs, maxMs }: BackoffLimits): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
  return full / 2 + (full / 2) * random()
}
