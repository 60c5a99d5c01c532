import type { Clock } from '@agent-session/core'
import { keepAlive } from './defaults/keep-alive.ts'
import { isBusy } from './sqlite-error.ts'

/** How long SQLite itself waits for another process, with the thread: hardly longer than a usual commit takes. */
export const busyTimeoutMs = 20
const patienceMs = 5_000
const longestPauseMs = 100

/**
 * Tries until no other process is in the way (F13), or for 5 s: then it throws what SQLite said. Between two tries the
 * thread is free, which SQLite's own waiting would hold all that time.
 */
export async function retryWhileBusy<Value>(clock: Clock, attempt: () => Value, onBusy: () => void = () => {}): Promise<Value> {
  const from = clock.monotonic()
  for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return attempt()
    } catch (thrown) {
      if (!isBusy(thrown) || clock.monotonic() - from >= patienceMs) throw thrown
    }
    onBusy()
    const letGo = keepAlive()
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, pauseMs))
    letGo()
  }
}
