import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { AgentEvent, AgentTransport, PromptCommand, Reply, StartCommand } from '@agent-session/core'
import { ClaudeFold } from '../src/fold/claude-fold.ts'
import { field, fieldsOf, textField } from '../src/fold/unknown-data.ts'

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** The files of a session as the program keeps it are no streams. */
const kept = 'claude-wire/get-session-messages'

export const recordedStreams: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap((entry) => readdirSync(`${folder}${entry.name}`).map((file) => `${entry.name}/${file.replace('.jsonl', '')}`))
  .filter((name) => name !== kept)
  .sort()

export const readKeptSession = (): unknown[] => readLines(kept)

/** A stream in the form of `claude/`: the program's messages, and `_host` lines for what its host said and did. */
export const readStream = (name: string): unknown[] => readLines(name).flatMap(unwired)

function readLines(name: string): unknown[] {
  return readFileSync(`${folder}${name}.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
}

/** A line that was tapped between the SDK and the program, as the SDK's host has it. */
function unwired(line: unknown): unknown[] {
  const dir = textField(line, 'dir')
  if (dir === undefined) return [line]
  if (dir === 'thrown') return [{ _host: 'thrown', message: field(line, 'message') }]
  const message = field(line, 'line')
  const request = field(message, 'request')
  const response = field(message, 'response')
  if (dir === 'in') {
    if (field(message, 'type') === 'user') return [{ _host: 'run', prompt: textOf(field(field(message, 'message'), 'content')) }]
    const reply = field(response, 'response')
    return field(message, 'type') === 'control_response' && field(reply, 'behavior') !== undefined ? [{ _host: 'canUseTool-reply', reply }] : []
  }
  if (dir !== 'out') return []
  if (field(message, 'type') === 'control_request') {
    if (field(request, 'subtype') !== 'can_use_tool') return []
    return [{ _host: 'canUseTool', tool: field(request, 'tool_name'), input: field(request, 'input'), options: { toolUseID: field(request, 'tool_use_id'), suggestions: field(request, 'permission_suggestions') } }]
  }
  if (field(message, 'type') === 'control_response') {
    const reply = field(response, 'response')
    return field(reply, 'commands') === undefined ? [] : [{ _host: 'offers', reply }]
  }
  return [message]
}

const textOf = (content: unknown): string => (typeof content === 'string' ? content : Array.isArray(content) ? (textField(content[0], 'text') ?? '') : '')

export const isHostLine = (line: unknown): boolean => field(line, '_host') !== undefined

const isSpeech = (line: unknown): boolean => ['assistant', 'stream_event', 'result'].includes(textField(line, 'type') ?? '') || field(line, 'subtype') === 'init'

/** The prompts that the recorder sent: its streams have the first one in them, and that there were more by their results. */
export function promptsIn(lines: readonly unknown[]): string[] {
  const first = lines.find((line) => field(line, '_host') === 'run')
  const prompts = [textField(first, 'prompt') ?? 'nothing']
  let last: string | undefined
  lines.forEach((line, index) => {
    if (field(line, 'type') !== 'result' || textField(line, 'uuid') === last) return
    last = textField(line, 'uuid')
    const next = lines.slice(index + 1).filter((later) => textField(later, 'uuid') !== last)
    if (!next.some(isSpeech)) return
    const command = textField(next.find((later) => field(later, 'type') === 'result'), 'local_command')
    prompts.push(command === undefined ? `prompt ${prompts.length + 1}` : `/${command}`)
  })
  return prompts
}

export const recordedAt = 1_790_000_000_000

/** Takes the lines of a stream to a fold as the driver does. */
export class FoldedStream {
  readonly fold: ClaudeFold
  /** The newest question. */
  #question: string | undefined

  constructor(sessionId: string) {
    this.fold = new ClaudeFold(sessionId)
  }

  line(line: unknown): readonly AgentEvent[] {
    switch (field(line, '_host')) {
      case undefined:
        return this.fold.received(line, recordedAt)
      case 'canUseTool': {
        const { events, id } = this.fold.ask({ toolName: textField(line, 'tool') ?? '', input: fieldsOf(field(line, 'input')) ?? {}, details: field(line, 'options') }, recordedAt)
        this.#question = id
        return events
      }
      case 'canUseTool-reply': {
        const reply = field(line, 'reply')
        const allowed = field(reply, 'updatedPermissions') === undefined ? 'allow' : 'always'
        return this.fold.settled(this.#question ?? '', field(reply, 'behavior') === 'allow' ? allowed : 'deny', recordedAt)
      }
      case 'offers':
        return this.fold.offers(field(line, 'reply'), {}, recordedAt)
      case 'interrupt':
      case 'abort':
        return this.fold.stop(recordedAt)
      case 'thrown':
        return this.fold.lost({ reason: 'error', error: textField(line, 'message') ?? '' }, recordedAt)
      default:
        return []
    }
  }
}

/** A recorded stream as a transport: each start or prompt plays it to the end of its run. */
export class RecordedTransport implements AgentTransport {
  readonly #lines: readonly unknown[]
  readonly #prompts: number
  readonly #listeners = new Set<(event: AgentEvent) => void>()
  #stream = new FoldedStream('')
  #at = 0
  #played = 0

  constructor(lines: readonly unknown[]) {
    this.#lines = lines
    this.#prompts = promptsIn(lines).length
  }

  subscribe(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  start({ sessionId, run, prompt }: StartCommand): Promise<Reply> {
    this.#stream = new FoldedStream(sessionId)
    return this.#play(run, String(prompt))
  }

  prompt({ run, prompt }: PromptCommand): Promise<Reply> {
    return this.#play(run, String(prompt))
  }

  stop(): Promise<Reply> {
    return Promise.resolve({ ok: true })
  }

  /** The process ends where the stream ends. */
  end(): void {
    this.#emit(this.#stream.fold.lost({ reason: 'error', error: 'The stream ends here' }, recordedAt))
  }

  async #play(run: string, text: string): Promise<Reply> {
    this.#played += 1
    this.#emit(this.#stream.fold.beginRun({ run, text }, recordedAt))
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at]
      this.#emit(this.#stream.line(line))
      if (this.#stream.fold.running || this.#played === this.#prompts) continue
      this.#at += 1
      break
    }
    return { ok: true }
  }

  #emit(events: readonly AgentEvent[]): void {
    for (const event of events) for (const listener of this.#listeners) listener(event)
  }
}
