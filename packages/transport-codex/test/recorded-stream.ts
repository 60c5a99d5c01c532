import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { AgentEvent } from '@agent-session/core'
import type { RecordedStream, StreamFold } from '@agent-session/core/conformance'
import { inputText } from '../src/fold/codex-item.ts'
import { field, listField, textField } from '../src/fold/unknown-data.ts'
import { AppServerFold, ExecFold } from '../src/index.ts'

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url))

export const recordedAt = 1_790_000_000_000

/** `FOLDER/SCENARIO`. */
export const recordedStreams: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap((entry) => readdirSync(`${folder}${entry.name}`).map((file) => `${entry.name}/${file.replace('.jsonl', '')}`))
  .sort()

export const isAppServer = (name: string): boolean => name.startsWith('codex-app-server/')

/** The lines of a stream as they are. */
export function readStream(name: string): unknown[] {
  return readFileSync(`${folder}${name}.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
}

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
  return ending(sessionId, {
    take(line, run) {
      const message = field(line, 'msg')
      if (message === undefined) return []
      if (field(line, 'dir') === 'out') return fold.received(message, recordedAt)
      return [...(promptOf(line) === undefined ? [] : fold.beginRun(run, recordedAt)), ...fold.sent(message, recordedAt)]
    },
    end: () => fold.lost({ reason: 'error', error: 'The stream ends here' }, recordedAt),
  })
}

/** The lines of `codex exec`, with the ends of its processes. */
export function execFold(sessionId: string): StreamFold<unknown> {
  const fold = new ExecFold(sessionId)
  let stopped = false
  const lose = (words: string): readonly AgentEvent[] => fold.lost(stopped ? { reason: 'stopped' } : { reason: 'error', error: words }, recordedAt)
  return ending(sessionId, {
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
    end: () => lose('The stream ends here'),
  })
}

/** Where the prompt was not sent yet it is the refusal of the start that ends the run. */
function ending(sessionId: string, { take, end }: StreamFold<unknown>): StreamFold<unknown> {
  const ended = new Set<string | undefined>()
  const noted = (events: readonly AgentEvent[]): readonly AgentEvent[] => {
    for (const event of events) if (event.type === 'status') ended.add(event.run)
    return events
  }
  return {
    take: (line, run) => noted(take(line, run)),
    end: (run) => {
      const events = noted(end(run))
      return ended.has(run) ? events : [...events, { type: 'status', sessionId, run, status: 'error', error: 'The stream ends here' }]
    },
  }
}
