import type { AgentStore, Connection } from '@agent-session/core'
import { TokenRefused, type HostClient } from './host-client.ts'

const retryMs = 2_000

/**
 * How the line to the host stands. The mirror mends it by itself; what it cannot mend is a host that was started anew,
 * for then this tab's token is an old one. Make it while a component initialises.
 */
export class HostLink {
  #connection = $state.raw<Connection>({ state: 'connected' })
  #startedAnew = $state(false)

  constructor(store: AgentStore, client: HostClient) {
    $effect(() => {
      let timer: ReturnType<typeof setTimeout> | undefined
      let over = false
      const ask = async (): Promise<void> => {
        timer = undefined
        const refused = await client.info().then(
          () => false,
          (thrown: unknown) => thrown instanceof TokenRefused,
        )
        if (over) return
        this.#startedAnew = refused
        if (!refused) watch()
      }
      const watch = (): void => {
        if (this.#connection.state === 'connected') clearTimeout(timer)
        else timer ??= setTimeout(() => void ask(), retryMs)
      }
      const take = (connection: Connection): void => {
        this.#connection = connection
        watch()
      }
      take(store.connection)
      const unsubscribe = store.on('connection', take)
      return () => {
        over = true
        clearTimeout(timer)
        unsubscribe()
      }
    })
  }

  /** For people; `undefined` while all is well. */
  get trouble(): string | undefined {
    if (this.#startedAnew) return 'Connection lost: the host was started anew. Open the address that it printed.'
    switch (this.#connection.state) {
      case 'connected':
        return undefined
      case 'reconnecting':
        return 'Connection lost, reconnecting…'
      case 'disconnected':
        return `Connection lost: ${this.#connection.error ?? 'the host has gone.'}`
    }
  }
}
