import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSqliteStorage } from './index.ts'
import { commitProcess } from './test/commit-process.ts'
import { databaseFolder } from './test/database-folder.ts'
import { driverNames, driverOf } from './test/drivers.ts'
import { runtimeOf } from './test/runtime-of.ts'

const { path: newPath } = databaseFolder()

describe.each(['node:sqlite', 'better-sqlite3'] as const)('with %s', (driver) => {
  test('F1 F2 a process that is killed loses nothing that it acknowledged, and tears nothing', { timeout: 60_000 }, async () => {
    const path = newPath()
    let last = 0
    for (const killAt of [1, 7, 40, 150]) {
      // It goes on until it is killed; each time it begins again from 1, over what is there.
      const { ended } = commitProcess(path, driver, 's1', 1_000_000, (seqId, child) => {
        if (seqId === killAt) child.kill('SIGKILL')
      })
      const { code, acknowledged, errors } = await ended
      expect({ code, errors }).toEqual({ code: null, errors: expect.not.stringContaining('Error') })
      expect(acknowledged).toBeGreaterThanOrEqual(killAt)

      const storage = createSqliteStorage({ path })
      const messages = await storage.loadMessages('s1')
      const session = await storage.loadSession('s1')
      const cursor = await storage.loadCursor('s1')
      await storage.close()
      last = Math.max(last, acknowledged)
      // The one that was under way when it died may have come through; what came before it, certainly.
      expect(messages.length === last || messages.length === last + 1).toBe(true)
      expect(messages.map((message) => message.seqId)).toEqual(messages.map((_, index) => index + 1))
      expect([acknowledged, acknowledged + 1]).toContain(session?.lastSeqId)
      expect(cursor).toEqual({ epoch: 'e', seq: session?.lastSeqId })
      last = messages.length
      expect(integrity(path)).toBe('ok')
    }
  })

  test('F13 processes that open and write one new file at the same time wait for each other', { timeout: 60_000 }, async () => {
    const path = newPath()
    const processes = ['a', 'b', 'c', 'd'].map((sessionId) => commitProcess(path, driver, sessionId, 100))
    for (const { ended } of processes) {
      expect(await ended).toEqual({ code: 0, acknowledged: 100, errors: expect.not.stringContaining('Error') })
    }
    const storage = createSqliteStorage({ path })
    for (const sessionId of ['a', 'b', 'c', 'd']) expect(await storage.loadMessages(sessionId)).toHaveLength(100)
    await storage.close()
    expect(integrity(path)).toBe('ok')
  })
})

test('F13 processes with different SQLites wait for each other on one file, new or not', { timeout: 120_000 }, async () => {
  const path = newPath()
  const count = 150
  // Bun is fetched before, so that the three begin at the same time.
  runtimeOf('bun:sqlite')
  for (const round of ['new', 'there']) {
    const processes = driverNames.map((driver) => commitProcess(path, driver, `${driver} ${round}`, count))
    for (const { ended } of processes) expect(await ended).toEqual({ code: 0, acknowledged: count, errors: '' })
  }
  for (const reader of ['node:sqlite', 'better-sqlite3'] as const) {
    const driver = driverOf(reader)
    const storage = createSqliteStorage({ path, ...(driver && { driver }) })
    expect(await storage.listSessions()).toHaveLength(2 * driverNames.length)
    for (const { sessionId } of await storage.listSessions()) expect(await storage.loadMessages(sessionId)).toHaveLength(count)
    await storage.close()
  }
  expect(integrity(path)).toBe('ok')
})

function integrity(path: string): unknown {
  const database = new DatabaseSync(path)
  const row = database.prepare('PRAGMA integrity_check').get()
  database.close()
  return row?.['integrity_check']
}
