import { createManualClock } from '@agent-session/core/testing'
import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSqliteStorage, type SqliteDatabase, type SqliteDriver, type SqliteStorage } from './index.ts'
import { isRow } from './row.ts'
import { databaseFolder } from './test/database-folder.ts'
import { message, session } from './test/sample-batch.ts'

const { path: newPath } = databaseFolder()

/** As a SQLite that was built without FTS5. */
const withoutFts: SqliteDriver = (path): SqliteDatabase => {
  const database = new DatabaseSync(path)
  const refuse = (sql: string): void => {
    if (/message_search/.test(sql)) throw new Error('no such module: fts5')
  }
  return {
    exec: (sql) => (refuse(sql), database.exec(sql)),
    prepare: (sql) => (refuse(sql), database.prepare(sql)),
    close: () => database.close(),
  }
}

const drivers: Record<string, SqliteDriver> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new Database(path),
  'a SQLite without FTS5': withoutFts,
}

const put = (storage: SqliteStorage, sessionId: string, updatedAt: number, texts: Readonly<Record<number, string>>, remove: string[] = []) =>
  storage.commit({
    session: session({ sessionId, updatedAt }),
    upsert: Object.entries(texts).map(([seqId, content]) => message(Number(seqId), { content })),
    remove,
  })

const found = async (storage: SqliteStorage, text: string, page?: { limit?: number; offset?: number }) =>
  (await storage.search(text, page)).map(({ sessionId, message }) => `${sessionId}/${message.seqId}`)

describe.each(Object.entries(drivers))('a search with %s', (name, driver) => {
  test('finds the same with an index, without one, and with one that lags behind', async () => {
    const storage = createSqliteStorage({ path: newPath(), driver })
    await put(storage, 'a', 1, { 1: 'an apple a day', 2: 'Pineapple 100%', 3: 'a_b', 4: 'ap', 5: 'half \ud83e apple', 6: 'NUL \0 apple' })
    await put(storage, 'b', 2, { 1: 'no apples "here"' })
    const expectAll = async () => {
      expect(await found(storage, 'apple')).toEqual(['b/1', 'a/6', 'a/5', 'a/2', 'a/1'])
      expect(await found(storage, 'APPLE', { limit: 2, offset: 1 })).toEqual(['a/6', 'a/5'])
      expect(await found(storage, '100%')).toEqual(['a/2'])
      expect(await found(storage, 'a_b')).toEqual(['a/3'])
      expect(await found(storage, 's "he')).toEqual(['b/1'])
      expect(await found(storage, 'ap')).toEqual(['b/1', 'a/6', 'a/5', 'a/4', 'a/2', 'a/1'])
      expect(await found(storage, 'apple a NEAR day*')).toEqual([])
    }
    await expectAll()
    await storage.index()
    await expectAll()
    await put(storage, 'a', 1, { 1: 'a pear a day', 7: 'the last apple' }, ['m2'])
    for (const indexed of [false, true]) {
      if (indexed) await storage.index()
      expect(await found(storage, 'apple')).toEqual(['b/1', 'a/7', 'a/6', 'a/5'])
      expect(await found(storage, 'pear')).toEqual(['a/1'])
    }
    await storage.deleteSessions(['b', 'a'])
    expect(await found(storage, 'apple')).toEqual([])
    // A session that gets the place of one that is gone.
    await put(storage, 'c', 3, { 4: 'apple' })
    expect(await found(storage, 'apple')).toEqual(['c/4'])
    await storage.index()
    expect(await found(storage, 'apple')).toEqual(['c/4'])
    expect(await found(storage, 'pear')).toEqual([])
    await storage.close()
  })

  test('finds what a plain comparison finds, whatever was written and indexed before', { timeout: 60_000 }, async () => {
    // Few letters, so that texts have parts in common.
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B', 'é', '%', '"', '🦉', ' '), minLength: 0, maxLength: 8 })
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ type: fc.constant('put' as const), session: fc.nat(2), seqId: fc.integer({ min: 1, max: 6 }), text }) },
      fc.record({ type: fc.constant('remove' as const), session: fc.nat(2), seqId: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant('delete' as const), session: fc.nat(2) }),
      fc.constant({ type: 'index' as const }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), fc.array(text, { minLength: 1, maxLength: 4 }), async (steps, queries) => {
        const storage = createSqliteStorage({ path: ':memory:', driver })
        const texts = new Map<string, string>()
        const ids = new Set<string>()
        for (const step of steps) {
          if (step.type === 'index') await storage.index()
          else if (step.type === 'put') {
            ids.add(`s${step.session}`)
            texts.set(`s${step.session}/${step.seqId}`, step.text)
            await put(storage, `s${step.session}`, step.session, { [step.seqId]: step.text })
          } else if (step.type === 'remove') {
            if (!ids.has(`s${step.session}`)) continue
            texts.delete(`s${step.session}/${step.seqId}`)
            await put(storage, `s${step.session}`, step.session, {}, [`m${step.seqId}`])
          } else {
            await storage.deleteSessions([`s${step.session}`])
            for (const key of texts.keys()) if (key.startsWith(`s${step.session}/`)) texts.delete(key)
            ids.delete(`s${step.session}`)
          }
        }
        for (const query of queries) {
          // SQLite knows the case of English letters alone.
          const plain = (value: string): string => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
          const expected = [...texts].filter(([, content]) => query !== '' && plain(content).includes(plain(query))).map(([key]) => key)
          expect(await found(storage, query)).toEqual(expected.toSorted().toReversed())
        }
        await storage.close()
      }),
      { numRuns: 60 },
    )
  })

  test('is indexed afterwards by who writes, and by nobody else', async () => {
    const clock = createManualClock()
    let database: SqliteDatabase | undefined
    const storage = createSqliteStorage({ path: newPath(), driver: async (path) => (database = await driver(path)), clock })
    const texts = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [index + 1, `line ${index} of it`]))
    await put(storage, 'a', 1, texts)
    const unindexed = () => {
      // Of the same library: the end of another one's connection would end the locks of this one.
      const row = database?.prepare('SELECT unindexed_from FROM sessions').get()
      return isRow(row) ? row['unindexed_from'] : undefined
    }
    await found(storage, 'line 5 ')
    await clock.advance(100)
    expect(unindexed()).toBe(1)
    await storage.acquire('me')
    await found(storage, 'line 5 ')
    await clock.advance(100)
    expect(unindexed()).toBe(name === 'a SQLite without FTS5' ? 1 : null)
    expect(await found(storage, 'line 5 ')).toEqual(['a/6'])
    await storage.close()
  })
})

test('a search through much that is not indexed leaves the thread to others', { timeout: 60_000 }, async () => {
  const clock = createManualClock()
  let turns = 0
  const setTimeout = (run: () => void, ms: number): unknown => {
    turns += 1
    return clock.setTimeout(run, ms)
  }
  const storage = createSqliteStorage({ path: newPath(), clock: { ...clock, setTimeout, monotonic: () => performance.now() } })
  for (let first = 1; first < 40_000; first += 4_000) {
    await put(storage, 'a', 1, Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [first + index, 'x'.repeat(500)])))
  }
  const hits: unknown[] = []
  void storage.search('nowhere').then((found) => hits.push(found))
  while (hits.length === 0) {
    await clock.advance(1)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(hits).toEqual([[]])
  expect(turns).toBeGreaterThan(0)
  await storage.close()
})

test('the index forgets what a message said before', async () => {
  let database: SqliteDatabase | undefined
  const storage = createSqliteStorage({ path: newPath(), driver: (path) => (database = new DatabaseSync(path)) })
  const rows = (trigram: string) => database?.prepare('SELECT count(*) AS rows FROM message_search WHERE message_search MATCH ?').get(trigram)
  await put(storage, 'a', 1, { 1: 'apple', 2: 'apple pie', 3: 'plum' })
  await storage.index()
  expect(rows('app')).toEqual({ rows: 2 })
  await put(storage, 'a', 1, { 1: 'pear' }, ['m2'])
  await storage.index()
  expect([rows('app'), rows('pea')]).toEqual([{ rows: 0 }, { rows: 1 }])
  await storage.deleteSessions(['a'])
  expect(rows('pea')).toEqual({ rows: 0 })
  await storage.close()
})

test.each(['node:sqlite', 'better-sqlite3'])('T24 a rare text among many sessions is asked of the index once, and not for each of them: %s', async (name) => {
  let asked = 0
  const storage = createSqliteStorage({
    path: newPath(),
    driver: async (path): Promise<SqliteDatabase> => {
      const database = (await drivers[name]?.(path)) ?? new DatabaseSync(path)
      return {
        exec: (sql) => database.exec(sql),
        prepare(sql) {
          const statement = database.prepare(sql)
          const ask = (values: (string | number | null | Uint8Array)[]) => {
            if (!sql.includes('message_search MATCH')) return statement.all(...values)
            asked += 1
            return statement.all(...values)
          }
          return { run: (...values) => statement.run(...values), get: (...values) => statement.get(...values), all: (...values) => ask(values) }
        },
        close: () => database.close(),
      }
    },
  })
  for (let index = 0; index < 60; index += 1) await put(storage, `s${index}`, index, { 1: `common words${index === 7 ? ', and a rare one' : ''}`, 2: 'more' })
  await storage.index()
  expect(await found(storage, 'rare')).toEqual(['s7/1'])
  expect(asked).toBe(2)
  expect(await found(storage, 'no such thing')).toEqual([])
  expect(asked).toBe(3)
  // What is not in the index yet is found all the same.
  await put(storage, 's8', 100, { 3: 'rare as well' })
  expect(await found(storage, 'rare')).toEqual(['s8/3', 's7/1'])
  await storage.close()
})

test('a text that very many messages have is found in the order of the sessions', async () => {
  const storage = createSqliteStorage({ path: newPath() })
  for (const sessionId of ['a', 'b', 'c']) await put(storage, sessionId, sessionId.charCodeAt(0), Object.fromEntries(Array.from({ length: 900 }, (_, index) => [index + 1, 'the same'])))
  await storage.index()
  expect(await found(storage, 'same', { limit: 2 })).toEqual(['c/900', 'c/899'])
  expect(await found(storage, 'same', { limit: 2, offset: 899 })).toEqual(['c/1', 'b/900'])
  await storage.close()
})
