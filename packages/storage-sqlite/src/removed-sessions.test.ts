import { createManualClock } from '@agent-session/core/testing'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createSqliteStorage } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { batch, message, session } from './test/sample-batch.ts'

const { path: newPath } = databaseFolder()

/** More than is cleared away in one transaction while the clock stands still. */
const many = 45_000

const countOf = (path: string, table: string): unknown => {
  const database = new DatabaseSync(path)
  const row = database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()
  database.close()
  return row?.['rows']
}

/** A file of which a large session was deleted by a storage that was closed before all of it was cleared away. */
async function halfCleared(): Promise<string> {
  const path = newPath()
  const storage = createSqliteStorage({ path, clock: createManualClock() })
  await storage.commit(batch(1, 's0'))
  await storage.commit({ session: session({ lastSeqId: many }), upsert: Array.from({ length: many }, (_, index) => message(index + 1)), remove: [] })
  const deleted = storage.deleteSessions(['s1'])
  await storage.close()
  await deleted
  return path
}

test('a large session is gone at once for every reader, and is cleared away in pieces', async () => {
  const path = await halfCleared()
  expect(countOf(path, 'messages')).toBe(1 + many - 20_000)
  const reader = createSqliteStorage({ path })
  expect((await reader.listSessions()).map(({ sessionId }) => sessionId)).toEqual(['s0'])
  expect(await reader.loadSession('s1')).toBeUndefined()
  expect(await reader.loadMessages('s1')).toEqual([])
  expect(await reader.search('message')).toHaveLength(1)
  expect(await reader.size()).toMatchObject({ sessions: 1 })
  await reader.close()
})

test('a session that begins meanwhile, also under its id, has nothing of it, and keeps what it has', async () => {
  const path = await halfCleared()
  const storage = createSqliteStorage({ path })
  await storage.commit(batch(7))
  await storage.commit(batch(8, 's2'))
  expect(await storage.loadMessages('s1')).toEqual([message(7)])
  await storage.deleteSessions([])
  expect(countOf(path, 'messages')).toBe(3)
  expect(countOf(path, 'removed')).toBe(0)
  expect(await storage.loadMessages('s1')).toEqual([message(7)])
  expect(await storage.loadMessages('s2')).toEqual([message(8)])
  expect(await storage.check()).toEqual([])
  await storage.close()
})

test('the next writer goes on with it by itself, and others have their turns between two pieces', async () => {
  const path = await halfCleared()
  const storage = createSqliteStorage({ path, clock: createManualClock() })
  const { fence } = await storage.acquire('next')
  for (let seqId = 1; countOf(path, 'removed') !== 0; seqId += 1) {
    expect(seqId).toBeLessThan(20)
    await storage.commit({ ...batch(seqId, 's3'), fence })
  }
  await storage.close()
  expect(countOf(path, 'removed')).toBe(0)
})

test('the index keeps nothing of what was deleted or retracted', async () => {
  const path = newPath()
  const storage = createSqliteStorage({ path })
  await storage.commit({ session: session(), upsert: [message(1), message(2), message(3)], remove: [] })
  await storage.commit(batch(1, 's2'))
  await storage.index()
  expect(countOf(path, 'message_search_docsize')).toBe(4)
  await storage.commit({ ...batch(4), remove: ['m2'] })
  expect(countOf(path, 'message_search_docsize')).toBe(3)
  await storage.deleteSessions(['s2'])
  expect(countOf(path, 'message_search_docsize')).toBe(2)
  await storage.index()
  expect(countOf(path, 'message_search_docsize')).toBe(3)
  await storage.close()
})

test('what cannot be cleared away is told, and does not undo the deletion', async () => {
  const path = newPath()
  const problems: string[] = []
  let refusing = false
  const storage = createSqliteStorage({
    path,
    clock: createManualClock(),
    onProblem: ({ code }) => problems.push(code),
    driver: (path) => {
      const database = new DatabaseSync(path)
      let commits = 0
      return {
        exec: (sql) => {
          if (refusing && sql === 'COMMIT' && (commits += 1) > 1) throw Object.assign(new Error('disk full'), { errcode: 13 })
          database.exec(sql)
        },
        prepare: (sql) => database.prepare(sql),
        close: () => database.close(),
      }
    },
  })
  await storage.commit({ session: session({ lastSeqId: many }), upsert: Array.from({ length: many }, (_, index) => message(index + 1)), remove: [] })
  refusing = true
  await storage.deleteSessions(['s1'])
  expect(problems).toEqual(['storage-full'])
  expect(await storage.listSessions()).toEqual([])
  refusing = false
  await storage.deleteSessions([])
  expect(countOf(path, 'messages')).toBe(0)
  await storage.close()
})

test('a deletion merges nothing in the index, and compact clears away what it left there', async () => {
  const path = newPath()
  const storage = createSqliteStorage({ path })
  const words = (from: number): string => Array.from({ length: 200 }, (_, index) => `word${from + index}`).join(' ')
  for (const sessionId of ['s1', 's2']) {
    await storage.commit({ session: session({ sessionId }), upsert: Array.from({ length: 200 }, (_, index) => message(index + 1, { content: words(index * 200) })), remove: [] })
  }
  await storage.index()
  const pages = (): number => Number(countOf(path, 'message_search_data'))
  expect(countOf(path, "message_search_config WHERE k = 'deletemerge' AND v = 0")).toBe(1)
  await storage.deleteSessions(['s1'])
  const left = pages()
  await storage.compact()
  expect(pages()).toBeLessThan(0.8 * left)
  expect((await storage.search('word7')).length).toBeGreaterThan(0)
  expect(await storage.check()).toEqual([])
  await storage.close()
})
