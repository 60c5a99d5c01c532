import type { Clock } from '../ports/clock.ts'

/** What a promise gave, or that it took too long. Its late end is then nobody's business: a rejection is not left unhandled. */
export type Timely<Value> = { readonly timely: true; readonly value: Value } | { readonly timely: false }

/** F34: waits for a promise of somebody else's, but no longer than `ms`. Rejects where the promise does in time. */
export function within<Value>(clock: Clock, ms: number, promise: Promise<Value>): Promise<Timely<Value>> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => resolve({ timely: false }), ms)
    promise.then(
      (value) => {
        clock.clearTimeout(timer)
        resolve({ timely: true, value })
      },
      (error: unknown) => {
        clock.clearTimeout(timer)
        reject(error)
      },
    )
  })
}
