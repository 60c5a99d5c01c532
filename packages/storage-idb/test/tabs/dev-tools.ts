/** The browser's DevTools protocol: commands, and events of the pages that were attached to. */
export interface DevTools {
  /** Rejects with what the browser says, and when it is gone. Without a session it is the browser itself that is asked. */
  send(method: string, parameters?: object, sessionId?: string): Promise<Readonly<Record<string, unknown>>>
  /** All events of one session. */
  listen(sessionId: string, listener: (method: string, parameters: Readonly<Record<string, unknown>>) => void): void
}

interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string }
}

export async function connectDevTools(address: string): Promise<DevTools> {
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`${address} does not answer.`)))
  })
  const calls = new Map<number, { resolve(result: Readonly<Record<string, unknown>>): void; reject(error: Error): void }>()
  const listeners = new Map<string, (method: string, parameters: Readonly<Record<string, unknown>>) => void>()
  let lastId = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, sessionId, method, params = {}, result = {}, error }: Message = JSON.parse(String(data))
    if (method !== undefined) return listeners.get(sessionId ?? '')?.(method, params)
    const call = calls.get(id ?? 0)
    calls.delete(id ?? 0)
    if (error) call?.reject(new Error(error.message))
    else call?.resolve(result)
  })
  socket.addEventListener('close', () => {
    for (const { reject } of calls.values()) reject(new Error('The browser is gone.'))
    calls.clear()
  })
  return {
    send: (method, parameters = {}, sessionId) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== WebSocket.OPEN) return reject(new Error('The browser is gone.'))
        calls.set((lastId += 1), { resolve, reject })
        socket.send(JSON.stringify({ id: lastId, method, params: parameters, ...(sessionId !== undefined && { sessionId }) }))
      }),
    listen: (sessionId, listener) => void listeners.set(sessionId, listener),
  }
}
