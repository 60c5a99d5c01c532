import Database from 'better-sqlite3'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import { createSqliteStorage, type SqliteDriver } from './index.ts'
import { batch, message } from './test/sample-batch.ts'

const drivers: Record<string, SqliteDriver> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new Database(path),
}

const disks: string[] = []

/** A disk of its own; `undefined` where this user may not mount any: `sqlite-file.test.ts` has the case without one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'agent-session-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmdirSync(folder)
    return undefined
  }
  disks.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of disks.splice(0)) {
    execFileSync('umount', [folder])
    rmdirSync(folder)
  }
})

describe.each(Object.entries(drivers))('F4 a real disk that fills up: %s', (_, driver) => {
  test('is said, loses nothing that was acknowledged, and is written on when there is room', ({ skip }) => {
    const disk = smallDisk()
    if (disk === undefined) return skip('mounting a disk takes rights that this user has not')
    return fillUp(join(disk, 'sessions.db'), join(disk, 'ballast'), driver)
  })
})

async function fillUp(path: string, ballast: string, driver: SqliteDriver): Promise<void> {
  const storage = createSqliteStorage({ path, driver })
  await storage.commit(batch(1))
  writeFileSync(ballast, Buffer.alloc(200_000))
  let acknowledged = 1
  let refusal: unknown
  while (refusal === undefined && acknowledged < 1_000) {
    const seqId = acknowledged + 1
    try {
      await storage.commit({ ...batch(seqId), upsert: [message(seqId, { content: 'z'.repeat(5_000) })] })
      acknowledged = seqId
    } catch (thrown) {
      refusal = thrown
    }
  }
  expect(refusal).toMatchObject({ code: 'storage-full', message: expect.stringContaining('make room') })
  expect(await storage.loadMessages('s1')).toHaveLength(acknowledged)
  expect(await storage.loadCursor('s1')).toEqual({ epoch: 'e', seq: acknowledged })
  rmSync(ballast)
  await storage.commit(batch(acknowledged + 1))
  await storage.close()
  const again = createSqliteStorage({ path, driver })
  expect(await again.loadMessages('s1')).toHaveLength(acknowledged + 1)
  expect(await again.check()).toEqual([])
  await again.close()
}
