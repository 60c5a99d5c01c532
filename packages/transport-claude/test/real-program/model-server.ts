import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { field, listField, textField } from '@agent-session/core/transport'

/** One block of an answer; `pause`: ms until the next; `hang`: nothing more comes; `cut`: the connection breaks. */
export type ModelBlock =
  | { readonly text: string }
  | { readonly thinking: string }
  | { readonly tool: string; readonly input: unknown }
  | { readonly pause: number }
  | { readonly hang: true }
  | { readonly cut: true }

/** An answer of the model, or an error of its API. */
export type ModelStep = readonly ModelBlock[] | { readonly status: number; readonly type: string; readonly message: string }

/** What the model says to a prompt that has `match` in it: one step after another, the last one again and again. */
export interface Scenario {
  readonly match: RegExp
  readonly steps: readonly ModelStep[]
}

export interface ModelServer {
  readonly url: string
  /** The bodies of the requests, in their order. */
  readonly requests: readonly unknown[]
  close(): Promise<void>
}

/**
 * A model that says what a script tells it, on loopback, over the Anthropic Messages API. It keeps no state: which step
 * is due is counted from the request, so that retries and sessions at the same time do not disturb each other.
 */
export async function startModelServer(scenarios: readonly Scenario[]): Promise<ModelServer> {
  const requests: unknown[] = []
  let made = 0
  const server: Server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (request.method === 'HEAD') return response.end()
      if (!(request.url ?? '').includes('/v1/messages')) return json(response, 404, { type: 'error', error: { type: 'not_found_error', message: 'no such route' } })
      if ((request.url ?? '').includes('count_tokens')) return json(response, 200, { input_tokens: 1_000 })
      requests.push(body)
      made += 1
      return answer(response, body, stepFor(scenarios, body), `msg_${made}_${Math.random().toString(16).slice(2)}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('The model server has no port')
  return address.port
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : JSON.parse(text)
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_scripted' })
  response.end(JSON.stringify(body))
}

const wordsOf = (content: unknown): string =>
  typeof content === 'string' ? content : Array.isArray(content) ? content.map((block) => textField(block, 'text') ?? '').join('\n') : ''

/** The newest prompt that a scenario knows decides, and how often the model has answered since. */
function stepFor(scenarios: readonly Scenario[], body: unknown): ModelStep {
  const messages = listField(body, 'messages')
  // Requests without tools are the program's own: titles, summaries.
  if (listField(body, 'tools').length === 0) return [{ text: 'A summary.' }]
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const words = field(messages[index], 'role') === 'user' ? wordsOf(field(messages[index], 'content')) : ''
    const scenario = scenarios.find(({ match }) => match.test(words))
    if (scenario === undefined) continue
    const said = messages.slice(index + 1).filter((message) => field(message, 'role') === 'assistant').length
    return scenario.steps[Math.min(said, scenario.steps.length - 1)] ?? []
  }
  return [{ text: 'OK.' }]
}

async function answer(response: ServerResponse, body: unknown, step: ModelStep, id: string): Promise<void> {
  if ('status' in step) return json(response, step.status, { type: 'error', error: { type: step.type, message: step.message } })
  const usage = { input_tokens: 100, output_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 50 }
  const model = textField(body, 'model') ?? ''
  const stop = step.some((block) => 'tool' in block) ? 'tool_use' : 'end_turn'
  const toolId = (index: number): string => `toolu_${id}_${index}`
  const message = { id, type: 'message', role: 'assistant', model, content: [] as unknown[], stop_reason: null as string | null, stop_sequence: null, usage }
  if (field(body, 'stream') !== true) {
    const content = step.flatMap((block, index): unknown[] =>
      'text' in block ? [{ type: 'text', text: block.text }] : 'tool' in block ? [{ type: 'tool_use', id: toolId(index), name: block.tool, input: block.input }] : [],
    )
    return json(response, 200, { ...message, content, stop_reason: stop })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_scripted' })
  const send = (type: string, more: object): void => void response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`)
  send('message_start', { message: { ...message, usage: { ...usage, output_tokens: 1 } } })
  for (const [index, block] of step.entries()) {
    if ('hang' in block) return
    if ('cut' in block) return void response.destroy()
    if ('pause' in block) {
      await new Promise((resolve) => setTimeout(resolve, block.pause))
      continue
    }
    const [start, ...deltas] = parts(block, toolId(index))
    send('content_block_start', { index, content_block: start })
    for (const delta of deltas) send('content_block_delta', { index, delta })
    const next = step[index + 1]
    // What is cut off has no end.
    if (next !== undefined && ('hang' in next || 'cut' in next)) continue
    send('content_block_stop', { index })
  }
  send('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage })
  send('message_stop', {})
  response.end()
}

function parts(block: Exclude<ModelBlock, { hang: true } | { cut: true } | { pause: number }>, toolId: string): unknown[] {
  if ('text' in block) return [{ type: 'text', text: '' }, ...halves(block.text).map((text) => ({ type: 'text_delta', text }))]
  if ('thinking' in block) {
    return [{ type: 'thinking', thinking: '', signature: '' }, ...halves(block.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })), { type: 'signature_delta', signature: 'c2lnbmVk' }]
  }
  return [{ type: 'tool_use', id: toolId, name: block.tool, input: {} }, ...halves(JSON.stringify(block.input)).map((partial_json) => ({ type: 'input_json_delta', partial_json }))]
}

const halves = (text: string): string[] => [text.slice(0, Math.ceil(text.length / 2)), text.slice(Math.ceil(text.length / 2))].filter((half) => half !== '')
