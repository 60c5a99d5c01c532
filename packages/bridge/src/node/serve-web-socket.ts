import { once } from 'node:events'
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { AgentSessionError, systemClock, within, type AgentStore, type Clock } from '@agent-session/core'
import { WebSocketServer, type WebSocket } from 'ws'
import { serveAgentStore, type ServeOptions } from '../serve-agent-store.ts'
import { subprotocol } from '../protocol/socket-line.ts'
import { isLoopback, loopbackNames, pathOf, reject, withPort, type AdmissionRules } from './admission.ts'
import { socketChannel } from './socket-channel.ts'

/** How long clients are given to say goodbye. */
const closeMs = 1_000

export interface ServeWebSocketOptions extends Omit<ServeOptions, 'clock'> {
  readonly store: AgentStore
  /** The secret of this launch: `createLaunchToken()`. At least 16 letters, digits, `-` or `_`. */
  readonly token: string
  /** An HTTP server to share, listening or about to; it stays the caller's. Absent: one of its own. */
  readonly server?: Server
  /** Where its own server listens. Default `127.0.0.1`; anything else opens the host to others, so say why to yourself. */
  readonly host?: string
  /** Default 0: any that is free. */
  readonly port?: number
  /** Default `/agent-session`. */
  readonly path?: string
  /** The pages that may connect, such as `http://localhost:5173`. Absent: those of this very host and port. */
  readonly allowedOrigins?: readonly string[]
  /** Names with port by which it may be called, such as `box.local:8123`, beside the loopback ones. */
  readonly allowedHosts?: readonly string[]
  /** Bytes of one message of a client. Default 16 MiB: prompts may carry images. */
  readonly maxPayloadBytes?: number
  /** Default 64. */
  readonly maxClients?: number
  /** Bytes that may wait for one client; one that lets more gather is cut off, and may come back. Default 64 MiB. */
  readonly maxUnreadBytes?: number
  /** Ms between the signs of life that each client is asked for. Default 30 s. */
  readonly heartbeatMs?: number
  /** Somebody was not let in. Absent: not told. */
  readonly onRejected?: (reason: string) => void
  readonly clock?: Clock
}

export interface ServedWebSocket {
  readonly port: number
  /** Where to connect, without the token. */
  readonly url: string
  /** Takes no more clients and lets go of those that are there; ends the server if it is its own. The store goes on. */
  close(): Promise<void>
}

/**
 * Serves a store to any number of windows over WebSocket. Only who knows the launch token, calls this host by a name
 * of its own and comes from an allowed page is let in; anybody else gets a bare 401, 403 or 404. Rejects with
 * `invalid-argument` for a weak token, and as the server does where the port cannot be had.
 */
export async function serveWebSocket(options: ServeWebSocketOptions): Promise<ServedWebSocket> {
  const { token, host = '127.0.0.1', port = 0, path = '/agent-session' } = options
  const { maxPayloadBytes = 16 * 1024 * 1024, maxClients = 64, clock = systemClock } = options
  if (!/^[A-Za-z0-9_-]{16,}$/.test(token)) {
    throw new AgentSessionError('invalid-argument', 'A launch token is at least 16 letters, digits, "-" or "_": take createLaunchToken().')
  }
  const server = options.server ?? createServer((_request, response) => void response.writeHead(404).end())
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  })

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Not ours to end when a page's own server has other sockets, such as a bundler's.
    if (options.server && server.listenerCount('upgrade') > 1 && pathOf(request) !== path) return
    socket.on('error', () => socket.destroy())
    const rejection = reject(request, rulesOf(server, options, path))
    if (rejection === undefined && sockets.clients.size < maxClients) {
      return sockets.handleUpgrade(request, socket, head, (client) => void serveClient(client, options, clock))
    }
    options.onRejected?.(rejection?.reason ?? `there are ${maxClients} clients already`)
    refuse(socket, rejection?.status ?? 503)
  }
  server.on('upgrade', onUpgrade)
  if (!options.server) server.listen(port, host)
  // Rejects with the server's own error where it cannot listen.
  if (!server.listening) await once(server, 'listening')

  const bound = addressOf(server)
  return {
    port: bound.port,
    url: `ws://${nameOf(bound)}:${bound.port}${path}`,
    async close() {
      server.off('upgrade', onUpgrade)
      const closing = [...sockets.clients].map((client) => {
        client.close(1001, 'the host is going away')
        return once(client, 'close')
      })
      await within(clock, closeMs, Promise.allSettled(closing))
      for (const client of sockets.clients) client.terminate()
      if (options.server) return
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function serveClient(client: WebSocket, options: ServeWebSocketOptions, clock: Clock): void {
  const { store, heartbeatMs = 30_000, maxUnreadBytes = 64 * 1024 * 1024, pageSize, maxBufferedBytes, onError } = options
  const stop = serveAgentStore(store, socketChannel(client, maxUnreadBytes), {
    clock,
    ...(pageSize !== undefined && { pageSize }),
    ...(maxBufferedBytes !== undefined && { maxBufferedBytes }),
    ...(onError && { onError }),
  })
  let heard = true
  let timer: unknown
  const beat = (): void => {
    if (!heard) return client.terminate()
    heard = false
    client.ping()
    timer = clock.setTimeout(beat, heartbeatMs)
  }
  const onSign = (): void => void (heard = true)
  timer = clock.setTimeout(beat, heartbeatMs)
  client.on('pong', onSign).on('message', onSign)
  client.on('close', () => {
    clock.clearTimeout(timer)
    stop()
  })
  // A frame that is too long or malformed ends its own connection; a close follows.
  client.on('error', (cause) => onError?.(new AgentSessionError('disconnected', `A client's connection failed: ${cause.message}`, { cause })))
}

/** Taken anew for each client: a shared server may have been given its port after this was called. */
function rulesOf(server: Server, options: ServeWebSocketOptions, path: string): AdmissionRules {
  const bound = addressOf(server)
  const own = isLoopback(bound.address) ? [nameOf(bound)] : []
  const names = withPort([...loopbackNames, ...own], bound.port)
  const origins = options.allowedOrigins ?? [...names, ...(options.allowedHosts ?? [])].map((name) => `http://${name}`)
  return {
    path,
    token: options.token,
    hosts: lowerCase([...names, ...(options.allowedHosts ?? [])]),
    origins: lowerCase(origins),
  }
}

const lowerCase = (words: readonly string[]): ReadonlySet<string> => new Set(words.map((word) => word.toLowerCase()))

/** Nothing but the status; the socket is gone before anything could be said on it. */
function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') {
    throw new AgentSessionError('invalid-argument', 'The server does not listen on a port.')
  }
  return address
}

const nameOf = ({ address, family }: AddressInfo): string => {
  if (isLoopback(address)) return family === 'IPv6' ? `[${address}]` : address
  return address === '::' || address === '0.0.0.0' ? 'localhost' : address
}
