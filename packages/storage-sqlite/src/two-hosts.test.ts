import { createAgentStore, type AgentStore, type WriterState } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { expect, test } from 'vitest'
import { createSqliteStorage } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { shownAfter } from './test/endless-agent.ts'
import { streamProcess } from './test/kill-process.ts'
import { quietTime } from '../../../test/quiet-time.ts'

const { path: newPath } = databaseFolder()

const second = (path: string): AgentStore => createAgentStore({ transport: createScriptedTransport(), storage: createSqliteStorage({ path }) })

const nextState = (store: AgentStore): Promise<WriterState> => new Promise((resolve) => void store.on('writer', resolve))

test.each(['node:sqlite', 'better-sqlite3'] as const)('F14 F15 a second host reads while the first streams, and goes on within a second after that one is killed: %s', { timeout: 60_000 }, async (driver) => {
  const path = newPath()
  const first = streamProcess(path, driver)
  await first.saves(3)
  const store = second(path)
  expect(await store.restore('home')).toMatchObject({ outcome: 'restored' })
  const session = store.getSession('home')
  expect(store.writer.state).toBe('reading')
  expect(session).toMatchObject({ status: 'running', live: false })
  expect(await store.prompt('home', 'me too')).toMatchObject({ ok: false, code: 'lease-held' })
  // It disturbs the first in nothing.
  await first.saves(6)

  const writes = nextState(store)
  first.child.kill('SIGKILL')
  const { run, saved, errors } = await first.ended
  const taken = quietTime()
  expect(await writes).toEqual({ state: 'writing' })
  expect(taken()).toBeLessThan(1_000)
  expect(errors).toBe('')
  expect(session).toMatchObject({ status: 'idle', endReason: 'interrupted' })
  const shown = new Set(session?.messages.map(({ id }) => id))
  expect(shown.size).toBeGreaterThan(1)
  expect([...shownAfter(run, saved).keys()].filter((id) => !shown.has(id))).toEqual([])
  expect(await store.prompt('home', 'me now')).toMatchObject({ ok: true })
  await store.flush()
  await store.dispose()

  const storage = createSqliteStorage({ path })
  const messages = await storage.loadMessages(session?.sessionId ?? '')
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
  expect(messages.at(-1)?.content).toBe('me now')
  await storage.close()
})

test('F15 a host whose file was taken reads, says so, and can take it back', { timeout: 60_000 }, async () => {
  const path = newPath()
  const [one, two] = [second(path), second(path)]
  await one.start('home', { provider: 'p', prompt: 'hello' })
  await one.flush()
  const lost = nextState(one)
  expect(await two.takeOver()).toEqual({ ok: true })
  expect((await lost).state).toBe('reading')
  await two.restore('home')
  await two.prompt('home', 'from two')
  await two.flush()
  expect(await one.takeOver()).toEqual({ ok: true })
  expect(one.getSession('home')?.messages.map(({ content }) => content)).toEqual(['hello', 'from two'])
  expect(await one.prompt('home', 'from one')).toMatchObject({ ok: true })
  await one.flush()
  await Promise.all([one.dispose(), two.dispose()])
})
