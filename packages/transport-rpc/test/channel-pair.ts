import type { Channel } from '@agent-session/core'
import { overTheWire } from './desktop-rpc.ts'

/** Both ends of a channel in one process; all travels as JSON. */
export function channelPair(): { readonly host: Channel; readonly page: Channel; readonly listeners: { readonly host: number; readonly page: number } } {
  const [hostListeners, pageListeners] = [new Set<(data: unknown) => void>(), new Set<(data: unknown) => void>()]
  const end = (own: Set<(data: unknown) => void>, other: Set<(data: unknown) => void>): Channel => ({
    post(data) {
      const sent = overTheWire(data)
      queueMicrotask(() => {
        for (const listener of other) listener(sent)
      })
    },
    subscribe(listener) {
      own.add(listener)
      return () => void own.delete(listener)
    },
  })
  return {
    host: end(hostListeners, pageListeners),
    page: end(pageListeners, hostListeners),
    listeners: {
      get host() {
        return hostListeners.size
      },
      get page() {
        return pageListeners.size
      },
    },
  }
}
