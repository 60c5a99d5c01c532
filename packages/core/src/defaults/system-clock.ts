import type { Clock } from '../ports/clock.ts'

// The globals of every JavaScript host, declared here since the core is built without the types of any.
declare const performance: { now(): number }
declare function setTimeout(run: () => void, ms: number): unknown
declare function clearTimeout(timer: unknown): void
declare function queueMicrotask(run: () => void): void

/** The time of this machine. The only place of the core, with the two schedulers below, that reads a global clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms)
    // In Node a timer is an object that would keep the process alive; in a browser it is a number.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref()
    return timer
  },
  clearTimeout: (timer) => clearTimeout(timer),
}

/** Runs `run` when the work at hand is done: the default for giving notice. */
export const microtask = (run: () => void): void => queueMicrotask(run)

const macrotaskTimer = setTimeout

/** Resolves after all promises that can settle now have settled. For tests: the timer is the real one, whatever replaced it since. */
export const nextMacrotask = (): Promise<void> => new Promise((resolve) => macrotaskTimer(resolve, 0))
