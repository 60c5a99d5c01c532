import Database from 'better-sqlite3'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { createSqliteStorage, type SqliteDriver, type SqliteStorage } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { batch, message, session } from './test/sample-batch.ts'

const { path: newPath, folder } = databaseFolder()

const drivers: Record<string, SqliteDriver> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new Database(path),
}

/** What became of a call: `done`, or the code of its error; `untyped` where it has none of ours. */
const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error && String(error.code).startsWith('storage-') ? String(error.code) : `untyped: ${String(error)}`),
  )

const disks: string[] = []

/** A disk of its own; `undefined` where this user may not mount any. */
function disk(size: string): string | undefined {
  const mounted = mkdtempSync(join(tmpdir(), 'agent-session-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', mounted], { stdio: 'ignore' })
  } catch {
    rmdirSync(mounted)
    return undefined
  }
  disks.push(mounted)
  return mounted
}

afterEach(() => {
  for (const mounted of disks.splice(0)) {
    execFileSync('umount', [mounted])
    rmdirSync(mounted)
  }
})

describe.each(Object.entries(drivers))('F4 a real disk that is full: %s', (_, driver) => {
  test('in the middle of a migration: the old version is intact, and is migrated when there is room', async ({ skip }) => {
    const mounted = disk('256k')
    if (mounted === undefined) return skip('mounting a disk takes rights that this user has not')
    const [path, ballast] = [join(mounted, 'old.db'), join(mounted, 'ballast')]
    copyFileSync(new URL('../test/fixtures/v1.db', import.meta.url), path)
    // All but a page or two; SQLite needs 32 KB for `-shm` alone.
    for (const free of [0, 4, 12, 36, 40, 44]) {
      rmSync(ballast, { force: true })
      const left = 256 - Math.ceil(statSync(path).size / 1024) - 4
      writeFileSync(ballast, Buffer.alloc((left - free) * 1024))
      const storage = createSqliteStorage({ path, driver })
      expect(await outcome(storage.ready())).toMatch(/^(storage-full|storage-failed|storage-unavailable|done)$/)
      await storage.close()
      // Whole steps are made or none.
      const copy = newPath()
      for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
      const database = new DatabaseSync(copy)
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      expect(database.prepare('SELECT count(*) AS rows FROM messages').get()).toEqual({ rows: 7 })
      database.close()
    }
    rmSync(ballast)
    const storage = createSqliteStorage({ path, driver })
    expect(await storage.loadMessages('plain')).toHaveLength(3)
    await storage.commit(batch(1))
    await storage.close()
  })

  test('where the WAL goes into the file, in VACUUM and in indexing: nothing is lost, and each works when there is room', async ({ skip }) => {
    const mounted = disk('3m')
    if (mounted === undefined) return skip('mounting a disk takes rights that this user has not')
    const [path, ballast] = [join(mounted, 'sessions.db'), join(mounted, 'ballast')]
    const storage = createSqliteStorage({ path, driver })
    let count = 0
    // Until even the WAL has no room, with the file behind it.
    for (let refused = 0; refused < 3; ) {
      const upsert = [message(count + 1, { content: `${count} `.padEnd(9_000, 'words and more ') })]
      if ((await outcome(storage.commit({ ...batch(count + 1), upsert }))) === 'done') count += 1
      else refused += 1
    }
    writeFileSync(ballast, '')
    expect(await outcome(storage.compact())).toMatch(/^storage-full$/)
    expect(await outcome(storage.index())).toMatch(/^storage-full$/)
    expect(await storage.loadMessages('s1')).toHaveLength(count)
    await storage.deleteSessions(['nobody']).catch(() => {})
    expect(await outcome(storage.close())).toBe('done')
    const again = createSqliteStorage({ path, driver })
    expect(await again.loadMessages('s1')).toHaveLength(count)
    expect(await again.check()).toEqual([])
    await again.close()
  })
})

describe.each(Object.entries(drivers))('F10 a file that somebody meddles with while it is open: %s', (_, driver) => {
  /** Open, with ten messages. */
  async function opened(): Promise<{ path: string; storage: SqliteStorage }> {
    const path = newPath()
    const storage = createSqliteStorage({ path, driver })
    for (let seqId = 1; seqId <= 10; seqId += 1) await storage.commit({ ...batch(seqId), upsert: [message(seqId, { content: 'y'.repeat(5_000) })] })
    return { path, storage }
  }

  const saved = async (storage: SqliteStorage): Promise<string> => {
    for (let seqId = 11; seqId <= 15; seqId += 1) {
      const result = await outcome(storage.commit(batch(seqId)))
      if (result !== 'done') return result
    }
    return 'done'
  }

  test('deleted: it is not written on in silence', async () => {
    const { path, storage } = await opened()
    for (const name of [path, `${path}-wal`, `${path}-shm`]) unlinkSync(name)
    await expect(storage.commit(batch(11))).rejects.toMatchObject({ code: 'storage-unavailable', message: expect.stringContaining('was deleted while it was open') })
    expect(await storage.loadMessages('s1')).toHaveLength(10)
    await storage.close()
  })

  test('replaced by another database, as by a backup that is put in its place: it is not written on in silence', async () => {
    const { path, storage } = await opened()
    const other = newPath()
    const backup = createSqliteStorage({ path: other, driver })
    await backup.commit(batch(1, 'backup'))
    await backup.close()
    renameSync(other, path)
    await expect(storage.commit(batch(11))).rejects.toMatchObject({ code: 'storage-unavailable', message: expect.stringContaining('was replaced by another file while it was open') })
    await storage.close()
  })

  test('truncated: the commit says so, or what it acknowledged is there', async () => {
    const { path, storage } = await opened()
    truncateSync(path, 5_000)
    const result = await saved(storage)
    expect(result).toMatch(/^(done|storage-)/)
    expect(await outcome(storage.close())).toBe('done')
    const again = createSqliteStorage({ path, driver })
    const messages = await again.loadMessages('s1').catch(() => undefined)
    if (result === 'done') expect(messages).toHaveLength(15)
    await again.close()
  })

  test('without its WAL when it is opened: it opens as it was before, or says what is wrong', async () => {
    const { path, storage } = await opened()
    const copy = newPath()
    copyFileSync(path, copy)
    await storage.close()
    const other = createSqliteStorage({ path: copy, driver })
    expect(await outcome(other.commit(batch(1)))).toMatch(/^(done|storage-)/)
    expect(await outcome(other.check())).toMatch(/^(done|storage-)/)
    await other.close()
  })
})

describe('a path of every kind', () => {
  test('an empty file becomes a database', async () => {
    const path = newPath()
    writeFileSync(path, '')
    const storage = createSqliteStorage({ path })
    await storage.commit(batch(1))
    expect(await storage.check()).toEqual([])
    await storage.close()
  })

  test('a relative path is of the folder that the process is in', async () => {
    const path = newPath()
    const storage = createSqliteStorage({ path: relative(process.cwd(), path) })
    await storage.commit(batch(1))
    await storage.close()
    expect(existsSync(path)).toBe(true)
  })

  test.each(Object.entries(drivers))('a name with every awkward character is a name: %s', async (_, driver) => {
    for (const name of ['a b?c=d#e%20f.db', 'ünï 🦉.db', "it's; DROP TABLE--.db"]) {
      const path = join(folder, name)
      const storage = createSqliteStorage({ path, driver })
      await storage.commit(batch(1))
      await storage.close()
      expect([name, existsSync(path), (statSync(path).mode & 0o777).toString(8)]).toEqual([name, true, '600'])
    }
  })

  test('F11 a folder and a file that may only be read are read, and say so to who writes', async ({ skip }) => {
    const home = join(folder, 'read-only')
    mkdirSync(home)
    const path = join(home, 'sessions.db')
    const storage = createSqliteStorage({ path })
    await storage.commit(batch(1))
    await storage.close()
    // Root may write wherever a mode forbids it, but not where the disk does.
    if (process.getuid?.() !== 0) {
      chmodSync(path, 0o400)
      chmodSync(home, 0o500)
    } else {
      try {
        execFileSync('mount', ['--bind', home, home], { stdio: 'ignore' })
        onTestFinished(() => void execFileSync('umount', [home]))
        execFileSync('mount', ['-o', 'remount,ro,bind', home], { stdio: 'ignore' })
      } catch {
        return skip('a folder that root may not write takes a mount')
      }
    }
    const before = readFileSync(path)
    for (const driver of Object.values(drivers)) {
      const reader = createSqliteStorage({ path, driver })
      expect(await outcome(reader.loadMessages('s1'))).toMatch(/^(done|storage-unavailable|storage-read-only)$/)
      expect(await outcome(reader.commit(batch(2)))).toMatch(/^storage-(read-only|unavailable)$/)
      expect(await outcome(reader.acquire('me'))).toMatch(/^storage-(read-only|unavailable)$/)
      await reader.close()
    }
    expect(readFileSync(path)).toEqual(before)
  })
})

describe.each(Object.entries(drivers))('values of every kind: %s', (_, driver) => {
  test('F10 columns of another type are damage that is told, or are read as what they are', async () => {
    const path = newPath()
    const problems: string[] = []
    const storage = createSqliteStorage({ path, driver, onProblem: ({ code }) => problems.push(code) })
    await storage.commit({ session: session(), upsert: Array.from({ length: 6 }, (_, index) => message(index + 1)), remove: [] })
    await storage.close()
    const database = new DatabaseSync(path)
    database.exec(`
      UPDATE messages SET timestamp = x'00ff' WHERE id = 'm1';
      UPDATE messages SET role = 7 WHERE id = 'm2';
      UPDATE messages SET tool_state = 'odd', delivery = 12, streaming = 'yes', truncated_lines = 'many' WHERE id = 'm3';
      UPDATE messages SET content = x'ff' WHERE id = 'm4';
      UPDATE sessions SET model = x'00', cursor_seq = 'soon', unindexed_from = 'never', pinned = 'x';
    `)
    database.close()
    const again = createSqliteStorage({ path, driver, onProblem: ({ code }) => problems.push(code) })
    const messages = await again.loadMessages('s1')
    expect(messages.map(({ id }) => id)).toEqual(['m3', 'm4', 'm5', 'm6'])
    expect(messages[0]).toEqual(message(3))
    expect(problems).toEqual(['storage-corrupt', 'storage-corrupt'])
    expect(await again.loadCursor('s1')).toBeUndefined()
    expect(await outcome(again.loadSession('s1'))).toBe('done')
    expect(await outcome(again.search('message'))).toBe('done')
    expect(await outcome(again.index())).toBe('done')
    expect(await outcome(again.commit(batch(7)))).toBe('done')
    await again.close()
  })

  test('T28 ids with every awkward character are kept apart', async () => {
    const path = newPath()
    const ids = ['', ' ', 'a', 'A', 'a ', 'a\0', 'a\0b', '\ud83e', '\udd89', '🦉', "'", '"', '%', '_', '\\', '../a', '\n', '\u00e9', 'e\u0301', 'null', '0', '-1', '__proto__', 'x'.repeat(100_000)]
    const storage = createSqliteStorage({ path, driver })
    for (const [index, sessionId] of ids.entries()) {
      await storage.commit({ session: session({ sessionId, projectId: sessionId, updatedAt: index }), upsert: [message(1, { id: sessionId, content: sessionId })], remove: [] })
    }
    await storage.close()
    const again = createSqliteStorage({ path, driver })
    for (const sessionId of ids) {
      expect((await again.loadMessages(sessionId)).map(({ id, content }) => [id, content])).toEqual([[sessionId, sessionId]])
      expect((await again.listSessions(sessionId)).map((found) => found.sessionId)).toEqual([sessionId])
      expect((await again.lastSession(sessionId))?.sessionId).toBe(sessionId)
    }
    await again.commit({ session: session({ sessionId: 'a\0', projectId: 'a\0' }), upsert: [], remove: ['a\0'] })
    await again.deleteSessions(['a', '%'])
    expect(await again.loadMessages('a\0')).toEqual([])
    expect((await again.listSessions(undefined, { limit: 100 })).length).toBe(ids.length - 2)
    await again.close()
  })
})

test('F28 a text of 100 MB is whole, and stands in nobody’s way', { timeout: 120_000 }, async () => {
  const path = newPath()
  const storage = createSqliteStorage({ path })
  const content = 'a line of output\n'.repeat(6_000_000)
  await storage.commit({ session: session(), upsert: [message(1, { content }), message(2)], remove: [] })
  expect(await storage.loadMessages('s1', { limit: 1 })).toEqual([message(2)])
  const [first] = await storage.loadMessages('s1', { before: 2 })
  expect(first?.content === content).toBe(true)
  await storage.deleteSessions(['s1'])
  expect(await storage.loadMessages('s1')).toEqual([])
  await storage.close()
})
