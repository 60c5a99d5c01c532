import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { AgentEvent, AgentTransport, PromptCommand, Reply, StartCommand } from '@agent-session/core'
import { OllamaFold } from '../src/fold/ollama-fold.ts'
import { field, textField } from '../src/fold/unknown-data.ts'
import { ollamaProblem } from '../src/ollama-problem.ts'

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** Conversations; `meta` is answers to other requests. */
export const recordedStreams: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.jsonl') && file !== 'meta.jsonl')
  .map((file) => file.replace('.jsonl', ''))
  .sort()

/** The lines of a stream as they are. */
export function readStream(name: string): unknown[] {
  return readFileSync(`${folder}${name}.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
}

/** The text of a prompt that the recorder gave; `undefined` for any other line. */
export const promptOf = (line: unknown): string | undefined =>
  field(line, '_host') === 'prompt' ? textField(field(line, 'message'), 'content') : undefined

export const recordedAt = 1_790_000_000_000

/** What the client threw, as the error that it was. */
function thrownIn(line: unknown): Error {
  const code = textField(line, 'cause')
  const options = code === undefined ? undefined : { cause: Object.assign(new Error(code), { code }) }
  const message = textField(line, 'message') ?? ''
  const error = textField(line, 'name') === 'TypeError' ? new TypeError(message, options) : new Error(message, options)
  const status = field(line, 'status_code')
  return status === undefined ? error : Object.assign(error, { status_code: status })
}

/** Lines through a fold, as the driver takes them there. */
export class FoldedStream {
  readonly #fold: OllamaFold
  /** Ours of the calls of the last reply, in their order. */
  #calls: string[] = []
  #stopped = false

  constructor(sessionId: string) {
    this.#fold = new OllamaFold(sessionId)
  }

  take(line: unknown, run: string): readonly AgentEvent[] {
    const fold = this.#fold
    switch (field(line, '_host')) {
      case 'prompt': {
        this.#stopped = false
        const events = fold.beginRun(run, recordedAt)
        fold.beginReply()
        return events
      }
      case 'tool-result': {
        const callId = this.#calls.shift() ?? 'none'
        const events = fold.gave(callId, { output: field(field(line, 'message'), 'content') }, recordedAt)
        if (this.#calls.length === 0) fold.beginReply()
        return events
      }
      case 'abort':
        this.#stopped = true
        return []
      case 'thrown':
        return fold.end(this.#stopped ? { reason: 'stopped' } : { error: ollamaProblem(thrownIn(line), 'http://127.0.0.1:11434', 'nope:1b').message }, recordedAt)
      default:
        return this.#chunk(line)
    }
  }

  /** The connection breaks where the stream ends. */
  lose(): readonly AgentEvent[] {
    return this.#fold.end({ error: 'The stream ends here' }, recordedAt)
  }

  #chunk(line: unknown): readonly AgentEvent[] {
    const events = this.#fold.received(line, recordedAt)
    if (field(line, 'done') !== true) return events
    const { calls, doneReason } = this.#fold.takeReply()
    // The end of a reply that is told twice is the end of nothing.
    if (doneReason === undefined) return events
    this.#calls = calls.map(({ id }) => id)
    if (calls.length > 0) return events
    return [...events, ...this.#fold.end({ reason: doneReason === 'stop' ? 'completed' : doneReason }, recordedAt)]
  }
}

/** A recorded stream as a transport: each start or prompt plays it up to the next prompt. */
export class RecordedTransport implements AgentTransport {
  readonly #lines: readonly unknown[]
  readonly #listeners = new Set<(event: AgentEvent) => void>()
  #stream = new FoldedStream('')
  #at = 0

  constructor(lines: readonly unknown[]) {
    this.#lines = lines
  }

  subscribe(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  start({ sessionId, run }: StartCommand): Promise<Reply> {
    this.#stream = new FoldedStream(sessionId)
    return this.#play(run)
  }

  prompt({ run }: PromptCommand): Promise<Reply> {
    return this.#play(run)
  }

  stop(): Promise<Reply> {
    return Promise.resolve({ ok: true })
  }

  end(): void {
    this.#emit(this.#stream.lose())
  }

  async #play(run: string): Promise<Reply> {
    for (let prompts = 0; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at]
      if (promptOf(line) !== undefined && (prompts += 1) > 1) break
      this.#emit(this.#stream.take(line, run))
    }
    return { ok: true }
  }

  #emit(events: readonly AgentEvent[]): void {
    for (const event of events) for (const listener of this.#listeners) listener(event)
  }
}
