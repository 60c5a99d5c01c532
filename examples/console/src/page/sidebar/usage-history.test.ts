import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { expect, test } from 'vitest'
import { UsageHistory, usagePath } from './usage-history.ts'

async function running() {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock })
  const history = new UsageHistory(store, () => clock.now())
  const end = history.watch()
  await store.start('p', { provider: 'x', prompt: 'go' })
  const session = store.getSession('p')
  if (session === undefined) throw new Error('It has just been started.')
  const { sessionId, run } = session
  const spend = async (tokens: number): Promise<void> => {
    transport.emit({ type: 'cost', sessionId, run, costUsd: tokens / 1_000, inputTokens: tokens, outputTokens: 0 })
    await clock.settle()
  }
  return { clock, store, session, history, end, spend }
}

test('usage is noted as it rises, reports close together as one', async () => {
  const { clock, store, session, history, spend } = await running()
  await clock.advance(5_000)
  await spend(100)
  await clock.advance(5_000)
  await spend(150)
  await clock.advance(10)
  await spend(170)
  expect(history.of(session).map(({ tokens }) => tokens)).toEqual([0, 100, 170, 170])
  await store.dispose()
})

test('of a long session the shape stays, in bounded memory', async () => {
  const { clock, store, session, history, spend } = await running()
  for (let tokens = 1; tokens <= 300; tokens += 1) {
    await clock.advance(2_000)
    await spend(tokens)
  }
  const points = history.of(session)
  expect(points.length).toBeLessThan(242)
  expect([points[0]?.tokens, points.at(-1)?.tokens]).toEqual([0, 300])
  expect(points.every(({ tokens }, index) => tokens >= (points[index - 1]?.tokens ?? 0))).toBe(true)
  await store.dispose()
})

test('nothing is noted after its end', async () => {
  const { clock, store, session, history, end, spend } = await running()
  end()
  await clock.advance(5_000)
  await spend(100)
  expect(history.of(session)).toHaveLength(2)
  await store.dispose()
})

test('the path goes from corner to corner, and stands still where nothing was used', () => {
  const at = (seconds: number, tokens: number) => ({ at: seconds * 1_000, costUsd: 0, tokens })
  expect(usagePath([at(0, 10), at(5, 30), at(10, 30)], 100, 20)).toBe('M0 20H50V0H100V0')
  expect(usagePath([at(0, 10)], 100, 20)).toBe('')
  expect(usagePath([at(0, 10), at(0, 10)], 100, 20)).toBe('M0 20H0V20')
})
