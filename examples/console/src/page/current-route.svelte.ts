import { readRoute, type Route } from './route.ts'

let hash = $state(location.hash)

addEventListener('hashchange', () => (hash = location.hash))

/** Reactive. */
export const currentRoute = (): Route => readRoute(hash)

/** `replace`: the step back leads to where this one would. */
export function go(href: string, { replace = false } = {}): void {
  if (href === location.hash) return
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  hash = location.hash
}
