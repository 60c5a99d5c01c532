import type { AgentRpc, AgentRpcHandlers, AgentRpcPage, EventName } from '../src/index.ts'

type Handler = (params: unknown) => unknown

/** Both ends of the RPC of a desktop window, with the habits of Electrobun's: all travels as JSON, a failure as its words alone. */
export interface DesktopRpc {
  readonly page: AgentRpc & Required<Pick<AgentRpc, 'removeMessageListener'>>
  readonly host: AgentRpcPage
  /** Events as no host of ours would send them. */
  tell(name: EventName, payload: unknown): void
  /** All requests that were made, in order. */
  readonly asked: readonly { readonly name: string; readonly params: unknown }[]
  /** How many requests wait, and listeners listen. */
  readonly held: readonly string[]
}

export function desktopRpc(handlers: Partial<Record<keyof AgentRpcHandlers, Handler>> | AgentRpcHandlers): DesktopRpc {
  const listeners = new Map<string, Set<(payload: unknown) => void>>()
  const asked: { name: string; params: unknown }[] = []
  let waiting = 0

  async function request(name: string, params: unknown): Promise<unknown> {
    asked.push({ name, params: overTheWire(params) })
    const handler: unknown = Reflect.get(handlers, name)
    waiting += 1
    try {
      await Promise.resolve()
      if (typeof handler !== 'function') throw new Error(`The requested method has no handler: ${name}`)
      return overTheWire(await Reflect.apply(handler, handlers, [overTheWire(params)]))
    } catch (thrown) {
      // As over the wire: nothing of it but the words.
      return Promise.reject(new Error(thrown instanceof Error ? thrown.message : 'unknown'))
    } finally {
      waiting -= 1
    }
  }

  function tell(name: EventName, payload: unknown): void {
    const sent = overTheWire(payload)
    queueMicrotask(() => {
      for (const listener of listeners.get(name) ?? []) listener(sent)
    })
  }

  return {
    page: {
      request: new Proxy(request, {
        get: (target, name) => (name in target ? Reflect.get(target, name) : (params: unknown) => request(String(name), params)),
      }),
      addMessageListener: (name, listener) => void listeners.set(name, (listeners.get(name) ?? new Set()).add(listener)),
      removeMessageListener: (name, listener) => void listeners.get(name)?.delete(listener),
    },
    host: { send: tell },
    tell,
    asked,
    get held() {
      const listening = [...listeners.values()].reduce((sum, { size }) => sum + size, 0)
      return [...Array.from({ length: waiting }, () => 'a request'), ...Array.from({ length: listening }, () => 'a listener')]
    },
  }
}

export const overTheWire = (value: unknown): unknown => {
  const text = JSON.stringify(value)
  return text === undefined ? undefined : JSON.parse(text)
}
