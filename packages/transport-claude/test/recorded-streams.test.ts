import { type ExpectedEnd, playStream } from '@agent-session/core/conformance'
import { field, fieldsOf, textField } from '@agent-session/core/transport'
import { describe, expect, it } from 'vitest'
import { ClaudeFold } from '../src/fold/claude-fold.ts'
import { testRecordings } from '../../../test/transports/checked-recordings.ts'
import { recordedAt } from '../../../test/transports/recordings.ts'
import { readKeptSession, readStream, recordedStream, recordedStreams } from './recorded-stream.ts'
import { shown } from '../../../test/transports/shown-session.ts'

/** How the last run must have ended, by its scenario. */
function endOf(name: string): ExpectedEnd {
  const scenario = name.split('/')[1] ?? ''
  if (/^(abort|interrupt.*(?<!continue)|permission-deny-interrupt)$/.test(scenario)) return { status: 'done', endReason: 'stopped' }
  if (scenario === 'error-401') return { status: 'error', endReason: 'login-required' }
  if (scenario === 'max-turns') return { status: 'error', endReason: 'max_turns' }
  if (scenario === 'max-budget') return { status: 'error', endReason: 'budget_exhausted' }
  if (scenario === 'error-529-recovers' || scenario === 'error-cut-midstream') return { status: 'done', endReason: 'completed' }
  if (/^error-|^resume-unknown$|^permission-bypass$|^stop-max-tokens$/.test(scenario)) return { status: 'error', endReason: 'error' }
  return { status: 'done', endReason: 'completed' }
}

/** The program's own sums, as its last result has them. */
function lastSums(lines: readonly unknown[]): Required<Pick<ExpectedEnd, 'costUsd' | 'inputTokens' | 'outputTokens'>> {
  const results = lines.filter((line) => field(line, 'type') === 'result')
  const last = results.findLast((result) => Object.keys(fieldsOf(field(result, 'modelUsage')) ?? {}).length > 0)
  const models = Object.values(fieldsOf(field(last, 'modelUsage')) ?? {})
  const sum = (name: string): number => models.reduce<number>((total, model) => total + Number(field(model, name)), 0)
  return { costUsd: Number(field(last, 'total_cost_usd') ?? 0), inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens') }
}

describe('B26 recorded streams', () => {
  testRecordings({
    names: recordedStreams,
    count: 52,
    stream: (name) => recordedStream(readStream(name)),
    endOf: (name) => ({ ...endOf(name), ...lastSums(readStream(name)) }),
  })

  it.each(recordedStreams)('F16 %s looks the same with each message of the program doubled', async (name) => {
    const lines = readStream(name)
    const twice = lines.flatMap((line) => (field(line, '_host') === undefined ? [line, structuredClone(line)] : [line]))
    expect(shown(await playStream(recordedStream(twice)))).toBe(shown(await playStream(recordedStream(lines))))
  })
})

describe('a session as the program keeps it', () => {
  const [event] = new ClaudeFold('session').history({ messages: readKeptSession() }, recordedAt)
  const told = event?.type === 'history' ? event.messages : []

  it('has the ids and the words that it had live', async () => {
    const { session } = await playStream(recordedStream(readStream('claude-wire/happy')))
    expect(told.slice(1).map(({ id }) => id)).toEqual(session.messages.filter(({ role }) => role !== 'user' && role !== 'system').map(({ id }) => id))
    const words = session.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)
    expect(told.filter(({ type }) => type === 'text').map(({ content }) => textField(content, 'text'))).toEqual(words)
  })

  it('is told whole', async () => {
    const lines = told.map(({ type, id, content }) => `${type} ${id} ${JSON.stringify(content).slice(0, 200)}`)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./recorded-streams/claude-wire-get-session-messages.txt')
  })
})
