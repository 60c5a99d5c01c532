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
    const timer: SystemTimer = { handle: undefined }
    arm(timer, run, ms)
    return timer
  },
  clearTimeout: (timer) => {
    if (isSystemTimer(timer)) clearTimeout(timer.handle)
  },
}

/** What a host's timer can be set to, in ms: 24.8 days. A longer one would fire at once, so it is set in steps. */
const longestMs = 2_147_483_647

interface SystemTimer {
  handle: unknown
}

const isSystemTimer = (timer: unknown): timer is SystemTimer => typeof timer === 'object' && timer !== null && 'handle' in timer

function arm(timer: SystemTimer, run: () => void, ms: number): void {
  const left = ms - longestMs
  timer.handle = setTimeout(left > 0 ? () => arm(timer, run, left) : run, Math.min(ms, longestMs))
  // In Node a timer is an object that would keep the process alive; in a browser it is a number.
  const { handle } = timer
  if (typeof handle === 'object' && handle !== null && 'unref' in handle && typeof handle.unref === 'function') handle.unref()
}

/** Runs `run` when the work at hand is done: the default for giving notice. */
export const microtask = (run: () => void): void => queueMicrotask(run)

const macrotaskTimer = setTimeout
const endMacrotaskTimer = clearTimeout

/** Resolves after all promises that can settle now have settled. For tests: the timer is the real one, whatever replaced it since. */
export const nextMacrotask = (): Promise<void> => new Promise((resolve) => macrotaskTimer(resolve, 0))

/** The machine's own time for what stands in for an agent: it keeps the process while it works, as a program at work does. */
export const workingClock: Clock = {
  ...systemClock,
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
}

/** The machine's own time for tests: a wait keeps the process, which would end in silence if nothing else did; timers as above. */
export const waitingClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, ms) => macrotaskTimer(run, ms),
  clearTimeout: (timer) => endMacrotaskTimer(timer),
}
