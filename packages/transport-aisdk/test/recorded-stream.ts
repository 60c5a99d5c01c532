import type { AgentEvent } from '@agent-session/core'
import type { RecordedStream, StreamFold } from '@agent-session/core/conformance'
import { field, textField } from '@agent-session/core/transport'
import { brokenOff } from '../../../test/transports/always-ending.ts'
import { recordedAt, recordingsIn } from '../../../test/transports/recordings.ts'
import { AiSdkFold } from '../src/fold/ai-sdk-fold.ts'
import { reportedUsage } from '../src/fold/reported-usage.ts'

/** Conversations, as `v7/tool`, and the lines of one. */
export const { names: recordedStreams, read: readStream } = recordingsIn(new URL('../fixtures/', import.meta.url))

/** The text of a prompt that the recorder gave; `undefined` for any other line. */
export const promptOf = (line: unknown): string | undefined => (field(line, '_host') === 'prompt' ? textField(line, 'text') : undefined)

/** A recording with its fold. */
export const recorded = (lines: readonly unknown[]): RecordedStream<unknown> => ({ lines, promptOf, fold: (sessionId) => new FoldedStream(sessionId) })

/** Lines through a fold, as the driver takes them there. */
class FoldedStream implements StreamFold<unknown> {
  readonly #fold: AiSdkFold
  #run = ''
  #stopped = false
  #told = ''

  constructor(sessionId: string) {
    this.#fold = new AiSdkFold(sessionId, { usageOf: reportedUsage })
  }

  take(line: unknown, run: string): readonly AgentEvent[] {
    const fold = this.#fold
    const did = textField(line, '_host')
    const told = JSON.stringify(line)
    // Our own side of the recording: the driver does each thing once.
    if (did !== undefined && told === this.#told) return []
    this.#told = told
    switch (did) {
      case undefined:
        return fold.received(line, recordedAt)
      case 'prompt':
        this.#run = run
        this.#stopped = false
        fold.beginRun(run)
        return []
      case 'request':
        return fold.beginAnswer('chat', recordedAt)
      case 'done':
        fold.finished()
        return []
      case 'answer':
        return fold.answered(textField(line, 'requestId')?.replace('RUN', run) ?? '', textField(line, 'optionId'), undefined, recordedAt)
      case 'tool-output':
        return fold.gave(textField(line, 'toolCallId') ?? '', { output: field(line, 'output') }, recordedAt)
      case 'stop':
        this.#stopped = true
        return []
      default:
        return this.#answerEnded()
    }
  }

  end(run: string): readonly AgentEvent[] {
    // A stream of nothing has not even its prompt.
    if (this.#run !== run) this.#fold.beginRun(run)
    return this.#fold.end({ error: brokenOff }, recordedAt)
  }

  #answerEnded(): readonly AgentEvent[] {
    const ended = this.#fold.answerEnd()
    if (this.#stopped) return this.#fold.end({ reason: 'stopped' }, recordedAt)
    if (ended.how === 'failed') return this.#fold.end({ error: ended.error }, recordedAt)
    if (ended.how === 'cut') return this.#fold.end({ error: 'The connection broke' }, recordedAt)
    return ended.calls.length > 0 || ended.asks ? [] : this.#fold.end(ended.end, recordedAt)
  }
}
