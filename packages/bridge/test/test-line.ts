import type { Channel } from '@agent-session/core'
import type { Line, LineChannel } from '../src/line-channel.ts'

type Direction = 'toHost' | 'toMirror'

/**
 * Both ends of a line in one process. Everything travels as JSON, as on a socket. By default a packet arrives in the
 * next microtask; `held` keeps packets until they are delivered one by one, so that a test may lose, repeat and swap them.
 */
export interface TestLine {
  /** The end of the host that serves now. */
  readonly host: Channel
  readonly mirror: LineChannel
  held: boolean
  readonly waiting: Readonly<Record<Direction, readonly string[]>>
  /** All that was ever posted, as sent. */
  readonly sent: Readonly<Record<Direction, readonly Record<string, unknown>[]>>
  /** Delivers one that waits, by its place; `keep` leaves it there, to come again. */
  deliver(direction: Direction, index?: number, keep?: boolean): void
  drop(direction: Direction, index?: number): void
  deliverAll(): Promise<void>
  /** Says to the mirror what no host of ours would. */
  inject(direction: Direction, data: unknown): void
  down(reason?: string): void
  up(): void
}

export function createTestLine(): TestLine {
  const listeners: Record<Direction, Set<(data: unknown) => void>> = { toHost: new Set(), toMirror: new Set() }
  const waiting: Record<Direction, string[]> = { toHost: [], toMirror: [] }
  const sent: Record<Direction, Record<string, unknown>[]> = { toHost: [], toMirror: [] }
  const lineListeners = new Set<(line: Line) => void>()
  let line: Line = 'up'
  let reason: string | undefined

  function take(direction: Direction, text: string | undefined): void {
    if (text === undefined) return
    for (const listener of listeners[direction]) listener(JSON.parse(text))
  }

  function post(direction: Direction, data: unknown): void {
    if (line !== 'up') return
    const text = JSON.stringify(data)
    sent[direction].push(JSON.parse(text))
    waiting[direction].push(text)
    if (!api.held) queueMicrotask(() => !api.held && api.deliver(direction))
  }

  const subscribe = (direction: Direction) => (listener: (data: unknown) => void) => {
    listeners[direction].add(listener)
    return () => void listeners[direction].delete(listener)
  }

  function turn(to: Line): void {
    line = to
    waiting.toHost.length = 0
    waiting.toMirror.length = 0
    for (const listener of lineListeners) listener(to)
  }

  const api: TestLine = {
    held: false,
    host: { post: (data) => post('toMirror', data), subscribe: subscribe('toHost') },
    mirror: {
      get line() {
        return line
      },
      get reason() {
        return reason
      },
      post: (data) => post('toHost', data),
      subscribe: subscribe('toMirror'),
      onLine(listener) {
        lineListeners.add(listener)
        return () => void lineListeners.delete(listener)
      },
      close: () => turn('ended'),
    },
    waiting,
    sent,
    deliver: (direction, index = 0, keep = false) => {
      const text = waiting[direction][index]
      if (!keep) waiting[direction].splice(index, 1)
      take(direction, text)
    },
    drop: (direction, index = 0) => void waiting[direction].splice(index, 1),
    async deliverAll() {
      for (let rounds = 0; rounds < 1_000; rounds += 1) {
        await new Promise((resolve) => setTimeout(resolve, 0))
        if (waiting.toHost.length + waiting.toMirror.length === 0) return
        while (waiting.toHost.length > 0) api.deliver('toHost')
        while (waiting.toMirror.length > 0) api.deliver('toMirror')
      }
      throw new Error('The two ends never stop talking.')
    },
    inject: (direction, data) => take(direction, JSON.stringify(data)),
    down(given) {
      reason = given
      turn('down')
    },
    up() {
      reason = undefined
      turn('up')
    },
  }
  return api
}

/** The same line as a channel that knows nothing of itself: a MessagePort, an IPC. */
export const plain = ({ post, subscribe }: Channel): Channel => ({ post, subscribe })
