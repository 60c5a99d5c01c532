import type { Clock } from '@agent-session/core'

/** The world's clock as one process has it: with the process its timers end. */
export interface MortalClock extends Clock {
  /** How many timers the process has armed. */
  readonly armed: number
  kill(): void
}

export function mortalClock(clock: Clock): MortalClock {
  const armed = new Set<unknown>()
  let dead = false
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimeout(run, ms) {
      const handle = clock.setTimeout(() => {
        armed.delete(handle)
        if (!dead) run()
      }, ms)
      armed.add(handle)
      return handle
    },
    clearTimeout(handle) {
      armed.delete(handle)
      clock.clearTimeout(handle)
    },
    get armed() {
      return armed.size
    },
    kill() {
      dead = true
      for (const handle of armed) clock.clearTimeout(handle)
      armed.clear()
    },
  }
}
