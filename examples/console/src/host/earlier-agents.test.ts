import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { remember } from '../../test/remember.ts'
import { isOfEarlierConsole, leaveFormat, renameEarlierAgents, type EarlierAgentsOptions } from './earlier-agents.ts'

async function folder(own: readonly string[] = []): Promise<{ data: string; options: EarlierAgentsOptions }> {
  const data = await mkdtemp(path.join(tmpdir(), 'earlier-agents-'))
  onTestFinished(() => rm(data, { recursive: true, force: true }))
  return { data, options: { file: path.join(data, 'format.json'), database: path.join(data, 'sessions.db'), own: new Set(own) } }
}

const at = (index: number): number => 1_000_000 + index * 1_000

async function providersOf({ database }: EarlierAgentsOptions): Promise<Record<string, string>> {
  const storage = createSqliteStorage({ path: database })
  const found = Object.fromEntries((await storage.listSessions(undefined, { limit: Infinity })).map(({ sessionId, provider }) => [sessionId, provider]))
  await storage.close()
  return found
}

test('sessions of the adapters get the names of the adapters, once, and nothing else of them changes', async () => {
  const { data, options } = await folder()
  await remember(data, ['claude', 'codex', 'example', 'gemini'].map((provider, index) => ({ id: provider, provider, title: provider, messages: 4, at: at(index) })))
  expect(await isOfEarlierConsole(options)).toBe(true)
  const storage = createSqliteStorage({ path: options.database })
  const before = await storage.loadSession('claude')
  expect(await renameEarlierAgents(storage, options)).toBe(2)
  expect(await storage.loadSession('claude')).toEqual({ ...before, provider: 'claude-acp' })
  expect((await storage.loadMessages('claude')).length).toBe(4)
  expect((await storage.listSessions()).map(({ sessionId }) => sessionId)).toEqual(['gemini', 'example', 'codex', 'claude'])
  // Again after a kill in the middle.
  expect(await renameEarlierAgents(storage, options)).toBe(0)
  await storage.close()
  expect(await providersOf(options)).toEqual({ claude: 'claude-acp', codex: 'codex-acp', example: 'example', gemini: 'gemini' })
  await leaveFormat(options)
  expect(await isOfEarlierConsole(options)).toBe(false)
})

test('of more sessions than a page has none is passed over', async () => {
  const { data, options } = await folder()
  await remember(data, Array.from({ length: 450 }, (_, index) => ({ id: `s${index}`, provider: index % 2 === 0 ? 'claude' : 'example', messages: 2, at: at(index) })))
  const storage = createSqliteStorage({ path: options.database })
  expect(await renameEarlierAgents(storage, options)).toBe(225)
  await storage.close()
})

test("an agent of the person's own under such a name is what it was", async () => {
  const { data, options } = await folder(['claude'])
  await remember(data, [{ id: 'a', provider: 'claude', messages: 2, at: at(0) }])
  const storage = createSqliteStorage({ path: options.database })
  expect(await renameEarlierAgents(storage, options)).toBe(0)
  await storage.close()
})

test('a new folder, and one of this console, are not of an earlier one; a damaged mark is none', async () => {
  const { data, options } = await folder()
  expect(await isOfEarlierConsole(options)).toBe(false)
  await remember(data, [{ id: 'a', messages: 2, at: at(0) }])
  await writeFile(options.file, '{"format": 3}')
  expect(await isOfEarlierConsole(options)).toBe(false)
  await writeFile(options.file, '{"form')
  expect(await isOfEarlierConsole(options)).toBe(true)
})
