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

/** Why no connection came about, as it was found out in another way: a WebSocket does not tell a page. */
export interface ConnectTrouble {
  /** For people. */
  readonly reason: string
  /** No attempt with this address and token can succeed any more: the line ends. Absent: it is tried again. */
  readonly final?: true
}

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
  /**
   * Asked after each attempt that failed before it was open, while the next one is waited for: by a `fetch` of the host, which
   * tells a refused token from a host that is gone. What it rejects with is passed over. Absent: `reason` says that it is not known.
   */
  readonly findTrouble?: () => Promise<ConnectTrouble | undefined>
  /** Bytes of one message that the host takes, as its `maxPayloadBytes`: a longer one is refused here. Default 16 MiB. */
  readonly maxMessageBytes?: number
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
  /** Epoch ms since when `line` is what it is. */
  readonly since: number
  /** Epoch ms of the next attempt; `undefined` where the line is up or has ended, and while an attempt is under way. */
  readonly nextAttemptAt: number | undefined
  /** Makes the next attempt at once; does nothing where none is waited for. */
  retry(): void
  /** Throws `invalid-argument` for a message that is longer than the host takes; nothing of it was sent. */
  post(data: unknown): void
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
    maxMessageBytes: 16 * 1024 * 1024,
    ...options,
    WebSocket,
  })
}

type Absent = 'token' | 'lifecycle' | 'findTrouble'
type Settings = Required<Omit<WebSocketChannelOptions, Absent>> & Pick<WebSocketChannelOptions, Absent>

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
  #since: number
  /** When the next attempt is due; absent while none is waited for. */
  #nextAttemptAt: number | undefined

  constructor(url: string, settings: Settings) {
    this.#url = url
    this.#settings = settings
    this.#since = settings.clock.now()
    this.#stopWaking = settings.lifecycle?.onWake(() => this.#woke())
    this.#connect()
  }

  get line(): Line {
    return this.#line
  }

  get reason(): string | undefined {
    return this.#reason
  }

  get since(): number {
    return this.#since
  }

  get nextAttemptAt(): number | undefined {
    return this.#nextAttemptAt
  }

  post(data: unknown): void {
    if (this.#line !== 'up') return
    const text = JSON.stringify(data)
    const most = this.#settings.maxMessageBytes
    // The host would end the connection for it, and nobody would know why.
    if (text.length * 3 > most && new TextEncoder().encode(text).length > most) {
      throw new AgentSessionError('invalid-argument', `This is too long for one message to the host: it takes ${most.toLocaleString('en-US')} bytes. Nothing was sent.`)
    }
    this.#socket?.send(text)
  }

  retry(): void {
    if (this.#nextAttemptAt === undefined) return
    this.#clearTimer()
    this.#connect()
    // Those who tell when the next attempt is due learn that it is made.
    this.#turn('down', this.#reason)
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
    if (this.#line !== 'ended') this.#end()
    this.#listeners.clear()
    this.#lineListeners.clear()
  }

  #end(reason?: string): void {
    this.#clearTimer()
    this.#nextAttemptAt = undefined
    this.#stopWaking?.()
    this.#letGo(1000, 'closed')
    this.#turn('ended', reason)
  }

  #connect(): void {
    const { WebSocket, token, connectTimeoutMs } = this.#settings
    this.#nextAttemptAt = undefined
    let socket: SocketLike
    try {
      socket = new WebSocket(this.#url, protocolsFor(token))
    } catch (thrown) {
      // An address or a token that no attempt could ever use.
      this.#turn('ended', thrown instanceof Error ? thrown.message : String(thrown))
      return
    }
    this.#socket = socket
    this.#setTimer(connectTimeoutMs, () => this.#lost('The host did not take the connection in time.', true))
    // F23: of an old connection nothing counts any more, whatever it still brings.
    const ifCurrent = (run: () => void) => (): void => void (this.#socket === socket && run())
    let opened = false
    socket.addEventListener('open', ifCurrent(() => {
      opened = true
      this.#opened()
    }))
    socket.addEventListener('message', (event) => ifCurrent(() => this.#received(event.data))())
    socket.addEventListener('close', (event) => ifCurrent(() => this.#lost(closeReason(event, opened), !opened))())
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
  #lost(reason: string, unopened = false): void {
    if (this.#line === 'ended') return
    this.#letGo(4000, 'given up')
    const { random, retryMinMs, retryMaxMs } = this.#settings
    const pause = backoffMs(this.#failures, random, { minMs: retryMinMs, maxMs: retryMaxMs })
    this.#failures += 1
    this.#nextAttemptAt = this.#settings.clock.now() + pause
    this.#setTimer(pause, () => {
      this.#connect()
      this.#turn('down', this.#reason)
    })
    // What is known is not taken back for what is not, while it is being found out anew.
    this.#turn('down', unopened && this.#settings.findTrouble && this.#reason !== undefined ? this.#reason : reason)
    if (unopened) void this.#findTrouble()
  }

  async #findTrouble(): Promise<void> {
    const failures = this.#failures
    // Whoever cannot find out knows no more than before.
    const trouble = await this.#settings.findTrouble?.().catch(() => undefined)
    // Of an attempt before the last nothing counts, and none where the line is up by now.
    if (trouble === undefined || this.#line !== 'down' || failures !== this.#failures) return
    if (trouble.final) this.#end(trouble.reason)
    else this.#turn('down', trouble.reason)
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
    else this.retry()
  }

  #turn(line: Line, reason?: string): void {
    if (line !== this.#line) this.#since = this.#settings.clock.now()
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

function closeReason({ code, reason }: { readonly code: number; readonly reason: string }, opened: boolean): string {
  if (reason !== '') return `The host ended the connection: ${reason}.`
  if (code === 1009) return 'The host refused a message as too long.'
  if (code !== 1006) return `The connection ended (${code}).`
  // A browser does not tell a page why a connection was refused.
  return opened ? 'The connection was lost.' : 'The host cannot be reached, or refuses this page.'
}
