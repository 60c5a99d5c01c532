import Database from 'better-sqlite3'
import { copyFileSync, readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { fixtureBatches } from '../test/fixture-batches.ts'
import { createSqliteStorage, type SqliteDatabase, type SqliteDriver } from './index.ts'
import { schemaVersion } from './schema.ts'
import { databaseFolder } from './test/database-folder.ts'
import { batch } from './test/sample-batch.ts'

const { path: newPath } = databaseFolder()

const fixtures = new URL('../test/fixtures/', import.meta.url)
const versions = readdirSync(fixtures).map((name) => Number(/^v(\d+)\.db$/.exec(name)?.[1])).toSorted((a, b) => a - b)

function copyOf(version: number): string {
  const path = newPath()
  copyFileSync(new URL(`v${version}.db`, fixtures), path)
  return path
}

const drivers: Record<string, SqliteDriver> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new Database(path),
}

/** All but what a migration may add. */
const dump = (path: string) => {
  const database = new DatabaseSync(path)
  const rows = ['sessions', 'messages', 'lease'].map((table) => database.prepare(`SELECT * FROM ${table}`).all())
  const [schema, version] = [database.prepare('SELECT sql FROM sqlite_master').all(), database.prepare('PRAGMA user_version').get()]
  database.close()
  return JSON.stringify([rows, schema, version])
}

/** Dies after so many statements of migrations; each statement of a step is one place to die at. */
const dyingAt =
  (survives: number, onStep: () => void = () => {}) =>
  (path: string): SqliteDatabase => {
    const database = new DatabaseSync(path)
    let left = survives
    let migrating = false
    return {
      exec: (sql) => {
        if (sql === 'BEGIN IMMEDIATE') migrating = true
        const statements = sql.replaceAll(/--.*/g, '').split(';').filter((part) => part.trim() !== '')
        for (const statement of migrating ? statements : [sql]) {
          if (migrating && (left -= 1) < 0) {
            database.close()
            throw new Error('killed')
          }
          database.exec(statement)
        }
        if (sql === 'COMMIT') {
          migrating = false
          onStep()
        }
      },
      prepare: (sql) => database.prepare(sql),
      close: () => void (database.isOpen && database.close()),
    }
  }

test('there is a fixture of every older version', () => {
  expect(versions).toEqual(Array.from({ length: versions.length }, (_, index) => index + 1))
  expect(versions.length).toBeGreaterThanOrEqual(schemaVersion - 1)
})

describe.each(versions)('a database of version %i', (version) => {
  test.each(Object.entries(drivers))('T11 is all there after it was opened, and is written on: %s', async (_, driver) => {
    const path = copyOf(version)
    const storage = createSqliteStorage({ path, driver })
    for (const { session, upsert, cursor } of fixtureBatches) {
      expect(await storage.loadSession(session.sessionId)).toEqual(session)
      expect(await storage.loadMessages(session.sessionId)).toEqual(upsert)
      expect(await storage.loadCursor(session.sessionId)).toEqual(cursor)
    }
    expect((await storage.listSessions()).map(({ sessionId }) => sessionId)).toEqual(['running', 'plain', 'full'])
    expect((await storage.search('pears')).map(({ sessionId }) => sessionId)).toEqual(['plain'])
    // The fence rises on from the one that the older version gave.
    const { fence } = await storage.acquire('me')
    expect(fence).toBe(2)
    await storage.commit({ ...batch(1), fence })
    await storage.index()
    expect((await storage.search('pears')).map(({ sessionId }) => sessionId)).toEqual(['plain'])
    expect(await storage.check()).toEqual([])
    await storage.close()
    const database = new DatabaseSync(path)
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: schemaVersion })
    database.close()
  })

  test('F12 is as it was after a death at any statement of its migration, or as after a whole step, and is migrated by the next', async () => {
    if (version === schemaVersion) return
    const whole = new Set([dump(copyOf(version))])
    const complete = copyOf(version)
    await createSqliteStorage({ path: complete, driver: dyingAt(Infinity, () => whole.add(dump(complete))) }).ready()
    // One for each step.
    expect(whole.size).toBe(1 + schemaVersion - version)
    for (let survives = 0; ; survives += 1) {
      const path = copyOf(version)
      const outcome = await createSqliteStorage({ path, driver: dyingAt(survives) }).ready().catch((error: unknown) => error)
      expect(whole).toContain(dump(path))
      if (outcome === undefined) break
      expect(outcome).toMatchObject({ message: expect.stringContaining('killed') })
      const next = createSqliteStorage({ path })
      expect(await next.loadMessages('plain')).toEqual(fixtureBatches[0]?.upsert)
      await next.close()
      expect(survives).toBeLessThan(50)
    }
  })

  test('is migrated once by two that open it at the same time', async () => {
    const path = copyOf(version)
    const storages = [createSqliteStorage({ path }), createSqliteStorage({ path }), createSqliteStorage({ path })]
    await Promise.all(storages.map((storage) => storage.ready()))
    for (const storage of storages) expect(await storage.listSessions()).toHaveLength(3)
    await Promise.all(storages.map((storage) => storage.close()))
  })
})
