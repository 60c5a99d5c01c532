/** An event of a Chromium trace. */
interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** µs, by the clock. */
  readonly ts: number
  readonly dur?: number
  /** µs that the thread ran meanwhile: what other programs took of the machine is not in it. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** What runs script, with the microtasks after it: Vue renders in those, and the browser's own ScriptDuration leaves them out. */
const scripting = new Set(['FunctionCall', 'RunMicrotasks', 'EvaluateScript', 'TimerFire', 'FireAnimationFrame', 'v8.callFunction'])
/** What script may force within itself, and is the browser's own work. */
const rendering = new Set(['Layout', 'UpdateLayoutTree', 'RecalculateStyles'])

export const traceCategories = ['-*', 'devtools.timeline', 'v8.execute']

/** Ms of script on the page's main thread, as DevTools counts "Scripting". */
export function scriptMs(trace: Buffer): number {
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(trace.toString())
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`
  const main = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(threadOf),
  )
  const events = traceEvents
    .filter((event) => event.ph === 'X' && main.has(threadOf(event)))
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))
  let us = 0
  let end = -Infinity
  let renderedUntil = -Infinity
  for (const { name, ts, dur = 0, tdur = dur } of events) {
    if (scripting.has(name) && ts >= end) {
      us += tdur
      end = ts + dur
    } else if (rendering.has(name) && ts < end && ts >= renderedUntil) {
      us -= tdur
      renderedUntil = ts + dur
    }
  }
  return us / 1_000
}
