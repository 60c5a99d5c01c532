import type { AgentEvent } from '@agent-session/core'
import type { RecordedStream, StreamFold } from '@agent-session/core/conformance'
import { field, fieldsOf, textField } from '@agent-session/core/transport'
import { ClaudeFold } from '../src/fold/claude-fold.ts'
import { brokenOff } from '../../../test/transports/always-ending.ts'
import { recordedAt, recordingsIn } from '../../../test/transports/recordings.ts'

/** The files of a session as the program keeps it are no streams. */
const kept = 'claude-wire/get-session-messages'

const recordings = recordingsIn(new URL('../fixtures/', import.meta.url))

export const recordedStreams: readonly string[] = recordings.names.filter((name) => name !== kept)

export const readKeptSession = (): unknown[] => recordings.read(kept)

/** A stream in the form of `claude/`: the program's messages, and `_host` lines for what its host said and did. */
export const readStream = (name: string): unknown[] => withPrompts(recordings.read(name).flatMap(unwired))

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
    return [{ _host: 'canUseTool', tool: field(request, 'tool_name'), input: field(request, 'input'), options: { toolUseID: field(request, 'tool_use_id'), requestId: field(message, 'request_id'), suggestions: field(request, 'permission_suggestions') } }]
  }
  if (field(message, 'type') === 'control_response') {
    const reply = field(response, 'response')
    return field(reply, 'commands') === undefined ? [] : [{ _host: 'offers', reply }]
  }
  return [message]
}

const textOf = (content: unknown): string => (typeof content === 'string' ? content : Array.isArray(content) ? (textField(content[0], 'text') ?? '') : '')

const isSpeech = (line: unknown): boolean => ['assistant', 'stream_event', 'result'].includes(textField(line, 'type') ?? '') || field(line, 'subtype') === 'init'

/** The prompts after the first are not in the streams, only that there were some, by their results: they are put in. */
function withPrompts(lines: readonly unknown[]): unknown[] {
  let prompts = 1
  return lines.flatMap((line, index) => {
    const next = lines.slice(index + 1)
    if (field(line, 'type') !== 'result' || !next.some(isSpeech)) return [line]
    prompts += 1
    const command = textField(next.find((later) => field(later, 'type') === 'result'), 'local_command')
    return [line, { _host: 'run', prompt: command === undefined ? `prompt ${prompts}` : `/${command}` }]
  })
}

export const promptOf = (line: unknown): string | undefined => (field(line, '_host') === 'run' ? textField(line, 'prompt') : undefined)

/** Takes the lines of a stream to a fold as the driver does. */
class FoldedStream implements StreamFold<unknown> {
  readonly #fold: ClaudeFold
  #run: string | undefined
  /** The newest question. */
  #question: string | undefined

  constructor(sessionId: string) {
    this.#fold = new ClaudeFold(sessionId)
  }

  take(line: unknown, run: string): readonly AgentEvent[] {
    switch (field(line, '_host')) {
      case undefined:
        return this.#fold.received(line, recordedAt)
      case 'run':
        return this.#begin(run, promptOf(line) ?? '')
      case 'canUseTool': {
        const { events, id } = this.#fold.ask({ toolName: textField(line, 'tool') ?? '', input: fieldsOf(field(line, 'input')) ?? {}, details: field(line, 'options') }, recordedAt)
        this.#question = id
        return events
      }
      case 'canUseTool-reply': {
        const reply = field(line, 'reply')
        const allowed = field(reply, 'updatedPermissions') === undefined ? 'allow' : 'always'
        return this.#fold.settled(this.#question ?? '', field(reply, 'behavior') === 'allow' ? allowed : 'deny', recordedAt)
      }
      case 'offers':
        return this.#fold.offers(field(line, 'reply'), {}, recordedAt)
      case 'interrupt':
      case 'abort':
        return this.#fold.stop(recordedAt)
      case 'thrown':
        return this.#fold.lost({ reason: 'error', error: textField(line, 'message') ?? '' }, recordedAt)
      default:
        return []
    }
  }

  end(run: string): readonly AgentEvent[] {
    const began = this.#run === run ? [] : this.#begin(run, '')
    return [...began, ...this.#fold.lost({ reason: 'error', error: brokenOff }, recordedAt)]
  }

  #begin(run: string, text: string): readonly AgentEvent[] {
    this.#run = run
    return this.#fold.beginRun({ run, text }, recordedAt)
  }
}

export const recordedStream = (lines: readonly unknown[]): RecordedStream<unknown> => ({ lines, promptOf, fold: (sessionId) => new FoldedStream(sessionId) })
