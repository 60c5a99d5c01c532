import Database from 'better-sqlite3'
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSqliteStorage, type SqliteDriver } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { batch, message, session } from './test/sample-batch.ts'

const { path: newPath } = databaseFolder()

const drivers: Record<string, SqliteDriver> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new Database(path),
}

const pageSize = 4096

/** A closed file with a session of 400 messages, each a good part of a page; and the pages that hold them. */
async function longFile(): Promise<{ path: string; leaves: number[] }> {
  const path = newPath()
  const storage = createSqliteStorage({ path })
  const all = Array.from({ length: 400 }, (_, index) => message(index + 1, { content: `${index + 1} `.padEnd(900, 'x') }))
  await storage.commit({ session: session({ lastSeqId: 400 }), upsert: all, remove: [] })
  await storage.close()
  const bytes = readFileSync(path)
  // 0x0d marks a leaf of a table; those of the messages are full of them.
  const leaves = Array.from({ length: bytes.length / pageSize }, (_, page) => page).filter(
    (page) => page > 0 && bytes[page * pageSize] === 0x0d && bytes.includes('xxxxxxxx', page * pageSize) && bytes.subarray(page * pageSize, (page + 1) * pageSize).includes('xxxxxxxx'),
  )
  return { path, leaves }
}

function overwrite(path: string, page: number, bytes: Buffer): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, page * pageSize)
  closeSync(file)
}

describe.each(Object.entries(drivers))('F10 pages that are damaged: %s', (_, driver) => {
  test('are set aside with what was on them, and told; the rest loads', async () => {
    const { path, leaves } = await longFile()
    const [, second = 0] = leaves
    overwrite(path, second, Buffer.alloc(pageSize, 0xff))
    const problems: string[] = []
    const storage = createSqliteStorage({ path, driver, onProblem: ({ code, message }) => code === 'storage-corrupt' && problems.push(message) })
    const found = (await storage.loadMessages('s1')).map(({ seqId }) => seqId)
    expect(problems).toEqual([expect.stringMatching(/^What was written from message \d+ to \d+ of a session .+ is damaged and was set aside\.$/)])
    const [from = 0, to = 0] = (problems[0]?.match(/\d+/g) ?? []).map(Number)
    expect(to - from).toBeLessThan(10)
    expect(found).toEqual(Array.from({ length: 400 }, (_, index) => index + 1).filter((seqId) => seqId < from || seqId > to))
    // The last page is elsewhere, and comes at once.
    expect((await storage.loadMessages('s1', { limit: 5 })).map(({ seqId }) => seqId)).toEqual([396, 397, 398, 399, 400])
    expect(problems).toHaveLength(1)
    expect((await storage.loadMessages('s1', { before: to + 3, limit: 5 })).map(({ seqId }) => seqId)).toEqual([from - 3, from - 2, from - 1, to + 1, to + 2])
    expect(await storage.check()).not.toEqual([])
    await storage.close()
  })

  test('a file that is damaged all over says so', async () => {
    const { path, leaves } = await longFile()
    const pages = statSync(path).size / pageSize
    for (let page = 1; page < pages; page += 1) overwrite(path, page, Buffer.alloc(pageSize, 0xff))
    expect(leaves.length).toBeGreaterThan(50)
    const storage = createSqliteStorage({ path, driver })
    await expect(storage.loadMessages('s1')).rejects.toMatchObject({ code: 'storage-corrupt', message: expect.stringContaining('backup') })
    await expect(storage.commit(batch(1))).rejects.toMatchObject({ code: 'storage-corrupt' })
    await storage.close()
  })

  test('a file that is overwritten with garbage while it is open fails with a typed error, and never in silence', async () => {
    const path = newPath()
    const storage = createSqliteStorage({ path, driver })
    for (let seqId = 1; seqId <= 50; seqId += 1) await storage.commit({ ...batch(seqId), upsert: [message(seqId, { content: 'y'.repeat(5_000) })] })
    writeFileSync(path, Buffer.alloc(statSync(path).size, 'garbage '))
    writeFileSync(`${path}-wal`, Buffer.alloc(statSync(`${path}-wal`).size, 'garbage '))
    const outcomes = new Set<string>()
    for (let seqId = 51; seqId <= 60; seqId += 1) {
      outcomes.add(await storage.commit(batch(seqId)).then(() => 'committed', (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'untyped')))
    }
    expect(outcomes).not.toContain('untyped')
    await storage.close()
    const again = createSqliteStorage({ path, driver })
    await expect(again.ready()).rejects.toMatchObject({ code: 'storage-corrupt' })
    await again.close()
  })
})

describe.each(Object.entries(drivers))('upkeep: %s', (_, driver) => {
  test('check finds nothing in a sound file', async () => {
    const { path } = await longFile()
    const storage = createSqliteStorage({ path, driver })
    await storage.index()
    expect(await storage.check()).toEqual([])
    await storage.close()
  })

  test('size tells how large the file is and what is free in it; compact gives that back, and loses nothing', async () => {
    const { path } = await longFile()
    const storage = createSqliteStorage({ path, driver })
    await storage.commit(batch(1, 's2'))
    await storage.index()
    const full = await storage.size()
    expect(full.sessions).toBe(2)
    // The index leaves a page or two where it merged its parts.
    expect(full.freeBytes).toBeLessThan(20_000)
    expect(full.bytes).toBeGreaterThan(400 * 900)
    await storage.deleteSessions(['s1'])
    const emptied = await storage.size()
    expect(emptied.freeBytes).toBeGreaterThan(300_000)
    const compacted = await storage.compact()
    expect(compacted).toMatchObject({ freeBytes: 0, sessions: 1 })
    expect(compacted.bytes).toBeLessThan(full.bytes - 300_000)
    expect(statSync(path).size).toBe(compacted.bytes)
    expect(await storage.loadMessages('s2')).toEqual([message(1)])
    expect(await storage.search('message')).toHaveLength(1)
    await storage.close()
  })

  test('is refused after close', async () => {
    const storage = createSqliteStorage({ path: newPath(), driver })
    await storage.close()
    for (const call of [storage.check(), storage.size(), storage.compact(), storage.index()]) await expect(call).rejects.toMatchObject({ code: 'storage-closed' })
  })
})

test('a SQLite with the WAL-reset fault is told once', async () => {
  const told = async (version: string) => {
    const problems: string[] = []
    const storage = createSqliteStorage({
      path: newPath(),
      driver: (path) => {
        const database = new DatabaseSync(path)
        database.function('sqlite_version', () => version)
        return database
      },
      onProblem: ({ code, message }) => problems.push(`${code}: ${message}`),
    })
    await storage.commit(batch(1))
    await storage.commit(batch(2))
    await storage.close()
    return problems
  }
  expect(await told('3.51.2')).toEqual([expect.stringMatching(/^storage-outdated: SQLite 3\.51\.2 .+ use 3\.51\.3 or later, or one process\.$/)])
  expect(await told('3.46.1')).toHaveLength(1)
  for (const sound of ['3.51.3', '3.52.0', '4.0.0']) expect(await told(sound)).toEqual([])
})
