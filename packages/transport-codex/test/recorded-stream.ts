import type { AgentEvent } from '@agent-session/core'
import type { RecordedStream, StreamFold } from '@agent-session/core/conformance'
import { field, listField, textField } from '@agent-session/core/transport'
import { inputText } from '../src/fold/codex-item.ts'
import { AppServerFold, ExecFold } from '../src/index.ts'
import { alwaysEnding, brokenOff } from '../../../test/transports/always-ending.ts'
import { recordedAt, recordingsIn } from '../../../test/transports/recordings.ts'

/** `FOLDER/SCENARIO`, and the lines of one. */
export const { names: recordedStreams, read: readStream } = recordingsIn(new URL('../fixtures/', import.meta.url))

export const isAppServer = (name: string): boolean => name.startsWith('codex-app-server/')

/** The text of a prompt that the recorder sent; `undefined` for any other line. */
export function promptOf(line: unknown): string | undefined {
  switch (field(line, '_host')) {
    case 'run':
      return textField(line, 'prompt')
    case 'turn':
      return textField(line, 'input')
    default: {
      const message = field(line, 'msg')
      if (field(line, 'dir') !== 'in' || textField(message, 'method') !== 'turn/start') return undefined
      return inputText(listField(field(message, 'params'), 'input'))
    }
  }
}

/** A recording with the fold of its route. */
export function recorded(name: string, lines = readStream(name)): RecordedStream<unknown> {
  return { lines, promptOf, fold: isAppServer(name) ? appServerFold : execFold }
}

/** The messages of the app-server, as the driver takes them to their fold. */
export function appServerFold(sessionId: string): StreamFold<unknown> {
  const fold = new AppServerFold(sessionId)
  return alwaysEnding(sessionId, {
    take(line, run) {
      if (field(line, '_host') === 'lost') return fold.lost({ reason: 'error', error: textField(line, 'error') ?? '' }, recordedAt)
      const message = field(line, 'msg')
      if (message === undefined) return []
      if (field(line, 'dir') === 'out') return fold.received(message, recordedAt)
      return [...(promptOf(line) === undefined ? [] : fold.beginRun(run, recordedAt)), ...fold.sent(message, recordedAt)]
    },
    end: () => fold.lost({ reason: 'error', error: brokenOff }, recordedAt),
  })
}

/** The lines of `codex exec`, with the ends of its processes. */
export function execFold(sessionId: string): StreamFold<unknown> {
  const fold = new ExecFold(sessionId)
  let stopped = false
  const lose = (words: string): readonly AgentEvent[] => fold.lost(stopped ? { reason: 'stopped' } : { reason: 'error', error: words }, recordedAt)
  return alwaysEnding(sessionId, {
    take(line, run) {
      switch (field(line, '_host')) {
        case 'run':
        case 'turn':
          stopped = false
          return fold.beginRun(run, recordedAt)
        case 'signal':
        case 'abort':
          stopped = true
          return []
        case 'exit':
        case 'thrown':
          return lose((textField(line, 'stderr') ?? '').trim() || 'The process has ended')
        default:
          return fold.received(line, recordedAt)
      }
    },
    end: () => lose(brokenOff),
  })
}
