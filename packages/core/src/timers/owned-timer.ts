import type { Clock } from '../ports/clock.ts'

/** One timer with one owner: setting it anew ends the old one, and its owner's end is its end. */
export class OwnedTimer {
  readonly #clock: Clock
  #handle: unknown

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get armed(): boolean {
    return this.#handle !== undefined
  }

  set(ms: number, run: () => void): void {
    this.clear()
    this.#handle = this.#clock.setTimeout(() => {
      this.#handle = undefined
      run()
    }, ms)
  }

  clear(): void {
    if (this.#handle !== undefined) this.#clock.clearTimeout(this.#handle)
    this.#handle = undefined
  }
}
