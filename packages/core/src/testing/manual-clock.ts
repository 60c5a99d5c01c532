import { nextMacrotask } from '../defaults/system-clock.ts'
import type { Clock } from '../ports/clock.ts'

/** How the clock begins. */
export interface ManualClockOptions {
  /** The wall clock to begin with, in epoch ms. Default: 2026-01-01 UTC. */
  readonly now?: number
  /** Lets work that is under way settle between two steps. Default: one turn of the event loop, in which all promises settle. */
  readonly settle?: () => Promise<void>
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /**
   * Goes on by `ms`, from due time to due time: timers of the same time run in the order they were set, and what they
   * set runs too when it falls within. A callback that throws does not stop the rest; at the end what was thrown is
   * thrown, more than one in an `AggregateError`.
   */
  advance(ms: number): Promise<void>
  /** Lets work that is under way settle, without going on. */
  settle(): Promise<void>
  /** Moves the wall clock alone, as a user or NTP does. */
  setWallClock(now: number): void
  /** The machine sleeps for `ms`: both clocks move, and timers that fell due run only now, late. */
  sleep(ms: number): Promise<void>
  /** How many timers are armed. */
  readonly pending: number
}

interface Timer {
  readonly due: number
  readonly run: () => void
}

/** 2026-01-01 UTC. */
const defaultStart = 1_767_225_600_000

/** A clock for tests; it stands still until it is told to go on. */
export function createManualClock({ now: start = defaultStart, settle = nextMacrotask }: ManualClockOptions = {}): ManualClock {
  let elapsed = 0
  let wallOffset = start
  // In the order they were set, so that the first of the earliest is the one to run.
  const timers = new Set<Timer>()

  function earliest(until: number): Timer | undefined {
    let found: Timer | undefined
    for (const timer of timers) if (timer.due <= until && (found === undefined || timer.due < found.due)) found = timer
    return found
  }

  async function runDue(until: number, at: (timer: Timer) => number): Promise<void> {
    const thrown: unknown[] = []
    await settle()
    for (let timer = earliest(until); timer; timer = earliest(until)) {
      timers.delete(timer)
      elapsed = at(timer)
      try {
        timer.run()
      } catch (error) {
        thrown.push(error)
      }
      await settle()
    }
    elapsed = until
    if (thrown.length === 1) throw thrown[0]
    if (thrown.length > 1) throw new AggregateError(thrown, `${thrown.length} timers threw.`)
  }

  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    setTimeout(run, ms) {
      const timer = { due: elapsed + Math.max(0, ms), run }
      timers.add(timer)
      return timer
    },
    clearTimeout(handle) {
      for (const timer of timers) if (timer === handle) return void timers.delete(timer)
    },
    advance: (ms) => runDue(elapsed + Math.max(0, ms), (timer) => Math.max(elapsed, timer.due)),
    sleep(ms) {
      const woken = elapsed + Math.max(0, ms)
      return runDue(woken, () => woken)
    },
    settle,
    setWallClock(now) {
      wallOffset = now - elapsed
    },
    get pending() {
      return timers.size
    },
  }
}
