import { readFileSync } from 'node:fs'

/**
 * Begins to measure, and gives the ms since then without those in which the machine was too busy: in which something on it
 * waited for a processor. For promises of time, which are made for a machine that has the time.
 */
export function quietTime(): () => number {
  const from = performance.now()
  const waitedBefore = waitedForProcessor()
  return () => performance.now() - from - (waitedForProcessor() - waitedBefore)
}

/** Ms since the machine began; none where it does not count them, which Linux does. */
function waitedForProcessor(): number {
  try {
    return Number(/^some .*total=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1] ?? 0) / 1_000
  } catch {
    return 0
  }
}
