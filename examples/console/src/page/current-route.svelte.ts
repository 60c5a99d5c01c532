import { readRoute, type Route } from './route.ts'

/** The address of a launch names nothing to show, and what it has in it is nobody's to see. */
const shownHash = (): string => (location.hash.startsWith('#token=') ? '' : location.hash)

let hash = $state(shownHash())

addEventListener('hashchange', () => (hash = shownHash()))

/** Reactive. */
export const currentRoute = (): Route => readRoute(hash)

/** `replace`: the step back leads to where this one would. */
export function go(href: string, { replace = false } = {}): void {
  if (href === location.hash) return
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  hash = location.hash
}
