import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server does with one request for a reply. */
export interface Step {
  /** Lines, each a value that is written as JSON, or a string that is written as it is. */
  readonly lines?: readonly unknown[]
  /** After the lines: the connection breaks, or nothing more comes. Default: the answer ends. */
  readonly after?: 'cut' | 'hang' | 'flood'
  /** Instead of an answer. */
  readonly fails?: { readonly status: number; readonly body: string; readonly type?: string }
  /** The connection breaks before any answer. */
  readonly hangsUp?: true
}

export interface ScriptedServer {
  readonly host: string
  /** The bodies of the requests for replies, in their order. */
  readonly asked: readonly unknown[]
  /** Connections of replies that were closed by the client before they ended. */
  readonly abandoned: number
  /** Replies that are still being given, one text each; looked at once what was closed has arrived. */
  repliesUnderWay(): Promise<readonly string[]>
  close(): Promise<void>
}

export interface Script {
  /** In their order, the last one again and again; or by what is asked. */
  readonly steps: readonly Step[] | ((body: unknown) => Step)
  readonly models?: readonly unknown[]
  /** By name, what `show` says; others are not found. */
  readonly shown?: Readonly<Record<string, unknown>>
}

export const demoModel = { name: 'demo:1b', model: 'demo:1b', details: { parameter_size: '1.0B', quantization_level: 'Q4_K_M' } }

/** A reply in Ollama's form: its pieces, then the counts. */
export function reply(pieces: readonly (string | object)[], end: object = {}): unknown[] {
  const said = pieces.map((piece) => ({ model: 'demo:1b', message: { role: 'assistant', content: '', ...(typeof piece === 'string' ? { content: piece } : piece) }, done: false }))
  const done = { model: 'demo:1b', message: { role: 'assistant', content: '' }, done_reason: 'stop', done: true, total_duration: 2_000_000_000, load_duration: 500_000_000, prompt_eval_count: 100, prompt_eval_duration: 250_000_000, eval_count: 10, eval_duration: 1_000_000_000, ...end }
  return [...said, done]
}

export const toolCall = (name: string, input: unknown, id?: string): object => ({ tool_calls: [{ ...(id !== undefined && { id }), function: { name, arguments: input } }] })

/** A server on loopback that speaks Ollama's HTTP API, as far as it is used, and says what it is told to. */
export async function scriptedServer({ steps, models = [demoModel], shown = { 'demo:1b': { capabilities: ['completion', 'tools', 'thinking', 'vision'] } } }: Script): Promise<ScriptedServer> {
  const asked: unknown[] = []
  let abandoned = 0
  const underWay = new Set<ServerResponse>()
  const json = (response: ServerResponse, status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  const chat = (body: unknown, response: ServerResponse): void => {
    const { lines = [], after, fails, hangsUp } = (typeof steps === 'function' ? steps(body) : steps[Math.min(asked.length, steps.length - 1)]) ?? {}
    asked.push(body)
    if (hangsUp) return void response.destroy()
    if (fails) return void response.writeHead(fails.status, { 'content-type': fails.type ?? 'application/json' }).end(fails.body)
    underWay.add(response)
    response.on('close', () => {
      underWay.delete(response)
      if (!response.writableEnded && after !== 'cut') abandoned += 1
    })
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    const text = lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join('')
    response.write(text, () => {
      if (after === 'cut') response.destroy()
      else if (after === 'flood') flood(response)
      else if (after === undefined) response.end()
    })
  }
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (request.url === '/api/chat') return chat(body, response)
      if (request.url === '/api/version') return json(response, 200, { version: '0.12.0' })
      if (request.url === '/api/tags') return json(response, 200, { models })
      if (request.url !== '/api/show') return json(response, 404, { error: 'no such route' })
      const name = String(Reflect.get(Object(body), 'model'))
      return Object.hasOwn(shown, name) ? json(response, 200, shown[name]) : json(response, 404, { error: `model '${name}' not found` })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `http://127.0.0.1:${port}`,
    asked,
    get abandoned() {
      return abandoned
    },
    async repliesUnderWay() {
      // A connection that was closed on one side of loopback is closed on the other some turns of the event loop later.
      for (let turn = 0; turn < 200 && underWay.size > 0; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      return [...underWay].map(() => 'a reply')
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
  const line = `${JSON.stringify({ model: 'demo:1b', message: { role: 'assistant', content: 'more ' }, done: false })}\n`.repeat(100)
  const pour = (): void => {
    if (response.destroyed) return
    if (response.write(line)) setImmediate(pour)
    else response.once('drain', pour)
  }
  pour()
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : JSON.parse(text)
}
