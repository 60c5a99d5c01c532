import type { Clock } from '@agent-session/core'

interface Timer {
  readonly due: number
  readonly run: () => void
}

/** The time of a replay: it goes on only when it is told to, and its wall clock is the one of then. */
export class ReplayClock implements Clock {
  readonly #wallTime: (at: number) => number
  /** In the order they were set: the first of the earliest is the next. A store has but a few. */
  readonly #timers = new Set<Timer>()
  #at = 0

  constructor(wallTime: (at: number) => number) {
    this.#wallTime = wallTime
  }

  now(): number {
    return this.#wallTime(this.#at)
  }

  monotonic(): number {
    return this.#at
  }

  setTimeout(run: () => void, ms: number): unknown {
    const timer = { due: this.#at + Math.max(0, ms), run }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(handle: unknown): void {
    for (const timer of this.#timers) if (timer === handle) this.#timers.delete(timer)
  }

  /** When the next timer is due; `undefined` where none is. */
  get due(): number | undefined {
    return this.#next()?.due
  }

  /** Goes on to the next timer, and runs it. */
  runNext(): void {
    const timer = this.#next()
    if (timer === undefined) return
    this.#timers.delete(timer)
    this.goTo(timer.due)
    timer.run()
  }

  /** Goes on without running anything; never back. */
  goTo(at: number): void {
    this.#at = Math.max(this.#at, at)
  }

  get pending(): number {
    return this.#timers.size
  }

  #next(): Timer | undefined {
    let found: Timer | undefined
    for (const timer of this.#timers) if (found === undefined || timer.due < found.due) found = timer
    return found
  }
}
