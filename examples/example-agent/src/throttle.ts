import { pause } from './pause.ts'

/**
 * Runs something at most every so often, the first time at once and never twice at a time: a slow reader gets fewer
 * runs, not a queue of them.
 */
export class Throttle {
  readonly #ms: number
  readonly #run: () => Promise<void>
  readonly #end = new AbortController()
  #wanted = false
  #busy: Promise<void> | undefined

  constructor(ms: number, run: () => Promise<void>) {
    this.#ms = ms
    this.#run = run
  }

  request(): void {
    this.#wanted = true
    this.#busy ??= this.#work().finally(() => {
      this.#busy = undefined
    })
  }

  /** Nothing runs after this has resolved, and a run that failed is not told: the next one would have been as good. */
  async stop(): Promise<void> {
    this.#end.abort()
    await this.#busy
  }

  async #work(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false
        await this.#run()
        await pause(this.#ms, this.#end.signal)
      }
    } catch {
      // Stopped, or nobody is there any more to run for.
    }
  }
}
