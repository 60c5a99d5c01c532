import type { Lifecycle } from '@agent-session/core'

function on(target: EventTarget, event: string, listener: () => void): () => void {
  target.addEventListener(event, listener)
  return () => target.removeEventListener(event, listener)
}

/** What a page knows of its own end: with it the last words before a reload are saved too. */
export const pageLifecycle: Lifecycle = {
  onHide(listener) {
    const hidden = on(document, 'visibilitychange', () => document.hidden && listener())
    const gone = on(window, 'pagehide', listener)
    return () => (hidden(), gone())
  },
  onWake: (listener) => on(document, 'visibilitychange', () => !document.hidden && listener()),
}
