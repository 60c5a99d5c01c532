import { createAgentStore, createMemoryStorage } from '@agent-session/core'
import { createFaultyStorage, createManualClock, createScriptedTransport, type ScriptedTurn } from '@agent-session/core/testing'
import { expect, test } from 'vitest'
import { watchForStalls } from './stall-watch.ts'

const minutes = 60_000

/** An app with an agent that does as the script says, on a clock that stands still. */
function app(script: (turn: ScriptedTurn) => Promise<void>) {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock, script })
  const store = createAgentStore({ transport, clock })
  const told: string[] = []
  watchForStalls(store, (text) => told.push(text))
  return { clock, store, told, transport }
}

test('an agent that is silent for 15 minutes is told of and stopped', async () => {
  const { clock, store, told, transport } = app((turn) => turn.wait(60 * minutes))
  await store.start('project', { provider: 'any', prompt: 'Think about it' })
  await clock.advance(15 * minutes - 1)
  expect(told).toEqual([])
  await clock.advance(1)
  expect(told).toEqual(['A session has been silent for a quarter of an hour. It is stopped.'])
  expect(transport.commands.map(({ type }) => type)).toEqual(['start', 'stop'])
  expect(store.getSession('project')?.endReason).toBe('stopped')
})

test('one that says a word every 14 minutes works for as long as it likes', async () => {
  const { clock, store, told } = app(async (turn) => {
    for (const word of ['This ', 'takes ', 'a ', 'while.']) {
      await turn.wait(14 * minutes)
      await turn.stream(word)
    }
  })
  await store.start('project', { provider: 'any', prompt: 'Take your time' })
  const session = store.getSession('project')
  await clock.advance(60 * minutes)
  expect(told).toEqual([])
  expect(session?.status).toBe('done')
})

test('one that waits for a person is left alone', async () => {
  const { clock, store, told } = app(async (turn) => {
    await turn.ask('May I?', [{ id: 'yes', label: 'Yes', kind: 'allow_once' }])
  })
  await store.start('project', { provider: 'any', prompt: 'Ask me' })
  await clock.advance(24 * 60 * minutes)
  expect(told).toEqual([])
  expect(store.getSession('project')?.stall?.cause).toBe('person')
})

test('a disk that refuses for a while loses nothing', async () => {
  const clock = createManualClock()
  const storage = createFaultyStorage({ storage: createMemoryStorage(), clock })
  const store = createAgentStore({ transport: createScriptedTransport({ clock, script: (turn) => turn.stream('Kept.') }), storage, clock })
  storage.failNext(5)
  await store.start('project', { provider: 'any', prompt: 'Say a word' })
  const session = store.getSession('project')
  await clock.advance(1000)
  expect(session?.saved).toBe('failing')
  await clock.advance(10 * minutes)
  expect(session?.saved).toBe('saved')
  expect((await storage.loadMessages(session?.sessionId ?? '')).map(({ content }) => content)).toEqual(['Say a word', 'Kept.'])
})
