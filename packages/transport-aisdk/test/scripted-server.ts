import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server does with one request. */
export interface Step {
  /** Chunks, each a value that is written as one event, or a string or bytes that are written as they are. */
  readonly chunks?: readonly unknown[]
  /** After the chunks: `[DONE]` and the end (the default), the end alone, the connection breaks, nothing more, or more and more. */
  readonly after?: 'done' | 'end' | 'cut' | 'hang' | 'flood'
  /** Instead of a stream. */
  readonly says?: { readonly status: number; readonly body?: string; readonly type?: string }
  /** Nothing at all comes, not even the beginning of an answer. */
  readonly silent?: true
  /** The connection breaks before any answer. */
  readonly hangsUp?: true
  readonly type?: string
}

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export interface ScriptedServer {
  readonly api: string
  /** The requests, in their order. */
  readonly asked: readonly Asked[]
  /** Answers that were left by the client before they ended. */
  readonly abandoned: number
  /** Answers that are still being given, one text each; looked at once what was closed has arrived. */
  underWay(): Promise<readonly string[]>
  close(): Promise<void>
}

/** A text as a back end sends it. */
export const text = (words: readonly string[], id = 'txt-0'): unknown[] => [
  { type: 'text-start', id },
  ...words.map((delta) => ({ type: 'text-delta', id, delta })),
  { type: 'text-end', id },
]

/** A whole answer of one step. */
export const answer = (chunks: readonly unknown[], finish: object = { finishReason: 'stop' }): unknown[] => [
  { type: 'start' },
  { type: 'start-step' },
  ...chunks,
  { type: 'finish-step' },
  { type: 'finish', ...finish },
]

export const call = (toolName: string, input: unknown, toolCallId = 'call-1'): unknown[] => [
  { type: 'tool-input-start', toolCallId, toolName },
  { type: 'tool-input-delta', toolCallId, inputTextDelta: JSON.stringify(input) },
  { type: 'tool-input-available', toolCallId, toolName, input },
]

/** A server on loopback that says what it is told to: the steps in their order, the last one again and again; or by what is asked. */
export async function scriptedServer(steps: readonly Step[] | ((asked: Asked) => Step)): Promise<ScriptedServer> {
  const asked: Asked[] = []
  let abandoned = 0
  const underWay = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const one: Asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
      const { chunks = [], after = 'done', says, silent, hangsUp, type = 'text/event-stream' } = (typeof steps === 'function' ? steps(one) : steps[Math.min(asked.length, steps.length - 1)]) ?? {}
      asked.push(one)
      if (hangsUp) return void response.destroy()
      if (says) return void response.writeHead(says.status, { 'content-type': says.type ?? 'application/json' }).end(says.body)
      underWay.add(response)
      response.on('close', () => {
        underWay.delete(response)
        if (!response.writableEnded && after !== 'cut') abandoned += 1
      })
      if (silent) return
      response.writeHead(200, { 'content-type': type, 'x-vercel-ai-ui-message-stream': 'v1' })
      response.flushHeaders()
      for (const chunk of chunks) response.write(chunk instanceof Uint8Array ? chunk : typeof chunk === 'string' ? chunk : `data: ${JSON.stringify(chunk)}\n\n`)
      if (after === 'done') response.end('data: [DONE]\n\n')
      else if (after === 'end') response.end()
      // What was written is on its way first.
      else if (after === 'cut') response.write(': bye\n\n', () => setImmediate(() => response.destroy()))
      else if (after === 'flood') flood(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    api: `http://127.0.0.1:${port}/api/chat`,
    asked,
    get abandoned() {
      return abandoned
    },
    async underWay() {
      // A connection that was closed on one side of loopback is closed on the other some turns of the event loop later.
      for (let turn = 0; turn < 200 && underWay.size > 0; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      return [...underWay].map(() => 'an answer')
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One chunk after the other, as long as somebody reads. */
function flood(response: ServerResponse): void {
  const lines = `data: ${JSON.stringify({ type: 'text-delta', id: 'flood', delta: 'more ' })}\n\n`.repeat(100)
  const pour = (): void => {
    if (response.destroyed) return
    if (response.write(lines)) setImmediate(pour)
    else response.once('drain', pour)
  }
  pour()
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body === '' ? undefined : JSON.parse(body)
}
