import type { SocketConstructor, SocketLike } from '../src/index.ts'

type Events = {
  open: () => void
  error: () => void
  message: (event: { data: unknown }) => void
  close: (event: { code: number; reason: string }) => void
}

/** A WebSocket whose far side is the test. */
export class ScriptedSocket implements SocketLike {
  readonly url: string
  readonly protocols: readonly string[]
  readonly sent: string[] = []
  closed = false
  readonly #listeners: { [Event in keyof Events]: Events[Event][] } = { open: [], error: [], message: [], close: [] }

  constructor(url: string, protocols: readonly string[]) {
    this.url = url
    this.protocols = protocols
  }

  send(data: string): void {
    this.sent.push(data)
  }

  close(): void {
    this.closed = true
  }

  addEventListener<Event extends keyof Events>(type: Event, listener: Events[Event]): void {
    this.#listeners[type].push(listener)
  }

  opens(): void {
    for (const listener of this.#listeners.open) listener()
  }

  says(data: unknown): void {
    for (const listener of this.#listeners.message) listener({ data })
  }

  ends(code = 1006, reason = ''): void {
    for (const listener of this.#listeners.error) listener()
    for (const listener of this.#listeners.close) listener({ code, reason })
  }
}

/** Makes them, and remembers each. */
export function scriptedSockets(): { readonly made: readonly ScriptedSocket[]; readonly last: ScriptedSocket; readonly WebSocket: SocketConstructor } {
  const made: ScriptedSocket[] = []
  return {
    made,
    get last() {
      const last = made.at(-1)
      if (last === undefined) throw new Error('No socket was made.')
      return last
    },
    WebSocket: class extends ScriptedSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        made.push(this)
      }
    },
  }
}
