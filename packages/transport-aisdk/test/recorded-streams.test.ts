import type { ExpectedEnd } from '@agent-session/core/conformance'
import { describe } from 'vitest'
import { amountField, field } from '@agent-session/core/transport'
import { readStream, recorded, recordedStreams } from './recorded-stream.ts'
import { testRecordings } from '../../../test/transports/checked-recordings.ts'

/** How a run must have ended, by its scenario, with the tokens that the back end reported of each request. */
function endOf(name: string): ExpectedEnd {
  const sum = (count: string): number => readStream(name).reduce((all: number, line) => all + (amountField(field(field(line, 'messageMetadata'), 'totalUsage'), count) ?? 0), 0)
  const tokens = { inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens') }
  const [, scenario = ''] = name.split('/')
  if (scenario.startsWith('error') || scenario === 'cut') return { status: 'error', endReason: 'error', ...tokens }
  if (scenario === 'stop') return { status: 'done', endReason: 'stopped', ...tokens }
  if (scenario === 'server-abort') return { status: 'done', endReason: 'aborted', ...tokens }
  // Two models in one answer tell their usage under one name: the later one is what the answer says at its end.
  if (scenario === 'merged') return { status: 'done', endReason: 'completed' }
  return { status: 'done', endReason: scenario === 'length' ? 'length' : 'completed', ...tokens }
}

/** What nobody but the app or the model's provider knows what to do with. */
const reported: Readonly<Record<string, number>> = { data: 3, custom: 1 }

describe('recorded streams', () => {
  testRecordings({
    names: recordedStreams,
    count: 65,
    stream: (name) => recorded(readStream(name)),
    endOf,
    wrongReports(name, reports) {
      const isRight = reports.length === (reported[name.split('/')[1] ?? ''] ?? 0) && reports.every(({ code }) => code === 'unknown-message')
      return isRight ? [] : reports
    },
  })
})
