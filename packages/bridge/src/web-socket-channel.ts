import { AgentSessionError, systemClock, type Clock, type Lifecycle } from '@agent-session/core'
import { backoffMs } from './backoff.ts'
import { random as systemRandom } from './defaults/random.ts'
import type { Line, LineChannel } from './line-channel.ts'
import { parsePlain } from './plain-data.ts'
import { heartbeat, protocolsFor } from './protocol/socket-line.ts'

/** What is used of a WebSocket: a browser's own, Node's, or that of `ws`. */
export interface SocketLike {
  send(data: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
}

export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike

export interface WebSocketChannelOptions {
  /** The host's launch token. It goes as a subprotocol, so that it stands in no URL and no log. Absent: the URL has it. */
  readonly token?: string
  /** Absent: the machine's own. */
  readonly clock?: Clock
  /** From 0 to below 1, for the jitter of attempts. Absent: `Math.random`. */
  readonly random?: () => number
  /** Absent: the global one. */
  readonly WebSocket?: SocketConstructor
  /** Where the surroundings know that the machine woke up: the next attempt, or a heartbeat, is made at once. */
  readonly lifecycle?: Pick<Lifecycle, 'onWake'>
  /** Ms that an attempt may take. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Ms of silence after which the host is asked for a sign of life. Default 15 s. */
  readonly heartbeatMs?: number
  /** Ms that the sign of life may take, until the line counts as dead. Default 10 s. */
  readonly heartbeatTimeoutMs?: number
  /** The pause after the first attempt that failed, doubled with each. Default 250 ms. */
  readonly retryMinMs?: number
  /** Default 15 s. */
  readonly retryMaxMs?: number
}

export interface WebSocketChannel extends LineChannel {
  close(): void
}

/**
 * A channel over a WebSocket that comes back by itself: with backoff and jitter, one attempt at a time, until
 * `close`. What is posted while it is down is dropped; what an old connection still brings is ignored.
 */
export function webSocketChannel(url: string | URL, options: WebSocketChannelOptions = {}): WebSocketChannel {
  const WebSocket = options.WebSocket ?? globalThis.WebSocket
  if (WebSocket === undefined) {
    throw new AgentSessionError('not-supported', 'There is no WebSocket here. Hand one in as the option `WebSocket`.')
  }
  return new SocketChannel(String(url), {
    clock: systemClock,
    random: systemRandom,
    connectTimeoutMs: 10_000,
    heartbeatMs: 15_000,
    heartbeatTimeoutMs: 10_000,
    retryMinMs: 250,
    retryMaxMs: 15_000,
    ...options,
    WebSocket,
  })
}

type Settings = Required<Omit<WebSocketChannelOptions, 'token' | 'lifecycle'>> & Pick<WebSocketChannelOptions, 'token' | 'lifecycle'>

class SocketChannel implements WebSocketChannel {
  readonly #url: string
  readonly #settings: Settings
  readonly #listeners = new Set<(data: unknown) => void>()
  readonly #lineListeners = new Set<(line: Line) => void>()
  readonly #stopWaking: (() => void) | undefined
  #line: Line = 'down'
  #reason: string | undefined
  #socket: SocketLike | undefined
  #failures = 0
  #timer: unknown
  #lastHeard = 0
  /** Whether there was a sign of life since it was last asked for. */
  #heard = false
  #waiting = false

  constructor(url: string, settings: Settings) {
    this.#url = url
    this.#settings = settings
    this.#stopWaking = settings.lifecycle?.onWake(() => this.#woke())
    this.#connect()
  }

  get line(): Line {
    return this.#line
  }

  get reason(): string | undefined {
    return this.#reason
  }

  post(data: unknown): void {
    if (this.#line === 'up') this.#socket?.send(JSON.stringify(data))
  }

  subscribe(listener: (data: unknown) => void): () => void {
    const own = (data: unknown): void => listener(data)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  onLine(listener: (line: Line) => void): () => void {
    const own = (line: Line): void => listener(line)
    this.#lineListeners.add(own)
    return () => void this.#lineListeners.delete(own)
  }

  close(): void {
    if (this.#line === 'ended') return
    this.#clearTimer()
    this.#stopWaking?.()
    this.#letGo(1000, 'closed')
    this.#turn('ended')
    this.#listeners.clear()
    this.#lineListeners.clear()
  }

  #connect(): void {
    const { WebSocket, token, connectTimeoutMs } = this.#settings
    this.#waiting = false
    let socket: SocketLike
    try {
      socket = new WebSocket(this.#url, protocolsFor(token))
    } catch (thrown) {
      // An address or a token that no attempt could ever use.
      this.#turn('ended', thrown instanceof Error ? thrown.message : String(thrown))
      return
    }
    this.#socket = socket
    this.#setTimer(connectTimeoutMs, () => this.#lost('The host did not take the connection in time.'))
    // F23: of an old connection nothing counts any more, whatever it still brings.
    const ifCurrent = (run: () => void) => (): void => void (this.#socket === socket && run())
    socket.addEventListener('open', ifCurrent(() => this.#opened()))
    socket.addEventListener('message', (event) => ifCurrent(() => this.#received(event.data))())
    socket.addEventListener('close', (event) => ifCurrent(() => this.#lost(closeReason(event)))())
    // A close follows each error, and says as much as may be known.
    socket.addEventListener('error', () => {})
  }

  #opened(): void {
    this.#lastHeard = this.#settings.clock.monotonic()
    this.#watch()
    this.#turn('up')
  }

  #received(data: unknown): void {
    this.#lastHeard = this.#settings.clock.monotonic()
    this.#heard = true
    // Not at the opening: a host that takes a connection and drops it at once is not to be asked in a tight circle.
    this.#failures = 0
    if (typeof data !== 'string' || data === heartbeat.answer) return
    let value: unknown
    try {
      value = parsePlain(data)
    } catch {
      return this.#lost('The host sent something that is no JSON.')
    }
    for (const listener of this.#listeners) listener(value)
  }

  /** One attempt after another, each after a pause. */
  #lost(reason: string): void {
    if (this.#line === 'ended') return
    this.#letGo(4000, 'given up')
    const { random, retryMinMs, retryMaxMs } = this.#settings
    const pause = backoffMs(this.#failures, random, { minMs: retryMinMs, maxMs: retryMaxMs })
    this.#failures += 1
    this.#waiting = true
    this.#setTimer(pause, () => this.#connect())
    this.#turn('down', reason)
  }

  #letGo(code: number, reason: string): void {
    const socket = this.#socket
    this.#socket = undefined
    try {
      socket?.close(code, reason)
    } catch {
      // One that never opened, or is closed already: there is nothing to end.
    }
  }

  /** A message moves a number; the one timer looks at it, and sets itself anew for what is left. */
  #watch(after = this.#settings.heartbeatMs): void {
    const { clock, heartbeatMs } = this.#settings
    this.#setTimer(after, () => {
      const silent = clock.monotonic() - this.#lastHeard
      if (silent < heartbeatMs) this.#watch(heartbeatMs - silent)
      else this.#beat()
    })
  }

  #beat(): void {
    this.#heard = false
    this.#socket?.send(heartbeat.question)
    this.#setTimer(this.#settings.heartbeatTimeoutMs, () => {
      if (this.#heard) this.#watch()
      else this.#lost('The line is dead: the host gives no sign of life.')
    })
  }

  #woke(): void {
    if (this.#line === 'up') this.#beat()
    else if (this.#waiting) {
      this.#clearTimer()
      this.#connect()
    }
  }

  #turn(line: Line, reason?: string): void {
    this.#line = line
    this.#reason = reason
    for (const listener of this.#lineListeners) listener(line)
  }

  #setTimer(ms: number, run: () => void): void {
    this.#clearTimer()
    this.#timer = this.#settings.clock.setTimeout(run, ms)
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

function closeReason({ code, reason }: { readonly code: number; readonly reason: string }): string {
  if (reason !== '') return `The host ended the connection: ${reason}.`
  // A browser does not tell a page why a connection was refused.
  return code === 1006 ? 'The host cannot be reached, or refuses this page.' : `The connection ended (${code}).`
}
