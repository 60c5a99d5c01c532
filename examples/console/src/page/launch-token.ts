import { tabStorage } from './page-storage.ts'

const key = 'agent-session-token'

/**
 * The token of this launch, from the address that the host printed. It stays in this tab alone, and leaves the address
 * bar at once: addresses are copied, shown and kept in histories.
 */
export function takeLaunchToken(): string | undefined {
  const given = /^#token=([\w.~-]+)/.exec(location.hash)?.[1]
  if (given !== undefined) {
    tabStorage.setItem(key, given)
    history.replaceState(null, '', location.pathname)
  }
  return tabStorage.getItem(key) ?? undefined
}
