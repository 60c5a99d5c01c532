import { createManualClock } from '@agent-session/core/testing'
import Database from 'better-sqlite3'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSqliteStorage, type SqliteDriver } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { batch, message } from './test/sample-batch.ts'
import { quietTime } from '../../../test/quiet-time.ts'

const { path: newPath } = databaseFolder()

const drivers: Record<string, SqliteDriver> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new Database(path),
}

describe.each(Object.entries(drivers))('F13 another process that keeps the file locked: %s', (_, driver) => {
  /** A storage with one message, and a lock that somebody else has on its file. */
  async function locked() {
    const clock = createManualClock()
    const path = newPath()
    const storage = createSqliteStorage({ path, driver, clock })
    await storage.commit(batch(1))
    // Of the same library: two in one process do not see each other's locks.
    const other = await driver(path)
    other.exec('BEGIN IMMEDIATE')
    return { storage, clock, other }
  }

  test('does not keep the thread: the commit waits, and is made when the file is free', async () => {
    const { storage, clock, other } = await locked()
    let done = false
    const took = quietTime()
    const commit = storage.commit(batch(2)).then(() => (done = true))
    await clock.advance(3_000)
    // What the thread was kept for: each try waits 20 ms in SQLite, and there were some thirty.
    expect(took()).toBeLessThan(3_000)
    expect(done).toBe(false)
    other.exec('ROLLBACK')
    await clock.advance(100)
    await commit
    expect(await storage.loadMessages('s1')).toEqual([message(1), message(2)])
    other.close()
    await storage.close()
  })

  test('reads are not held up by a commit that waits', async () => {
    const { storage, clock, other } = await locked()
    const commit = storage.commit(batch(2))
    await clock.advance(50)
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    expect(await storage.listSessions()).toHaveLength(1)
    other.close()
    await clock.advance(100)
    await commit
    await storage.close()
  })

  test('commits stay in their order', async () => {
    const { storage, clock, other } = await locked()
    const titles = ['a', 'b', 'c'].map((title) => storage.commit({ ...batch(2), session: { ...batch(2).session, title } }))
    await clock.advance(50)
    const last = storage.commit({ ...batch(2), session: { ...batch(2).session, title: 'd' } })
    other.close()
    await clock.advance(500)
    await Promise.all([...titles, last])
    expect((await storage.loadSession('s1'))?.title).toBe('d')
    await storage.close()
  })

  test('after 5 s the commit fails with its cause, leaves nothing, and can be made again', async () => {
    const { storage, clock, other } = await locked()
    const commit = storage.commit(batch(2)).catch((error: unknown) => error)
    await clock.advance(5_200)
    expect(await commit).toMatchObject({ code: 'storage-failed', message: expect.stringContaining('locked for 5 s'), cause: expect.anything() })
    expect(await storage.loadMessages('s1')).toHaveLength(1)
    other.exec('ROLLBACK')
    other.close()
    await storage.commit(batch(2))
    expect(clock.pending).toBe(0)
    await storage.close()
  })

  test('close waits for the commit that was asked before', async () => {
    const { storage, clock, other } = await locked()
    const commit = storage.commit(batch(2))
    const closing = storage.close()
    await clock.advance(50)
    other.close()
    await clock.advance(100)
    await Promise.all([commit, closing])
  })

  test('opening waits too', async () => {
    const path = newPath()
    const holder = await driver(path)
    holder.exec('BEGIN EXCLUSIVE')
    const clock = createManualClock()
    const late = createSqliteStorage({ path, driver, clock })
    const ready = late.ready()
    await clock.advance(1_000)
    holder.exec('ROLLBACK')
    holder.close()
    await clock.advance(100)
    await ready
    await late.close()
  })
})
