import type { Clock } from '../ports/clock.ts'
import { OwnedTimer } from './owned-timer.ts'

/** A timer that comes this much later than it was set for means that the machine slept or was throttled. */
const sleptMs = 30_000

/**
 * Tells when a run has been silent for too long. An event moves a number; the one timer looks at it when it is due,
 * and sets itself anew for what is left.
 */
export class StallTimer {
  readonly #clock: Clock
  readonly #onStall: () => void
  #ms = 0
  #lastActivity = 0
  readonly #timer: OwnedTimer

  constructor(clock: Clock, onStall: () => void) {
    this.#clock = clock
    this.#onStall = onStall
    this.#timer = new OwnedTimer(clock)
  }

  start(ms: number): void {
    this.#ms = ms
    this.touch()
    if (!this.#timer.armed) this.#arm(ms)
  }

  /** Another silence is too long from now on; what has passed of this one counts. */
  change(ms: number): void {
    this.#ms = ms
    if (this.#timer.armed) this.#arm(Math.max(0, this.#lastActivity + ms - this.#clock.monotonic()))
  }

  /** Something happened: the silence counts from now, which is `at` where that is known already (monotonic ms). */
  touch(at = this.#clock.monotonic()): void {
    this.#lastActivity = at
  }

  stop(): void {
    this.#timer.clear()
  }

  #arm(ms: number): void {
    const due = this.#clock.monotonic() + ms
    this.#timer.set(ms, () => {
      const now = this.#clock.monotonic()
      // F25: nothing could be heard while the machine slept, so that time is no silence of the agent.
      if (now - due > sleptMs) this.#lastActivity = now
      const left = this.#lastActivity + this.#ms - now
      if (left > 0) return this.#arm(left)
      this.#onStall()
    })
  }
}
