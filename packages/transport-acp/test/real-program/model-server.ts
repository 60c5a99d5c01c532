import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { field, listField, textField } from '@agent-session/core/transport'

/** One block of an answer; `hang`: nothing more comes; `cut`: the connection breaks. */
export type ModelBlock =
  | { readonly text: string }
  | { readonly tool: string; readonly input: unknown; readonly namespace?: string }
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
  close(): Promise<void>
}

/** How one of the vendors' APIs asks and is answered. */
interface Dialect {
  readonly path: RegExp
  /** The messages of a request, oldest first. */
  messages(body: unknown): readonly unknown[]
  /** Whether the model said something in it, or a tool answered: where such a row ends a step has been given. */
  isStep(message: unknown): boolean
  /** What is asked without tools is the program's own business, such as a title. */
  isAside(body: unknown): boolean
  error(step: { readonly status: number; readonly type: string; readonly message: string }): object
  answer(response: ServerResponse, body: unknown, blocks: readonly ModelBlock[]): void
}

/**
 * A model that says what a script tells it, on loopback, over the APIs of Anthropic and OpenAI, the old one and the new.
 * It keeps no state: which step is due is counted from the request, so that retries and sub-agents do not disturb each
 * other.
 */
export async function startModelServer(scenarios: readonly Scenario[]): Promise<ModelServer> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const url = request.url ?? ''
      if (url.includes('count_tokens')) return json(response, 200, { input_tokens: 1_000 })
      if (url.endsWith('/models')) return json(response, 200, { object: 'list', data: [{ id: 'scripted', object: 'model' }] })
      const dialect = dialects.find(({ path }) => path.test(url))
      if (dialect === undefined) return json(response, 404, { error: { message: 'no such route' } })
      const step = dialect.isAside(body) ? [{ text: 'A title' }] : stepFor(scenarios, dialect.messages(body), dialect)
      if ('status' in step) return json(response, step.status, dialect.error(step))
      return dialect.answer(response, body, step)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The model server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : JSON.parse(text)
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** The words of a person; what programs say of their surroundings comes as a user's, too, and is left out. */
function wordsOf(message: unknown): string {
  if (field(message, 'role') !== 'user') return ''
  const content = field(message, 'content')
  const parts = typeof content === 'string' ? [content] : listField(message, 'content').map((part) => textField(part, 'text') ?? '')
  return parts.filter((part) => !/^\s*[<#]/.test(part)).join('\n')
}

function stepFor(scenarios: readonly Scenario[], messages: readonly unknown[], { isStep }: Dialect): ModelStep {
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const words = wordsOf(messages[at])
    // After an error two prompts may come as one message: the last of them is meant.
    const [scenario] = scenarios.filter(({ match }) => match.test(words)).sort((one, other) => words.search(other.match) - words.search(one.match))
    if (scenario === undefined) continue
    const after = messages.slice(at + 1)
    const given = after.filter((message, index) => isStep(message) && !isStep(after[index - 1])).length
    return scenario.steps[Math.min(given, scenario.steps.length - 1)] ?? []
  }
  return [{ text: 'OK.' }]
}

let made = 0
const nextId = (prefix: string): string => `${prefix}_scripted_${(made += 1)}_${process.pid}`

/** Gives block after block; false where the answer is not to be ended. */
function play(response: ServerResponse, blocks: readonly ModelBlock[], say: (block: Exclude<ModelBlock, { hang: true } | { cut: true }>, isOpen: boolean) => void): boolean {
  for (const [index, block] of blocks.entries()) {
    if ('hang' in block) return false
    if ('cut' in block) {
      // What was written has to be on its way before the connection breaks.
      response.write('', () => setImmediate(() => response.destroy()))
      return false
    }
    const next = blocks[index + 1]
    say(block, next !== undefined && ('hang' in next || 'cut' in next))
  }
  return true
}

const halves = (text: string): string[] => [text.slice(0, Math.ceil(text.length / 2)), text.slice(Math.ceil(text.length / 2))].filter((half) => half !== '')
const eventsOf = (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  return (type: string, more: object) => void response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`)
}

const anthropic: Dialect = {
  path: /\/v1\/messages(\?|$)/,
  messages: (body) => listField(body, 'messages'),
  isStep: (message) => field(message, 'role') === 'assistant',
  isAside: (body) => listField(body, 'tools').length === 0,
  error: ({ type, message }) => ({ type: 'error', error: { type, message } }),
  answer(response, body, blocks) {
    const send = eventsOf(response)
    const usage = { input_tokens: 100, cache_read_input_tokens: 50, cache_creation_input_tokens: 0, output_tokens: 10 }
    const stop_reason = blocks.some((block) => 'tool' in block) ? 'tool_use' : 'end_turn'
    send('message_start', { message: { id: nextId('msg'), type: 'message', role: 'assistant', model: textField(body, 'model'), content: [], stop_reason: null, stop_sequence: null, usage } })
    let index = 0
    const isOver = play(response, blocks, (block, isOpen) => {
      const content_block = 'text' in block ? { type: 'text', text: '' } : { type: 'tool_use', id: nextId('toolu'), name: block.tool, input: {} }
      send('content_block_start', { index, content_block })
      if ('text' in block) for (const text of halves(block.text)) send('content_block_delta', { index, delta: { type: 'text_delta', text } })
      else send('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: JSON.stringify(block.input) } })
      if (!isOpen) send('content_block_stop', { index })
      index += 1
    })
    if (!isOver) return
    send('message_delta', { delta: { stop_reason, stop_sequence: null }, usage })
    send('message_stop', {})
    response.end()
  },
}

const responses: Dialect = {
  path: /\/responses(\?|$)/,
  messages: (body) => listField(body, 'input'),
  isStep: (message) => (textField(message, 'type') ?? '').endsWith('_output'),
  isAside: (body) => listField(body, 'tools').length === 0,
  error: ({ type, message }) => ({ error: { type, message, code: null, param: null } }),
  answer(response, body, blocks) {
    const send = eventsOf(response)
    const base = { id: nextId('resp'), object: 'response', model: textField(body, 'model'), output: [] }
    send('response.created', { response: { ...base, status: 'in_progress' } })
    let output_index = 0
    const isOver = play(response, blocks, (block, isOpen) => {
      const id = nextId('item')
      if ('text' in block) {
        const item = { type: 'message', id, role: 'assistant' }
        send('response.output_item.added', { output_index, item: { ...item, content: [] } })
        for (const delta of halves(block.text)) send('response.output_text.delta', { item_id: id, output_index, content_index: 0, delta })
        if (!isOpen) send('response.output_item.done', { output_index, item: { ...item, content: [{ type: 'output_text', text: block.text, annotations: [] }] } })
      } else {
        const { tool: name, input, namespace } = block
        const call = { id, call_id: nextId('call'), name, ...(namespace !== undefined && { namespace }) }
        const item = typeof input === 'string' ? { type: 'custom_tool_call', ...call, input } : { type: 'function_call', ...call, arguments: JSON.stringify(input) }
        send('response.output_item.added', { output_index, item })
        send('response.output_item.done', { output_index, item })
      }
      output_index += 1
    })
    if (!isOver) return
    const usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 50 }, output_tokens: 10, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 110 }
    send('response.completed', { response: { ...base, status: 'completed', usage } })
    response.end()
  },
}

const chat: Dialect = {
  path: /\/chat\/completions(\?|$)/,
  messages: (body) => listField(body, 'messages'),
  isStep: (message) => field(message, 'role') === 'assistant',
  isAside: (body) => listField(body, 'tools').length === 0,
  error: ({ type, message }) => ({ error: { type, message, code: null } }),
  answer(response, body, blocks) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const base = { id: nextId('chatcmpl'), object: 'chat.completion.chunk', model: textField(body, 'model') }
    const send = (value: object) => void response.write(`data: ${JSON.stringify({ ...base, ...value })}\n\n`)
    const delta = (given: object, finish_reason: string | null = null) => send({ choices: [{ index: 0, delta: given, finish_reason }] })
    let index = 0
    const isOver = play(response, blocks, (block) => {
      if ('text' in block) return halves(block.text).forEach((content) => delta({ role: 'assistant', content }))
      delta({ tool_calls: [{ index, id: nextId('call'), type: 'function', function: { name: block.tool, arguments: JSON.stringify(block.input) } }] })
      index += 1
    })
    if (!isOver) return
    delta({}, index > 0 ? 'tool_calls' : 'stop')
    send({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } })
    response.end('data: [DONE]\n\n')
  },
}

const dialects = [anthropic, responses, chat]
