import type { HistoryEvent } from '@agent-session/core'
import { type ExpectedEnd, playStream } from '@agent-session/core/conformance'
import { field, textField } from '@agent-session/core/transport'
import { describe, expect, it } from 'vitest'
import { isAppServer, readStream, recorded, recordedStreams } from './recorded-stream.ts'
import { testRecordings } from '../../../test/transports/checked-recordings.ts'

/** How a run must have ended, by its scenario, with the tokens of the program's own last report. */
function endOf(name: string): ExpectedEnd {
  const scenario = name.replace(/^.*\//, '')
  const tokens = lastTokens(name)
  if (/^(abort$|interrupt-(?!text$))|^interrupted/.test(scenario)) return { status: 'done', endReason: 'stopped', ...tokens }
  // The app-server's driver goes on with a new thread; the recorder of `exec` did not.
  if (/^error-(?!.*recovers)|^stop-incomplete/.test(scenario) || name === 'codex-exec/resume-unknown') return { status: 'error', endReason: 'error', ...tokens }
  return { status: 'done', endReason: 'completed', ...tokens }
}

function lastTokens(name: string): ExpectedEnd {
  const lines = readStream(name)
  if (isAppServer(name)) {
    const thread = lines.flatMap((line) => textField(field(field(field(line, 'msg'), 'result'), 'thread'), 'id') ?? []).at(0)
    const totals = lines.flatMap((line) => {
      const message = field(line, 'msg')
      const params = field(message, 'params')
      return textField(message, 'method') === 'thread/tokenUsage/updated' && textField(params, 'threadId') === thread ? [field(field(params, 'tokenUsage'), 'total')] : []
    })
    return { inputTokens: Number(field(totals.at(-1), 'inputTokens') ?? 0), outputTokens: Number(field(totals.at(-1), 'outputTokens') ?? 0) }
  }
  const usage = lines.flatMap((line) => field(line, 'usage') ?? []).at(-1)
  return { inputTokens: Number(field(usage, 'input_tokens') ?? 0), outputTokens: Number(field(usage, 'output_tokens') ?? 0) }
}

describe('recorded streams', () => {
  testRecordings({ names: recordedStreams, count: 71, stream: recorded, endOf, cuts: 40 })
})

describe('a thread that is told again', () => {
  it('has the ids and the words that it had live', async () => {
    const live = await playStream(recorded('codex-app-server/happy'))
    const again = await playStream(recorded('codex-app-server/resume-and-list'))
    const history = again.events.find((event): event is HistoryEvent => event.type === 'history')
    const ids = live.session.messages.map(({ id }) => id)
    expect(history?.messages.map(({ id }) => id).slice(1)).toEqual(ids.slice(1))
    const words = live.session.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)
    expect(history?.messages.filter(({ type }) => type === 'text').map(({ content }) => textField(content, 'text'))).toEqual(words)
  })
})
