import Database from 'better-sqlite3'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSqliteStorage, type SqliteDatabase, type SqliteStorageOptions } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { batch, message, session } from './test/sample-batch.ts'

const { folder, path: newPath } = databaseFolder()

/** A storage, and the database that it opened. */
async function opened(options: Partial<SqliteStorageOptions> = {}) {
  let live: DatabaseSync | undefined
  const path = options.path ?? newPath()
  const storage = createSqliteStorage({ path, driver: (path) => (live = new DatabaseSync(path)), ...options })
  await storage.ready()
  if (!live) throw new Error('nothing was opened')
  return { storage, path, database: live }
}

const pragma = (database: DatabaseSync, name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]

describe('the file', () => {
  test.each(['node:sqlite', 'better-sqlite3'])('with %s, and its companions are readable by their owner alone', async (driver) => {
    const path = newPath()
    const storage = createSqliteStorage({ path, ...(driver === 'better-sqlite3' && { driver: (path) => new Database(path) }) })
    await storage.commit(batch(1))
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect([file, (statSync(file).mode & 0o777).toString(8)]).toEqual([file, '600'])
    await storage.close()
  })

  test('that is there keeps its mode', async () => {
    const path = newPath()
    writeFileSync(path, '', { mode: 0o640 })
    chmodSync(path, 0o640)
    const { storage } = await opened({ path })
    expect(statSync(path).mode & 0o777).toBe(0o640)
    await storage.close()
  })

  test('is not made before the first use', async () => {
    const path = newPath()
    const storage = createSqliteStorage({ path })
    await storage.close()
    expect(existsSync(path)).toBe(false)
  })

  test('F3 is in WAL mode, synchronous NORMAL or FULL as asked, and waits for other processes', async () => {
    const normal = await opened()
    const full = await opened({ synchronous: 'FULL' })
    const settings = ({ database }: typeof normal) => ['journal_mode', 'synchronous', 'busy_timeout'].map((name) => pragma(database, name))
    expect(settings(normal)).toEqual(['wal', 1, 20])
    expect(settings(full)).toEqual(['wal', 2, 20])
    expect(pragma(full.database, 'user_version')).toBe(4)
    await Promise.all([normal.storage.close(), full.storage.close()])
  })

  test('holds each text once, and permission inputs as JSON that is not quoted again', async () => {
    const { storage, database } = await opened()
    const permissions = [{ id: 'q', title: 'May I?', state: 'pending', input: { note: 'unmistakable-1' }, options: [], askedAt: 1 }] as const
    await storage.commit({ session: session({ permissions, title: 'unmistakable-2' }), upsert: [message(1, { content: 'unmistakable-3' })], remove: [] })
    const rows = JSON.stringify([database.prepare('SELECT * FROM sessions').all(), database.prepare('SELECT * FROM messages').all()])
    for (const text of ['unmistakable-1', 'unmistakable-2', 'unmistakable-3']) expect(rows.split(text)).toHaveLength(2)
    expect(database.prepare(`SELECT json_extract(rest, '$.permissions[0].input.note') AS note FROM sessions`).get()).toEqual({ note: 'unmistakable-1' })
    await storage.close()
  })

  test('is read in order of the key alone: the last page of a long session reads nothing else', async () => {
    const { storage, database } = await opened()
    const plan = database.prepare('EXPLAIN QUERY PLAN SELECT * FROM messages WHERE key > 1 AND key < 2 ORDER BY key DESC LIMIT 200').all()
    expect(plan.map((step) => step['detail'])).toEqual(['SEARCH messages USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'])
    await storage.close()
  })
})

describe('a path that is of no use says so, and touches nothing', () => {
  const refused = async (path: string) => {
    const storage = createSqliteStorage({ path })
    const errors = await Promise.all([storage.ready(), storage.commit(batch(1)), storage.loadSession('s1')].map((call) => call.then(() => undefined, (error: unknown) => error)))
    await storage.close()
    expect(new Set(errors.map((error) => (error instanceof Error ? error.message : 'no error'))).size).toBe(1)
    return errors[0]
  }

  test('F10 garbage', async () => {
    const path = newPath()
    const garbage = Buffer.alloc(8192, 'not a database ')
    writeFileSync(path, garbage)
    expect(await refused(path)).toMatchObject({ code: 'storage-corrupt', message: expect.stringContaining('choose another path, or move the file away') })
    expect(readFileSync(path)).toEqual(garbage)
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  test('a database of another program', async () => {
    const path = newPath()
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE precious (a); INSERT INTO precious VALUES (1)')
    other.close()
    const before = readFileSync(path)
    expect(await refused(path)).toMatchObject({ code: 'storage-unavailable', message: expect.stringContaining('another program') })
    expect(readFileSync(path)).toEqual(before)
  })

  test('a folder that is not there', async () => {
    expect(await refused(join(folder, 'nowhere', 'a.db'))).toMatchObject({ code: 'storage-unavailable', message: expect.stringContaining('does not exist') })
  })

  test('a folder', async () => {
    const path = join(folder, 'a-folder')
    mkdirSync(path)
    expect(await refused(path)).toMatchObject({ code: 'storage-unavailable' })
  })

  test('a folder that cannot be written', async () => {
    // Root may write wherever the mode forbids it, but for the kernel's own folders.
    let path = '/sys/agent-session.db'
    if (process.getuid?.() !== 0) {
      path = join(folder, 'locked', 'a.db')
      mkdirSync(join(folder, 'locked'), { mode: 0o500 })
    }
    expect(await refused(path)).toMatchObject({ code: 'storage-unavailable', message: expect.stringMatching(/cannot be made: .+ may be written/) })
  })

  test('opening is tried again by the next call, so that it recovers once the path is of use', async () => {
    const path = join(folder, 'later', 'a.db')
    const storage = createSqliteStorage({ path })
    await expect(storage.commit(batch(1))).rejects.toMatchObject({ code: 'storage-unavailable' })
    mkdirSync(join(folder, 'later'))
    await storage.commit(batch(1))
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    await storage.close()
  })
})

describe('trouble while it is open', () => {
  test('F4 a full disk is said, leaves nothing of the commit, and the next one works when there is room', async () => {
    const { storage, database } = await opened()
    await storage.commit(batch(1))
    database.exec(`PRAGMA max_page_count = ${Number(pragma(database, 'page_count'))}`)
    const large = { ...batch(2), upsert: [message(2, { content: 'x'.repeat(100_000) })] }
    await expect(storage.commit(large)).rejects.toMatchObject({ code: 'storage-full', message: expect.stringContaining('make room') })
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    expect(await storage.loadCursor('s1')).toEqual({ epoch: 'e', seq: 1 })
    database.exec('PRAGMA max_page_count = 100000')
    await storage.commit(large)
    expect(await storage.loadMessages('s1')).toHaveLength(2)
    await storage.close()
  })

  test('a file that may not be written is read, and refuses commits', async () => {
    const { storage, path } = await opened()
    await storage.commit(batch(1))
    await storage.close()
    const reader = createSqliteStorage({ path, driver: (path) => new DatabaseSync(path, { readOnly: true }) })
    expect(await reader.loadMessages('s1')).toEqual([message(1)])
    await expect(reader.commit(batch(2))).rejects.toMatchObject({ code: 'storage-read-only' })
    await expect(reader.deleteSessions(['s1'])).rejects.toMatchObject({ code: 'storage-read-only' })
    await reader.close()
  })

  test('a message that takes the place of another is refused instead of one of the two being lost', async () => {
    const { storage } = await opened()
    await storage.commit(batch(1))
    await expect(storage.commit({ ...batch(1), upsert: [message(1, { id: 'impostor' })] })).rejects.toMatchObject({ code: 'storage-failed' })
    for (const seqId of [-1, 1.5, NaN, 2 ** 32]) {
      await expect(storage.commit({ ...batch(1), upsert: [message(seqId, { id: 'nowhere' })] })).rejects.toMatchObject({ code: 'storage-failed' })
    }
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    // In the middle of many, too, which one statement writes.
    const many = Array.from({ length: 25 }, (_, index) => message(index + 1))
    await storage.commit({ ...batch(1), upsert: many })
    const impostors = many.with(16, message(17, { id: 'impostor' }))
    await expect(storage.commit({ ...batch(1), upsert: impostors })).rejects.toMatchObject({ message: expect.stringContaining('impostor was given the place 17') })
    expect(await storage.loadMessages('s1')).toEqual(many)
    await storage.close()
  })

  test('a value that SQLite cannot bind leaves nothing of its batch', async () => {
    const { storage } = await opened()
    const content: string = JSON.parse('{}')
    await expect(storage.commit({ ...batch(1), upsert: [message(1), message(2, { content })] })).rejects.toMatchObject({ code: 'storage-failed' })
    expect(await storage.loadSession('s1')).toBeUndefined()
    await storage.close()
  })
})

test('F13 a commit begins as a write, so that another writer cannot come in between what it reads and what it writes', async () => {
  const begun: string[] = []
  const storage = createSqliteStorage({
    path: newPath(),
    driver: (path) => {
      const database = new DatabaseSync(path)
      return {
        exec: (sql) => {
          if (sql.startsWith('BEGIN')) begun.push(sql)
          database.exec(sql)
        },
        prepare: (sql) => database.prepare(sql),
        close: () => database.close(),
      }
    },
  })
  const { fence } = await storage.acquire('me')
  await storage.commit({ ...batch(1), fence })
  await storage.deleteSessions(['s1'], fence)
  expect(new Set(begun)).toEqual(new Set(['BEGIN IMMEDIATE']))
  await storage.close()
})

test('close lets what was asked before have its turn, and closes the file', async () => {
  const { storage, database } = await opened()
  const commits = [1, 2, 3].map((seqId) => storage.commit(batch(seqId)))
  const read = storage.loadMessages('s1')
  await storage.close()
  await Promise.all(commits)
  expect(await read).toHaveLength(3)
  expect(database.isOpen).toBe(false)
})

describe('a database of another version', () => {
  test('F11 with a newer schema is read, and refuses to be written', async () => {
    const { storage, database, path } = await opened()
    await storage.commit(batch(1))
    database.exec('PRAGMA user_version = 99')
    await storage.close()
    const newer = createSqliteStorage({ path })
    expect(await newer.loadMessages('s1')).toEqual([message(1)])
    expect(await newer.listSessions()).toHaveLength(1)
    const refusal = { code: 'storage-newer-schema', message: expect.stringContaining('Update @agent-session/storage-sqlite') }
    await expect(newer.commit(batch(2))).rejects.toMatchObject(refusal)
    await expect(newer.deleteSessions(['s1'])).rejects.toMatchObject(refusal)
    await expect(newer.acquire('x')).rejects.toMatchObject(refusal)
    expect(await newer.loadMessages('s1')).toEqual([message(1)])
    await newer.close()
  })

  test('F12 is as it was after a death in the middle of a migration, which is then done', async () => {
    const path = newPath()
    // Dies where the new version is written, at the very end of the step.
    const dying: (path: string) => SqliteDatabase = (path) => {
      const database = new DatabaseSync(path)
      return {
        exec: (sql) => {
          if (sql.includes('user_version')) {
            database.close()
            throw new Error('killed')
          }
          database.exec(sql)
        },
        prepare: (sql) => database.prepare(sql),
        close: () => {},
      }
    }
    await expect(createSqliteStorage({ path, driver: dying }).ready()).rejects.toThrow('killed')
    const left = new DatabaseSync(path)
    expect(left.prepare('SELECT count(*) AS tables FROM sqlite_master').get()).toEqual({ tables: 0 })
    left.close()
    const { storage } = await opened({ path })
    await storage.commit(batch(1))
    await storage.close()
  })
})

describe('F10 a damaged row is set aside and reported, and the rest loads', () => {
  const damaged = async (sql: string) => {
    const problems: string[] = []
    const { storage, database } = await opened({ onProblem: (problem) => problems.push(`${problem.code}: ${problem.message}`) })
    const permissions = [{ id: 'q', title: 'May I?', state: 'pending', options: [], askedAt: 1 }] as const
    await storage.commit({ session: session({ permissions, title: 'T' }), upsert: [message(1), message(2), message(3)], remove: [] })
    await storage.commit({ session: session({ sessionId: 's2' }), upsert: [], remove: [] })
    database.exec(sql)
    return { storage, problems }
  }

  test.each([
    ['role', `'nobody'`],
    ['timestamp', `'soon'`],
  ])('a message whose %s is none', async (column, value) => {
    const { storage, problems } = await damaged(`UPDATE messages SET ${column} = ${value} WHERE id = 'm2'`)
    expect(await storage.loadMessages('s1')).toEqual([message(1), message(3)])
    expect(problems).toEqual([expect.stringMatching(/^storage-corrupt: A message .+ is damaged and was set aside/)])
    await storage.close()
  })

  test.each(['{"modes": [', '{}', 'null', '{"modes": 1}', ''])('a session whose JSON is %j keeps what has columns', async (json) => {
    const { storage, problems } = await damaged(`UPDATE sessions SET rest = '${json}' WHERE session_id = 's1'`)
    expect(await storage.loadSession('s1')).toEqual(session({ title: 'T' }))
    expect(problems).toEqual([expect.stringMatching(/^storage-corrupt: A part of the session s1 .+ is damaged/)])
    expect(await storage.loadMessages('s1')).toHaveLength(3)
    expect(await storage.listSessions()).toHaveLength(2)
    await storage.close()
  })

  test('a session without a status', async () => {
    const { storage, problems } = await damaged(`UPDATE sessions SET status = 'odd' WHERE session_id = 's1'`)
    expect((await storage.listSessions()).map((found) => found.sessionId)).toEqual(['s2'])
    expect(await storage.loadSession('s1')).toBeUndefined()
    expect(await storage.loadSession('s2')).toBeDefined()
    expect(problems).toHaveLength(2)
    await storage.close()
  })
})

test('keys of stored JSON that name a prototype are left out', async () => {
  const { storage } = await opened()
  const input: unknown = JSON.parse('{"a":1,"__proto__":{"x":1},"constructor":{"x":1},"deep":{"prototype":1}}')
  await storage.commit({ session: session({ permissions: [{ id: 'q', title: 'May I?', state: 'pending', input, options: [], askedAt: 1 }] }), upsert: [], remove: [] })
  expect((await storage.loadSession('s1'))?.permissions[0]?.input).toStrictEqual({ a: 1, deep: {} })
  await storage.close()
})

test('a database that is given open is used, and left open', async () => {
  const database = new Database(':memory:')
  const storage = createSqliteStorage({ path: ':memory:', driver: database })
  await storage.commit(batch(1))
  expect(await storage.loadMessages('s1')).toEqual([message(1)])
  await storage.close()
  expect(database.prepare('SELECT count(*) AS rows FROM messages').get()).toEqual({ rows: 1 })
  database.close()
})

test('a driver that has objects for rows and no way to arrays will do', async () => {
  const bare = (path: string): SqliteDatabase => {
    const database = new DatabaseSync(path)
    return {
      exec: (sql) => database.exec(sql),
      prepare: (sql) => {
        const statement = database.prepare(sql)
        // null for no row, as Bun has it
        return { run: (...values) => statement.run(...values), get: (...values) => statement.get(...values) ?? null, all: (...values) => statement.all(...values) }
      },
      close: () => database.close(),
    }
  }
  const storage = createSqliteStorage({ path: newPath(), driver: bare })
  const full = message(1, { toolName: 'Bash', truncated: { characters: 1, lines: 2 }, isError: true })
  await storage.commit({ ...batch(1), upsert: [full] })
  expect(await storage.loadMessages('s1')).toEqual([full])
  expect(await storage.loadSession('none')).toBeUndefined()
  expect((await storage.search('message'))[0]?.message).toEqual(full)
  await storage.close()
})
