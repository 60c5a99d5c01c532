import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { expect, test } from 'vitest'
import { watchSessionNews } from './session-news.ts'

test('questions are told once each, and when they are no news any more; ends as the store tells them', async () => {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock })
  const started = await store.start('p', { provider: 'x', prompt: 'go' })
  const session = store.getSession('p')
  if (!started.ok || session?.run === undefined) throw new Error('It has just been started.')
  const { sessionId, run } = session
  const ask = async (id: string): Promise<void> => {
    transport.emit({ type: 'permission', sessionId, run, request: { id, title: 'May I?', options: [{ id: 'yes', label: 'Yes', kind: 'allow_once' }] } })
    await clock.settle()
  }
  const told: string[] = []
  await ask('before')
  const stop = watchSessionNews(store, ({ kind, projectId }) => told.push(`${projectId}: ${kind}`))
  await clock.settle()
  expect(told).toEqual([])
  await ask('q')
  await ask('q')
  expect(told).toEqual(['p: asks'])
  await session.respond('before', { optionId: 'yes' })
  expect(told).toHaveLength(1)
  await session.respond('q', { optionId: 'yes' })
  await clock.settle()
  expect(told.at(-1)).toBe('p: over')
  transport.emit({ type: 'status', sessionId, run, status: 'error', error: 'a secret' })
  await clock.settle()
  expect(told).toEqual(['p: asks', 'p: over', 'p: failed'])
  stop()
  await session.prompt('again')
  await session.stop()
  expect(told).toHaveLength(3)
})
