import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { field, listField, textField } from '@agent-session/core/transport'

/** One block of an answer; `hang`: nothing more comes; `cut`: the connection breaks. */
export type ModelBlock =
  | { readonly text: string }
  | { readonly thinking: string }
  /** `input` as arguments of a function, or as the text of a tool that takes text. */
  | { readonly tool: string; readonly input: unknown; readonly namespace?: string }
  | { readonly hang: true }
  | { readonly cut: true }

/** An answer of the model, an error of its API, or one of them by what it is asked. */
export type ModelStep = readonly ModelBlock[] | { readonly status: number; readonly type: string; readonly message: string } | ((body: unknown) => readonly ModelBlock[])

/** What the model says to a prompt that has `match` in it: one step after another, the last one again and again. */
export interface Scenario {
  readonly match: RegExp
  readonly steps: readonly ModelStep[]
  /** So many requests fail before the first step is given. */
  readonly failFirst?: number
}

export interface ModelServer {
  readonly url: string
  /** The bodies of the requests, in their order. */
  readonly requests: readonly unknown[]
  close(): Promise<void>
}

type Send = (type: string, more: object) => void

/**
 * A model that says what a script tells it, on loopback, over OpenAI's Responses API. It keeps no state but the count of
 * failures: which step is due is counted from the request, so that retries and sub-agents do not disturb each other.
 */
export async function startModelServer(scenarios: readonly Scenario[]): Promise<ModelServer> {
  const requests: unknown[] = []
  const failed = new Map<Scenario, number>()
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (!(request.url ?? '').endsWith('/responses')) return json(response, 404, { error: { message: 'no such route' } })
      requests.push(body)
      const scenario = newest(scenarios, body)
      const failures = scenario === undefined ? 0 : (failed.get(scenario) ?? 0)
      if (scenario !== undefined && failures < (scenario.failFirst ?? 0)) {
        failed.set(scenario, failures + 1)
        return json(response, 500, { error: { message: 'Busy for a moment', type: 'server_error', code: null, param: null } })
      }
      return answer(response, body, stepOf(scenario, body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The model server has no port')
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    requests,
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

const wordsOf = (item: unknown): string => {
  const content = field(item, 'content')
  if (field(item, 'role') !== 'user') return ''
  return typeof content === 'string' ? content : listField(item, 'content').map((part) => textField(part, 'text') ?? '').join('\n')
}

/** The newest prompt that a scenario knows, and where it stands. */
function find(scenarios: readonly Scenario[], body: unknown): { readonly scenario: Scenario; readonly at: number } | undefined {
  const items = listField(body, 'input')
  for (let at = items.length - 1; at >= 0; at -= 1) {
    const words = wordsOf(items[at])
    // What Codex says of its surroundings comes as a user's words, too.
    if (words === '' || /^\s*[<#]/.test(words)) continue
    const scenario = scenarios.find(({ match }) => match.test(words))
    if (scenario !== undefined) return { scenario, at }
  }
  return undefined
}

const newest = (scenarios: readonly Scenario[], body: unknown): Scenario | undefined => find(scenarios, body)?.scenario

/** How often tools have answered since the prompt says which step is due. */
function stepOf(scenario: Scenario | undefined, body: unknown): ModelStep {
  if (scenario === undefined) return [{ text: 'OK.' }]
  const at = find([scenario], body)?.at ?? 0
  let rounds = 0
  let inOutput = false
  for (const item of listField(body, 'input').slice(at + 1)) {
    const isOutput = (textField(item, 'type') ?? '').endsWith('_output')
    if (isOutput && !inOutput) rounds += 1
    inOutput = isOutput
  }
  return scenario.steps[Math.min(rounds, scenario.steps.length - 1)] ?? []
}

let made = 0

function answer(response: ServerResponse, body: unknown, step: ModelStep): void {
  const blocks = typeof step === 'function' ? step(body) : step
  if ('status' in blocks) return json(response, blocks.status, { error: { message: blocks.message, type: blocks.type, code: null, param: null } })
  made += 1
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let sequence = 0
  const send: Send = (type, more) => void response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: (sequence += 1), ...more })}\n\n`)
  const base = { id: `resp_scripted_${made}`, object: 'response', model: textField(body, 'model') ?? '', output: [] }
  send('response.created', { response: { ...base, status: 'in_progress' } })
  for (const [index, block] of blocks.entries()) {
    if ('hang' in block) return
    // What was written has to be on its way before the connection breaks.
    if ('cut' in block) return void response.write('', () => setImmediate(() => response.destroy()))
    const next = blocks[index + 1]
    say(send, block, index, next !== undefined && ('hang' in next || 'cut' in next))
  }
  const usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 50 }, output_tokens: 10, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 110 }
  send('response.completed', { response: { ...base, status: 'completed', usage } })
  response.end()
}

function say(send: Send, block: Exclude<ModelBlock, { hang: true } | { cut: true }>, output_index: number, isCut: boolean): void {
  const id = `item_scripted_${made}_${output_index}`
  const place = { item_id: id, output_index }
  if ('text' in block) {
    const item = { type: 'message', id, role: 'assistant' }
    send('response.output_item.added', { output_index, item: { ...item, content: [] } })
    for (const delta of halves(block.text)) send('response.output_text.delta', { ...place, content_index: 0, delta })
    if (!isCut) send('response.output_item.done', { output_index, item: { ...item, content: [{ type: 'output_text', text: block.text, annotations: [] }] } })
  } else if ('thinking' in block) {
    const item = { type: 'reasoning', id }
    send('response.output_item.added', { output_index, item: { ...item, summary: [] } })
    send('response.reasoning_summary_part.added', { ...place, summary_index: 0, part: { type: 'summary_text', text: '' } })
    for (const delta of halves(block.thinking)) send('response.reasoning_summary_text.delta', { ...place, summary_index: 0, delta })
    if (!isCut) send('response.output_item.done', { output_index, item: { ...item, summary: [{ type: 'summary_text', text: block.thinking }], encrypted_content: 'c2NyaXB0ZWQ=' } })
  } else {
    const { tool: name, input, namespace } = block
    const call = { id, call_id: `call_scripted_${made}_${output_index}`, name, ...(namespace !== undefined && { namespace }) }
    const item = typeof input === 'string' ? { type: 'custom_tool_call', ...call, input } : { type: 'function_call', ...call, arguments: JSON.stringify(input) }
    send('response.output_item.added', { output_index, item })
    send('response.output_item.done', { output_index, item })
  }
}

const halves = (text: string): string[] => [text.slice(0, Math.ceil(text.length / 2)), text.slice(Math.ceil(text.length / 2))].filter((half) => half !== '')
