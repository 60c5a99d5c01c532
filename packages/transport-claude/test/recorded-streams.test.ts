import { describe, expect, it } from 'vitest'
import { ClaudeFold } from '../src/fold/claude-fold.ts'
import { field, fieldsOf, textField } from '../src/fold/unknown-data.ts'
import { type PlayedSession, playSession, shown } from './played-session.ts'
import { isHostLine, promptsIn, readKeptSession, readStream, recordedAt, recordedStreams } from './recorded-stream.ts'

/** What holds for every session, however its program behaved. */
function expectSound({ session }: PlayedSession): void {
  const { messages } = session
  const seqIds = messages.map(({ seqId }) => seqId)
  expect(seqIds).toEqual([...new Set(seqIds)].sort((a, b) => a - b))
  expect(seqIds[0]).toBe(1)
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
  const calls = messages.filter(({ role }) => role === 'tool-call')
  const byId = new Map(calls.map((call) => [call.toolCallId, call]))
  expect(byId.size).toBe(calls.length)
  for (const { role, toolCallId, seqId, content } of messages) {
    if (role === 'tool-result') expect(byId.get(toolCallId)?.seqId).toBeLessThan(seqId)
    if (role === 'assistant') expect(content.trim()).not.toBe('')
    if (role === 'user') expect(content).not.toMatch(/Request interrupted|Output token limit|being continued from/)
  }
  if (session.live) return
  expect(messages.filter((message) => message.streaming || message.toolState === 'running')).toEqual([])
  expect(session.permissions.filter((asked) => asked.state === 'pending' || asked.state === 'answering')).toEqual([])
}

/** How the last run must have ended, by its scenario. */
function endOf(name: string): Record<string, unknown> {
  const scenario = name.split('/')[1] ?? ''
  if (scenario === 'interrupt' && name.startsWith('claude-wire/')) return { status: 'error', endReason: 'error' }
  if (scenario === 'abort' || (scenario.startsWith('interrupt-') && !scenario.endsWith('continue')) || scenario === 'permission-deny-interrupt') {
    return { status: 'done', endReason: 'stopped' }
  }
  if (scenario === 'error-401') return { status: 'error', endReason: 'login-required' }
  if (scenario === 'max-turns') return { status: 'error', endReason: 'max_turns' }
  if (scenario === 'max-budget') return { status: 'error', endReason: 'budget_exhausted' }
  if (scenario === 'error-529-recovers' || scenario === 'error-cut-midstream') return { status: 'done', endReason: 'completed' }
  if (/^error-|^resume-unknown$|^permission-bypass$|^stop-max-tokens$/.test(scenario)) return { status: 'error', endReason: 'error' }
  return { status: 'done', endReason: 'completed' }
}

/** The program's own sums, as its last result has them. */
function lastSums(lines: readonly unknown[]): Record<string, number> | undefined {
  const results = lines.filter((line) => field(line, 'type') === 'result')
  const last = results.findLast((result) => Object.keys(fieldsOf(field(result, 'modelUsage')) ?? {}).length > 0)
  if (last === undefined) return undefined
  const models = Object.values(fieldsOf(field(last, 'modelUsage')) ?? {})
  const sum = (name: string): number => models.reduce<number>((total, model) => total + Number(field(model, name)), 0)
  return { costUsd: Number(field(last, 'total_cost_usd')), inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens'), cachedInputTokens: sum('cacheReadInputTokens') }
}

describe('B26 recorded streams', () => {
  it('are all there', () => {
    expect(recordedStreams.length).toBe(52)
  })

  it.each(recordedStreams)('%s', async (name) => {
    const lines = readStream(name)
    const played = await playSession(lines)
    const { session, reports } = played
    expectSound(played)
    expect(session).toMatchObject({ live: false, ...endOf(name), ...lastSums(lines) })
    expect(session.messages.filter(({ role }) => role === 'user').length).toBe(promptsIn(lines).length)
    if (session.status === 'error') {
      expect(session.error).toBeTruthy()
      expect(session.messages.filter(({ role, content }) => role === 'assistant' && session.error?.includes(content.trim()))).toEqual([])
    }
    // Not one message of all these is of a kind that is not known.
    expect(reports).toEqual([])
    await expect(shown(played)).toMatchFileSnapshot(`./recorded-streams/${name.replace('/', '-')}.txt`)
  })

  it.each(recordedStreams)('%s, cut after any line', async (name) => {
    const lines = readStream(name)
    for (let length = 0; length < lines.length; length += 1) expectSound(await playSession(lines.slice(0, length)))
  })

  it.each(recordedStreams)('F16 %s, with every line doubled', async (name) => {
    const lines = readStream(name)
    const once = await playSession(lines)
    const twice = await playSession(lines.flatMap((line) => (isHostLine(line) ? [line] : [line, structuredClone(line)])))
    expectSound(twice)
    expect(shown(twice)).toBe(shown(once))
  })
})

describe('a session as the program keeps it', () => {
  const fold = new ClaudeFold('session')
  const [event] = fold.history(readKeptSession(), recordedAt)
  const told = event?.type === 'history' ? event.messages : []

  it('has the ids and the words that it had live', async () => {
    const { session } = await playSession(readStream('claude-wire/happy'))
    expect(told.slice(1).map(({ id }) => id)).toEqual(session.messages.filter(({ role }) => role !== 'user' && role !== 'system').map(({ id }) => id))
    const words = session.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)
    expect(told.filter(({ type }) => type === 'text').map(({ content }) => textField(content, 'text'))).toEqual(words)
  })

  it('is shown whole', async () => {
    const lines = told.map(({ type, id, content }) => `${type} ${id} ${JSON.stringify(content).slice(0, 200)}`)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./recorded-streams/claude-wire-get-session-messages.txt')
  })
})
