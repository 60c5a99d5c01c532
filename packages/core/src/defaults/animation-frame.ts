// The globals of a browser, any of which a server or a worker may lack.
declare const document: { readonly hidden: boolean } | undefined
declare const requestAnimationFrame: ((run: () => void) => number) | undefined
declare function cancelAnimationFrame(frame: number): void
declare function setTimeout(run: () => void, ms: number): unknown
declare function clearTimeout(timer: unknown): void
declare function queueMicrotask(run: () => void): void

/** A frame that has not come by then is not coming: the tab was hidden, or its frame is not shown. */
const lateMs = 100

/**
 * Gives notice with the browser's next frame: for `createAgentStore({ schedule })` in a page. Where no frame comes (a
 * server, a hidden tab) it is a microtask: others may look on, and timers of a hidden tab run once a minute.
 */
export function animationFrame(run: () => void): void {
  if (typeof requestAnimationFrame === 'undefined' || typeof document === 'undefined' || document.hidden) {
    return queueMicrotask(run)
  }
  const once = (): void => {
    cancelAnimationFrame(frame)
    clearTimeout(late)
    run()
  }
  const frame = requestAnimationFrame(once)
  const late = setTimeout(once, lateMs)
}
