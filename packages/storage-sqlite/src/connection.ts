import { AgentSessionError, type Clock } from '@agent-session/core'
import { createPrivateFile, sameFileCheck } from './database-file.ts'
import { messageColumns, upsertMessageSql, upsertPlainMessagesSql, upsertPlainMessageSql } from './message-row.ts'
import { busyTimeoutMs, retryWhileBusy } from './retry-while-busy.ts'
import { isRow } from './row.ts'
import { rowsAsArrays } from './rows-as-arrays.ts'
import { migrate, readSchemaVersion, rollBack, schemaVersion } from './schema.ts'
import { recordColumnList, summaryColumnList, upsertSessionSql } from './session-row.ts'
import { nodeSqlite, type SqliteDatabase, type SqliteDriver } from './sqlite-driver.ts'
import { storageError } from './sqlite-error.ts'

export interface ConnectionOptions {
  readonly path: string
  readonly driver: SqliteDriver | SqliteDatabase | undefined
  readonly synchronous: 'NORMAL' | 'FULL'
  readonly clock: Clock
}

/** An open database with every statement prepared once. */
export interface Connection {
  readonly database: SqliteDatabase
  readonly statements: Statements
  /** One transaction: all of `work` is durable when it returns, and nothing of it when it throws. */
  write<T>(work: (statements: Statements & WriteStatements) => T): T
  close(): void
}

export type Statements = ReturnType<typeof prepareReads>
export type WriteStatements = ReturnType<typeof prepareWrites>

export async function openConnection({ path, driver = nodeSqlite, synchronous, clock }: ConnectionOptions): Promise<Connection> {
  const given = typeof driver === 'function' ? undefined : driver
  if (typeof driver === 'function') await createPrivateFile(path)
  const database = typeof driver === 'function' ? await driver(path) : driver
  // What was given open is closed by its giver.
  const close = (): void => void (given ?? database.close())
  try {
    const checkFile = given === undefined ? await sameFileCheck(path) : () => {}
    return await retryWhileBusy(clock, () => setUp(database, { path, synchronous, checkFile, close }))
  } catch (thrown) {
    close()
    throw thrown
  }
}

interface SetUp {
  readonly path: string
  readonly synchronous: 'NORMAL' | 'FULL'
  /** Throws where the file is not the one at the path any more. */
  readonly checkFile: () => void
  readonly close: () => void
}

/** May be tried again where another process was in the way. */
function setUp(database: SqliteDatabase, { path, synchronous, checkFile, close }: SetUp): Connection {
  // node:sqlite would not wait at all for another process; the others have waits of their own, which hold the thread.
  database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  const version = readSchemaVersion(database, path)
  if (version > schemaVersion) return { database, statements: prepareReads(database), write: refuseWrites(path, version), close }
  if (journalMode(database) !== 'wal') setWal(database, path, version === schemaVersion)
  database.exec(`PRAGMA synchronous = ${synchronous}`)
  if (version < schemaVersion) migrate(database)
  const statements = { ...prepareReads(database), ...prepareWrites(database) }
  return {
    database,
    statements,
    write(work) {
      checkFile()
      // IMMEDIATE: a transaction that first reads and then writes could be refused in its middle, without a wait.
      database.exec('BEGIN IMMEDIATE')
      try {
        const result = work(statements)
        database.exec('COMMIT')
        return result
      } catch (thrown) {
        rollBack(database)
        throw thrown
      }
    },
    close,
  }
}

const prepareReads = (database: SqliteDatabase) => ({
  sessionById: database.prepare(`SELECT ${recordColumnList} FROM sessions WHERE session_id = ?`),
  lastSession: database.prepare(`
    SELECT ${recordColumnList} FROM sessions WHERE project_id = ? ORDER BY updated_at DESC, created_at DESC, id DESC LIMIT 1`),
  sessionsOfProject: database.prepare(`
    SELECT ${summaryColumnList} FROM sessions WHERE project_id = ? ORDER BY updated_at DESC, created_at DESC, id DESC LIMIT ? OFFSET ?`),
  sessions: database.prepare(`
    SELECT ${summaryColumnList} FROM sessions ORDER BY updated_at DESC, created_at DESC, id DESC LIMIT ? OFFSET ?`),
  cursorById: database.prepare('SELECT cursor_epoch, cursor_seq FROM sessions WHERE session_id = ?'),
  lease: database.prepare('SELECT fence, owner, beat, process FROM lease'),
  sessionKey: database.prepare('SELECT id FROM sessions WHERE session_id = ?'),
  messages: rowsAsArrays(database.prepare(`SELECT ${messageColumns} FROM messages WHERE key > ? AND key < ? ORDER BY key`)),
  lastMessages: rowsAsArrays(database.prepare(`SELECT ${messageColumns} FROM messages WHERE key > ? AND key < ? ORDER BY key DESC LIMIT ?`)),
  searchedSessions: database.prepare(
    'SELECT id, session_id, project_id, unindexed_from FROM sessions ORDER BY updated_at DESC, created_at DESC, id DESC',
  ),
  newestWrite: database.prepare('SELECT max(number) AS number FROM written'),
  writesAfter: database.prepare('SELECT number, session_id, writer FROM written WHERE number > ? ORDER BY number'),
  allSessionIds: database.prepare('SELECT session_id FROM sessions'),
  dataVersion: database.prepare('PRAGMA data_version'),
  idsBetween: rowsAsArrays(database.prepare('SELECT id FROM messages WHERE key >= ? AND key < ?')),
  firstOfLast: database.prepare('SELECT min(key) AS first FROM (SELECT key FROM messages WHERE key > ? AND key < ? ORDER BY key DESC LIMIT ?)'),
  scanMessages: rowsAsArrays(
    database.prepare(`
      SELECT ${messageColumns} FROM messages
      WHERE key > ? AND key < ? AND (content LIKE ? ESCAPE '\\' OR typeof(content) = 'blob')
      ORDER BY key DESC`),
  ),
})

const prepareWrites = (database: SqliteDatabase) => ({
  upsertSession: database.prepare(upsertSessionSql),
  upsertMessage: database.prepare(upsertMessageSql),
  upsertPlainMessage: database.prepare(upsertPlainMessageSql),
  upsertPlainMessages: database.prepare(upsertPlainMessagesSql),
  findMessage: database.prepare('SELECT key FROM messages WHERE key > ? AND key < ? AND id = ? ORDER BY key DESC LIMIT 1'),
  findMessages: database.prepare('SELECT key FROM messages WHERE key > ? AND key < ? AND id IN (SELECT value FROM json_each(?))'),
  removeMessage: database.prepare('DELETE FROM messages WHERE key = ?'),
  deleteSession: database.prepare('DELETE FROM sessions WHERE id = ?'),
  noteRemoved: database.prepare('INSERT INTO removed (id) VALUES (?)'),
  nextRemoved: database.prepare('SELECT id FROM removed LIMIT 1'),
  pieceOfRemoved: database.prepare('SELECT max(key) AS last, count(*) AS rows FROM (SELECT key FROM messages WHERE key >= ? AND key < ? ORDER BY key LIMIT ?)'),
  deleteMessages: database.prepare('DELETE FROM messages WHERE key >= ? AND key <= ?'),
  forgetRemoved: database.prepare('DELETE FROM removed WHERE id = ?'),
  noteWrite: database.prepare('INSERT INTO written (session_id, writer) VALUES (?, ?) RETURNING number'),
  forgetWrites: database.prepare('DELETE FROM written WHERE number <= ?'),
  takeLease: database.prepare(`
    INSERT INTO lease (id, fence, owner, process, beat) VALUES (1, 1, ?, ?, 1)
    ON CONFLICT (id) DO UPDATE SET fence = fence + 1, owner = excluded.owner, process = excluded.process, beat = 1 RETURNING fence`),
  nextUnindexed: database.prepare(`
    SELECT id, unindexed_from FROM sessions WHERE unindexed_from IS NOT NULL ORDER BY updated_at DESC, created_at DESC, id DESC LIMIT 1`),
  setIndexed: database.prepare('UPDATE sessions SET unindexed_from = ? WHERE id = ?'),
  beat: database.prepare('UPDATE lease SET beat = beat + 1 WHERE fence = ?'),
  freeLease: database.prepare('UPDATE lease SET beat = 0 WHERE fence = ?'),
})

function journalMode(database: SqliteDatabase): unknown {
  const row = database.prepare('PRAGMA journal_mode').get()
  return isRow(row) ? row['journal_mode'] : undefined
}

/** A file of the right schema that may not be written, such as a copy for reading, is read in the mode it has. */
function setWal(database: SqliteDatabase, path: string, readable: boolean): void {
  try {
    database.exec('PRAGMA journal_mode = WAL')
  } catch (thrown) {
    if (!readable || storageError(thrown, 'opening it', path).code !== 'storage-read-only') throw thrown
  }
}

const refuseWrites = (path: string, version: number) => (): never => {
  throw new AgentSessionError(
    'storage-newer-schema',
    `${path} was written by a newer version of this library (schema ${version}, this one knows ${schemaVersion}): it can be read, not written. Update @agent-session/storage-sqlite.`,
  )
}
