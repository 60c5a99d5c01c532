import type { AgentEvent } from '@agent-session/core'
import { field, listField, textField } from '@agent-session/core/transport'
import type { AcpFold } from '../src/fold/acp-fold.ts'
import { recordedAt, recordingsIn } from '../../../test/transports/recordings.ts'

export const { names: recordedStreams, read: readStream } = recordingsIn(new URL('../fixtures/', import.meta.url))

/** The text of a prompt that the recorder sent; `undefined` for any other line. */
export function promptOf(line: unknown): string | undefined {
  const message = field(line, 'msg')
  if (field(line, 'dir') !== 'in' || textField(message, 'method') !== 'session/prompt') return undefined
  return listField(field(message, 'params'), 'prompt').map((block) => textField(block, 'text') ?? '').join('\n')
}

/** One line through a fold, as the driver takes it there. A prompt is a run. */
export function foldLine(fold: AcpFold, line: unknown, run: string): readonly AgentEvent[] {
  if (field(line, '_host') === 'lost') return fold.lost({ reason: 'error', error: textField(line, 'error') ?? '' }, recordedAt)
  const message = field(line, 'msg')
  if (message === undefined) return []
  if (field(line, 'dir') === 'out') return fold.received(message, recordedAt)
  const prompt = promptOf(line)
  return [...(prompt === undefined ? [] : fold.beginRun(run, prompt, recordedAt)), ...fold.sent(message, recordedAt)]
}
