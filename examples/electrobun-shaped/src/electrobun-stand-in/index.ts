// A stand-in for `electrobun/bun` and `electrobun/view`, so that this example runs in one test without the desktop program:
// as much of `defineRPC`, `BrowserWindow` and `Electroview` as the app uses, with the same shapes. Both processes are one,
// and what goes between them goes as JSON. A real app imports Electrobun and leaves this folder away.

type Requests = Record<string, { params: unknown; response: unknown }>
type Messages = Record<string, unknown>
interface Side {
  requests: Requests
  messages: Messages
}
interface Schema {
  bun: Side
  webview: Side
}

type Params<Given> = undefined extends Given ? [params?: Given] : [params: Given]
type RequestProxy<Asked extends Requests> = { [Name in keyof Asked]: (...params: Params<Asked[Name]['params']>) => Promise<Asked[Name]['response']> }
type Handlers<Own extends Requests> = { [Name in keyof Own]?: (...params: Params<Own[Name]['params']>) => Own[Name]['response'] | Promise<Own[Name]['response']> }

/** One end of the RPC between a window and the host process. */
export interface Rpc<Asked extends Requests, Sent extends Messages, Heard extends Messages> {
  readonly request: RequestProxy<Asked>
  send<Name extends keyof Sent>(name: Name, payload: Sent[Name]): void
  addMessageListener<Name extends keyof Heard>(name: Name, listener: (payload: Heard[Name]) => void): void
  removeMessageListener<Name extends keyof Heard>(name: Name, listener: (payload: Heard[Name]) => void): void
  /** The window's own business: where the packets go, and what takes those that come. */
  readonly line: Line
}

interface Config<Own extends Requests> {
  /** Ms that a request may take; Electrobun's default is one second. */
  readonly maxRequestTime?: number
  readonly handlers: { readonly requests?: Handlers<Own> }
}

interface Line {
  send: (text: string) => void
  receive(text: string): void
}

type Packet =
  | { readonly type: 'request'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly type: 'response'; readonly id: number; readonly success: boolean; readonly payload?: unknown; readonly error?: string }
  | { readonly type: 'message'; readonly id: string; readonly payload: unknown }

function defineRpc(requests: object, maxRequestTime = 1_000): Rpc<Requests, Messages, Messages> {
  const waiting = new Map<number, (packet: Packet & { type: 'response' }) => void>()
  const listeners = new Map<PropertyKey, Set<(payload: unknown) => void>>()
  let count = 0
  const line: Line = { send: () => {}, receive: (text) => void take(JSON.parse(text)) }
  const send = (packet: Packet): void => line.send(JSON.stringify(packet))

  async function take(packet: Packet): Promise<void> {
    if (packet.type === 'response') return waiting.get(packet.id)?.(packet)
    if (packet.type === 'message') return listeners.get(packet.id)?.forEach((listener) => listener(packet.payload))
    const { id, method, params } = packet
    try {
      const handler: unknown = Reflect.get(requests, method)
      if (typeof handler !== 'function') throw new Error(`The requested method has no handler: ${method}`)
      send({ type: 'response', id, success: true, payload: await Reflect.apply(handler, requests, [params]) })
    } catch (error) {
      send({ type: 'response', id, success: false, error: error instanceof Error ? error.message : String(error) })
    }
  }

  const ask = (method: string, params: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = (count += 1)
      const limit = Number.isFinite(maxRequestTime) ? setTimeout(() => reject(new Error('RPC request timed out.')), maxRequestTime) : undefined
      waiting.set(id, ({ success, payload, error }) => {
        clearTimeout(limit)
        waiting.delete(id)
        if (success) resolve(payload)
        else reject(new Error(error))
      })
      send({ type: 'request', id, method, params })
    })

  return {
    request: new Proxy({}, { get: (_, method) => (params: unknown) => ask(String(method), params) }),
    send: (name, payload) => send({ type: 'message', id: String(name), payload }),
    addMessageListener: (name, listener) => void listeners.set(name, (listeners.get(name) ?? new Set()).add(listener)),
    removeMessageListener: (name, listener) => void listeners.get(name)?.delete(listener),
    line,
  }
}

/** `electrobun/bun`: the host's end for one window. */
export const BrowserView = {
  defineRPC<App extends Schema>({ handlers, maxRequestTime }: Config<App['bun']['requests']>): Rpc<App['webview']['requests'], App['webview']['messages'], App['bun']['messages']> {
    // The schema is a matter of types alone, here as in Electrobun.
    return defineRpc(handlers.requests ?? {}, maxRequestTime) as Rpc<App['webview']['requests'], App['webview']['messages'], App['bun']['messages']>
  },
}

/** The page that is being loaded finds its window here; a real page has it as a global. */
let loading: Line | undefined

/** `electrobun/bun`: a window. */
export class BrowserWindow {
  readonly #line: Line
  #page = 0

  constructor({ rpc }: { readonly rpc: { readonly line: Line } }) {
    this.#line = rpc.line
  }

  /** Loads a page, or the same anew: what the one before it still says or waits for is nobody's any more. */
  load<Page>(page: () => Page): Page {
    const own = (this.#page += 1)
    const isShown = (): boolean => own === this.#page
    const pageLine: Line = {
      send: (text) => void setImmediate(() => isShown() && this.#line.receive(text)),
      receive: () => {},
    }
    this.#line.send = (text) => void setImmediate(() => isShown() && pageLine.receive(text))
    loading = pageLine
    try {
      return page()
    } finally {
      loading = undefined
    }
  }
}

/** `electrobun/view`: the page's end. */
export class Electroview {
  static defineRPC<App extends Schema>({ handlers, maxRequestTime }: Config<App['webview']['requests']>): Rpc<App['bun']['requests'], App['bun']['messages'], App['webview']['messages']> {
    return defineRpc(handlers.requests ?? {}, maxRequestTime) as Rpc<App['bun']['requests'], App['bun']['messages'], App['webview']['messages']>
  }

  constructor({ rpc }: { readonly rpc: { readonly line: Line } }) {
    if (loading === undefined) throw new Error('A page is loaded by a window.')
    rpc.line.send = loading.send
    loading.receive = (text) => rpc.line.receive(text)
  }
}
