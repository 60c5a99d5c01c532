import type { ConnectTrouble, WebSocketChannel } from '@agent-session/bridge'
import type { AgentStore, Connection, Lifecycle } from '@agent-session/core'
import { HostUnreachable, TokenRefused, type HostClient } from './host-client.ts'
import { formatTime } from './text/format.ts'

/** What may have cut the line, or mended it: the page was frozen or hidden, the network went or came back. */
export const lineLifecycle: Pick<Lifecycle, 'onWake'> = {
  onWake(listener) {
    const ending = new AbortController()
    const { signal } = ending
    document.addEventListener('visibilitychange', () => !document.hidden && listener(), { signal })
    document.addEventListener('resume', listener, { signal })
    window.addEventListener('online', listener, { signal })
    window.addEventListener('offline', listener, { signal })
    return () => ending.abort()
  },
}

/** Why a connection did not come about: a WebSocket does not tell a page, an answer to a question does. */
export async function findTrouble(client: HostClient): Promise<ConnectTrouble> {
  try {
    await client.info()
    return { reason: 'The host answers, and takes no more windows.' }
  } catch (thrown) {
    if (thrown instanceof TokenRefused) return { reason: thrown.message, final: true }
    return { reason: thrown instanceof HostUnreachable ? thrown.message : 'Something else than the console answers at this address.' }
  }
}

/** How the line to the host stands, for people; the mirror mends it by itself where it can. Make it while a component initialises. */
export class HostLink {
  readonly #channel: WebSocketChannel
  #connection = $state.raw<Connection>({ state: 'connected' })
  #line = $state.raw<{ readonly is: WebSocketChannel['line']; readonly since: number; readonly nextAttemptAt: number | undefined }>({ is: 'up', since: 0, nextAttemptAt: undefined })

  constructor(store: AgentStore, channel: WebSocketChannel) {
    this.#channel = channel
    $effect(() => {
      const takeLine = (): void => {
        this.#line = { is: channel.line, since: channel.since, nextAttemptAt: channel.nextAttemptAt }
      }
      const take = (connection: Connection): void => {
        this.#connection = connection
      }
      takeLine()
      take(store.connection)
      const ends = [store.on('connection', take), channel.onLine(takeLine)]
      return () => ends.forEach((end) => end())
    })
  }

  /** In one sentence or two; `undefined` while all is well. */
  get trouble(): string | undefined {
    const { state, error } = this.#connection
    if (state === 'connected') return undefined
    if (this.#line.is === 'up') return error === undefined ? 'Connection lost, reconnecting…' : `Connection lost: ${error}`
    return `Connection lost at ${formatTime(this.#line.since)}. ${error ?? ''}`
  }

  /** The same in parts; `undefined` while the line is up. */
  get away(): { readonly since: number; readonly why: string; readonly forGood: boolean; readonly nextAttemptAt: number | undefined } | undefined {
    const { is, since, nextAttemptAt } = this.#line
    if (is === 'up' || this.#connection.state === 'connected') return undefined
    return { since, why: this.#connection.error ?? '', forGood: is === 'ended', nextAttemptAt }
  }

  /** Makes the next attempt at once. */
  tryNow(): void {
    this.#channel.retry()
  }
}
