import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { AgentEvent, AgentTransport, PromptCommand, Reply, StartCommand } from '@agent-session/core'
import { AcpFold } from '../src/fold/acp-fold.ts'
import { field, listField, textField } from '../src/fold/unknown-data.ts'

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url))

export const recordedStreams: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap((entry) => readdirSync(`${folder}${entry.name}`).map((file) => `${entry.name}/${file.replace('.jsonl', '')}`))
  .sort()

/** The lines of a stream as they are. */
export function readStream(name: string): unknown[] {
  return readFileSync(`${folder}${name}.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
}

/** The text of a prompt that the recorder sent; `undefined` for any other line. */
export function promptOf(line: unknown): string | undefined {
  const message = field(line, 'msg')
  if (field(line, 'dir') !== 'in' || textField(message, 'method') !== 'session/prompt') return undefined
  return listField(field(message, 'params'), 'prompt').map((block) => textField(block, 'text') ?? '').join('\n')
}

export const recordedAt = 1_790_000_000_000

/** One line through a fold, as the driver takes it there. A prompt is a run. */
export function foldLine(fold: AcpFold, line: unknown, run: string): readonly AgentEvent[] {
  const message = field(line, 'msg')
  if (message === undefined) return []
  if (field(line, 'dir') === 'out') return fold.received(message, recordedAt)
  const prompt = promptOf(line)
  return [...(prompt === undefined ? [] : fold.beginRun(run, prompt, recordedAt)), ...fold.sent(message, recordedAt)]
}

/** A recorded stream as a transport: each start or prompt plays it up to the next prompt that the recorder sent. */
export class RecordedTransport implements AgentTransport {
  readonly #lines: readonly unknown[]
  readonly #listeners = new Set<(event: AgentEvent) => void>()
  #fold: AcpFold | undefined
  #at = 0

  constructor(lines: readonly unknown[]) {
    this.#lines = lines
  }

  subscribe(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  start({ sessionId, run }: StartCommand): Promise<Reply> {
    this.#fold = new AcpFold(sessionId)
    return this.#play(run)
  }

  prompt({ run }: PromptCommand): Promise<Reply> {
    return this.#play(run)
  }

  stop(): Promise<Reply> {
    return Promise.resolve({ ok: true })
  }

  /** The connection breaks where the stream ends. */
  end(): void {
    this.#emit(this.#fold?.lost({ reason: 'error', error: 'The stream ends here' }, recordedAt) ?? [])
  }

  async #play(run: string): Promise<Reply> {
    for (let prompts = 0; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at]
      if (promptOf(line) !== undefined && (prompts += 1) > 1) break
      if (this.#fold !== undefined) this.#emit(foldLine(this.#fold, line, run))
    }
    return { ok: true }
  }

  #emit(events: readonly AgentEvent[]): void {
    for (const event of events) for (const listener of this.#listeners) listener(event)
  }
}
