import type { Lifecycle } from '../ports/lifecycle.ts'

interface Target {
  addEventListener(event: string, listener: () => void): void
  removeEventListener(event: string, listener: () => void): void
}

// The globals of a browser; a server has neither.
declare const document: (Target & { readonly hidden: boolean }) | undefined
declare const window: Target | undefined

function on(target: Target, event: string, listener: () => void): () => void {
  target.addEventListener(event, listener)
  return () => target.removeEventListener(event, listener)
}

/**
 * What a page knows of its own end: for `createAgentStore({ lifecycle })`, so that the last words before a reload are
 * saved too. On a server it tells nothing.
 */
export const pageLifecycle: Lifecycle = {
  onHide(listener) {
    if (typeof document === 'undefined' || typeof window === 'undefined') return () => {}
    const page = document
    const hidden = on(page, 'visibilitychange', () => page.hidden && listener())
    // A page in the background may be thrown away without another word.
    const gone = on(window, 'pagehide', listener)
    return () => {
      hidden()
      gone()
    }
  },
  onWake(listener) {
    if (typeof document === 'undefined') return () => {}
    const page = document
    return on(page, 'visibilitychange', () => !page.hidden && listener())
  },
}
