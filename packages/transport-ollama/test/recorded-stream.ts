import type { AgentEvent } from '@agent-session/core'
import type { RecordedStream, StreamFold } from '@agent-session/core/conformance'
import { field, textField } from '@agent-session/core/transport'
import { OllamaFold } from '../src/fold/ollama-fold.ts'
import { brokenOff } from '../../../test/transports/always-ending.ts'
import { recordedAt, recordingsIn } from '../../../test/transports/recordings.ts'
import { ollamaProblem } from '../src/ollama-problem.ts'

const recordings = recordingsIn(new URL('../fixtures/', import.meta.url))

export const readStream = recordings.read

/** Conversations; `meta` is answers to other requests. */
export const recordedStreams: readonly string[] = recordings.names.filter((name) => name !== 'meta')

/** The text of a prompt that the recorder gave; `undefined` for any other line. */
export const promptOf = (line: unknown): string | undefined =>
  field(line, '_host') === 'prompt' ? textField(field(line, 'message'), 'content') : undefined

/** What the client threw, as the error that it was. */
function thrownIn(line: unknown): Error {
  const code = textField(line, 'cause')
  const options = code === undefined ? undefined : { cause: Object.assign(new Error(code), { code }) }
  const message = textField(line, 'message') ?? ''
  const error = textField(line, 'name') === 'TypeError' ? new TypeError(message, options) : new Error(message, options)
  const status = field(line, 'status_code')
  return status === undefined ? error : Object.assign(error, { status_code: status })
}

/** A recording with its fold. */
export const recorded = (lines: readonly unknown[]): RecordedStream<unknown> => ({ lines, promptOf, fold: (sessionId) => new FoldedStream(sessionId) })

/** Lines through a fold, as the driver takes them there. */
class FoldedStream implements StreamFold<unknown> {
  readonly #fold: OllamaFold
  /** Ours of the calls of the last reply, in their order. */
  #calls: string[] = []
  #told: unknown
  #run = ''
  #stopped = false

  constructor(sessionId: string) {
    this.#fold = new OllamaFold(sessionId)
  }

  take(line: unknown, run: string): readonly AgentEvent[] {
    const fold = this.#fold
    switch (field(line, '_host')) {
      case 'prompt': {
        this.#run = run
        this.#stopped = false
        const events = fold.beginRun(run, recordedAt)
        fold.beginReply()
        return events
      }
      case 'tool-result':
        return this.#toolResult(line)
      case 'abort':
        this.#stopped = true
        return []
      case 'thrown':
        return fold.end(this.#stopped ? { reason: 'stopped' } : { error: ollamaProblem(thrownIn(line), 'http://127.0.0.1:11434', 'nope:1b').message }, recordedAt)
      default:
        return this.#chunk(line)
    }
  }

  end(run: string): readonly AgentEvent[] {
    // A stream of nothing has not even its prompt.
    if (this.#run !== run) this.#fold.beginRun(run, recordedAt)
    return this.#fold.end({ error: brokenOff }, recordedAt)
  }

  /** Our own side of the recording: the driver tells each output once. */
  #toolResult(line: unknown): readonly AgentEvent[] {
    const call = JSON.stringify(field(line, 'for'))
    if (call === this.#told) return []
    this.#told = call
    const events = this.#fold.gave(this.#calls.shift() ?? 'none', { output: field(field(line, 'message'), 'content') }, recordedAt)
    if (this.#calls.length === 0) this.#fold.beginReply()
    return events
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
