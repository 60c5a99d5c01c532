import {
  AgentSessionError,
  systemClock,
  type Clock,
  type MessageRecord,
  type SessionRecord,
  type SessionStorage,
  type SessionSummary,
} from '@agent-session/core'
import { openConnection, type Connection, type Statements, type WriteStatements } from './connection.ts'
import { keysOf } from './keys-of-messages.ts'
import { KnownIds } from './known-ids.ts'
import { messageKey, readMessage, seqIdOf } from './message-row.ts'
import { searchMessages, Turns } from './message-search.ts'
import { OtherWrites } from './other-writes.ts'
import { readAroundDamage } from './read-around-damage.ts'
import { clearRemoved, removeSession } from './removed-sessions.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import { isNumber, isRow } from './row.ts'
import { SearchIndex } from './search-index.ts'
import { readCursor, readSession, readSummary, sessionValues } from './session-row.ts'
import type { SqliteDatabase, SqliteDriver } from './sqlite-driver.ts'
import { isCorrupt, storageError } from './sqlite-error.ts'
import { storedText } from './stored-text.ts'
import { checkIntegrity, compact, hasWalResetBug, sizeOf, type SizeReport } from './upkeep.ts'
import { writeMessages } from './write-messages.ts'
import { WriteQueue } from './write-queue.ts'
import { WriterLeases } from './writer-leases.ts'

export interface SqliteStorageOptions {
  /** The database file; its folder must exist. A file that is not there is made, with mode 0600. */
  readonly path: string
  /**
   * Another SQLite than node:sqlite: a function that opens the path, `(path) => new Database(path)`, or a database that
   * is open already, which is then closed by who opened it, and whose file's mode is theirs to set.
   */
  readonly driver?: SqliteDriver | SqliteDatabase
  /** `FULL` survives a power loss with all that was acknowledged; `NORMAL` (the default) may lose the last commits, and is consistent. */
  readonly synchronous?: 'NORMAL' | 'FULL'
  /**
   * Told of each row or page that is damaged and was set aside, while the rest loads (`storage-corrupt`), of a SQLite with
   * a fault that may lose commits (`storage-outdated`), and of an index that could not be written. Absent: in silence.
   */
  readonly onProblem?: (problem: AgentSessionError) => void
  /** For waiting: for other processes, and for the lease. Absent: the machine's own. */
  readonly clock?: Clock
}

export type SqliteStorage = SessionStorage &
  Required<Pick<SessionStorage, 'acquire' | 'loadCursor' | 'search' | 'onChange' | 'close'>> & {
    /** Opens the database now instead of at the first use; rejects with what is wrong with it. */
    ready(): Promise<void>
    /** What SQLite finds wrong in the file, a line each; none where it is sound. Reads all of it, and keeps the thread as long. */
    check(): Promise<readonly string[]>
    size(): Promise<SizeReport>
    /** Gives to the disk what deleted sessions left free, in the full-text index too; how large it is then. Needs as much room as the file has, and keeps the thread. */
    compact(): Promise<SizeReport>
    /** Takes all into the full-text index that is not in it yet. Searches do so by themselves, a part at a time, and find everything without it. */
    index(): Promise<void>
  }

/** Rows that one search takes into the index afterwards. */
const indexedAfterSearch = 20_000

/**
 * Keeps sessions in one SQLite file. Opening waits for the first use, and where it fails each method rejects with the
 * reason and the next one tries again. SQLite itself is synchronous: the promises are those of the port, and of waiting
 * for other processes.
 */
export function createSqliteStorage(options: SqliteStorageOptions): SqliteStorage {
  const { path, driver, synchronous = 'NORMAL', onProblem, clock = systemClock } = options
  const queue = new WriteQueue()
  const knownIds = new KnownIds()
  let opening: Promise<Connection> | undefined
  let open: Connection | undefined
  let closing: Promise<void> | undefined
  let index: SearchIndex | undefined
  let indexing: Promise<void> | undefined

  const connect = (): Promise<Connection> => {
    opening ??= opened().catch((thrown: unknown) => {
      opening = undefined
      throw storageError(thrown, 'it was opened', path)
    })
    return opening
  }

  const opened = async (): Promise<Connection> => {
    const connection = await openConnection({ path, driver, synchronous, clock })
    index = new SearchIndex(connection.database)
    open = connection
    const outdated = onProblem && hasWalResetBug(connection.database)
    if (outdated) {
      const text = `SQLite ${outdated} may, rarely, lose a commit where two processes write ${path}: use 3.51.3 or later, or one process.`
      onProblem(new AgentSessionError('storage-outdated', text))
    }
    return connection
  }

  const closed = (): AgentSessionError => new AgentSessionError('storage-closed', `The session database ${path} was closed. Make a new storage.`)

  const use = async <T>(doing: string, work: (connection: Connection) => T): Promise<T> => {
    if (closing) throw closed()
    const connection = await connect()
    await queue.passed()
    try {
      return await retryWhileBusy(clock, () => work(connection))
    } catch (thrown) {
      throw storageError(thrown, doing, path)
    }
  }

  /** Also for what `close` itself still has to write. */
  const writeNow = <T>(doing: string, work: (connection: Connection) => T): Promise<T> =>
    queue.add(async (onBusy) => {
      const connection = await connect()
      try {
        return await retryWhileBusy(clock, () => work(connection), onBusy)
      } catch (thrown) {
        throw storageError(thrown, doing, path)
      }
    })

  const write = async <T>(doing: string, work: (statements: Statements & WriteStatements) => T): Promise<T> => {
    if (closing) throw closed()
    return writeNow(doing, (connection) => connection.write(work))
  }

  const leases = new WriterLeases({
    path,
    clock,
    closed,
    read: (work) => use('looking for its writer', ({ statements }) => work(statements)),
    write: (work) => writeNow('taking the lease', (connection) => connection.write(work)),
  })

  const others = new OtherWrites({
    clock,
    get connection() {
      return open
    },
    read: (work) => use('looking for what others wrote', ({ statements }) => work(statements)),
  })

  const report = (what: string, cause?: unknown): void =>
    onProblem?.(new AgentSessionError('storage-corrupt', `${what} in ${path} is damaged and was set aside.`, { cause }))

  const indexFailed = (cause: unknown): void =>
    onProblem?.(AgentSessionError.from('storage-failed', cause))

  const readMessages = (rows: readonly (readonly unknown[])[]): MessageRecord[] => {
    const messages: MessageRecord[] = []
    for (const row of rows) {
      const message = readMessage(row)
      if (message) messages.push(message)
      else report(`A message (row ${String(row[0])})`)
    }
    return messages
  }

  const readRecord = (row: unknown): SessionRecord | undefined => {
    if (!isRow(row)) return undefined
    const found = readSession(row)
    if (!found) report(`A session (${String(row['session_id'])})`)
    else if (found.damaged !== undefined) report(`A part of the session ${found.record.sessionId}`, found.damaged)
    return found?.record
  }

  /** Messages between two keys; around what is damaged, where something is. */
  const messagesBetween = ({ messages, lastMessages }: Statements, from: number, to: number, limit: number | undefined): MessageRecord[] => {
    try {
      return readMessages(limit === undefined ? messages(from, to) : lastMessages(from, to, atMost(limit)).toReversed())
    } catch (thrown) {
      if (!isCorrupt(thrown)) throw thrown
      const rows = readAroundDamage(messages, from, to, (first, last) =>
        report(`What was written from message ${seqIdOf(first)} to ${seqIdOf(last)} of a session`, thrown),
      )
      return readMessages(limit === undefined || !Number.isFinite(limit) ? rows : rows.slice(Math.max(0, rows.length - limit)))
    }
  }

  /** Takes rows into the index, piece by piece, until all are in it or so many were. */
  const indexRows = async (rowsAtMost: number): Promise<void> => {
    const turns = new Turns(clock)
    for (let rows = 0; rows < rowsAtMost; ) {
      if (closing) return
      const taken = await writeNow('indexing', (connection) => index?.step(connection, clock) ?? 0)
      if (taken === 0) return
      rows += taken
      await turns.next()
    }
  }

  /** The rest of what was deleted, piece by piece. For readers it is gone already, so that a failure only puts it off: to the next deletion, or the next lease. */
  const clearAway = async (): Promise<void> => {
    const turns = new Turns(clock)
    try {
      for (;;) {
        if (closing) return
        const more = await writeNow('clearing away', ({ write }) => write((statements) => clearRemoved(statements, index, clock)))
        if (!more) return
        await turns.next()
      }
    } catch (cause) {
      onProblem?.(AgentSessionError.from('storage-failed', cause))
    }
  }

  const keyOf = ({ sessionKey }: Statements, sessionId: string): number | undefined => {
    const row = sessionKey.get(storedText(sessionId))
    return isRow(row) && isNumber(row['id']) ? row['id'] : undefined
  }

  return {
    ready: () => use('it was opened', () => {}),

    check: () => use('checking it', ({ database }) => checkIntegrity(database)),
    size: () => use('measuring it', ({ database }) => sizeOf(database)),
    async compact() {
      if (closing) throw closed()
      return writeNow('compacting it', ({ database }) => {
        index?.compact()
        compact(database)
        return sizeOf(database)
      })
    },
    async index() {
      if (closing) throw closed()
      await indexRows(Infinity)
    },

    async acquire(owner, request) {
      if (closing) throw closed()
      await connect()
      const lease = await leases.acquire(owner, request)
      // What the one before had begun.
      void clearAway()
      return lease
    },

    commit: ({ session, upsert, remove, cursor, fence }) =>
      write(`saving the session ${session.sessionId}`, (statements) => {
        leases.check(statements, fence)
        const known = remove.length === 0 ? undefined : keyOf(statements, session.sessionId)
        let changedFrom = firstOf(upsert)
        if (known !== undefined) {
          for (const key of keysOf(statements, known, remove, knownIds)) {
            index?.remove(key, key)
            statements.removeMessage.run(key)
            changedFrom = Math.min(changedFrom ?? Infinity, seqIdOf(key))
          }
        }
        const row = statements.upsertSession.get(...sessionValues(session, cursor, changedFrom))
        const key = isRow(row) ? Number(row['id']) : NaN
        writeMessages(statements, key, upsert)
        others.note(statements, session.sessionId)
        knownIds.note(key, upsert)
      }),

    lastSession: (projectId) => use('reading a session', ({ statements }) => readRecord(statements.lastSession.get(storedText(projectId)))),

    listSessions: (projectId, { limit = 100, offset = 0 } = {}) =>
      use('listing sessions', ({ statements }) => {
        const rows =
          projectId === undefined
            ? statements.sessions.all(atMost(limit), offset)
            : statements.sessionsOfProject.all(storedText(projectId), atMost(limit), offset)
        const sessions: SessionSummary[] = []
        for (const row of rows) {
          const summary = isRow(row) ? readSummary(row) : undefined
          if (summary) sessions.push(summary)
          else report(`A session (${isRow(row) ? String(row['session_id']) : '?'})`)
        }
        return sessions
      }),

    loadSession: (sessionId) => use('reading a session', ({ statements }) => readRecord(statements.sessionById.get(storedText(sessionId)))),

    loadCursor: (sessionId) =>
      use('reading a session', ({ statements }) => {
        const row = statements.cursorById.get(storedText(sessionId))
        return isRow(row) ? readCursor(row) : undefined
      }),

    loadMessages: (sessionId, { after = -1, before, limit } = {}) =>
      use('reading messages', ({ statements }) => {
        const key = keyOf(statements, sessionId)
        if (key === undefined) return []
        const from = messageKey(key, Math.max(after, -1))
        const to = before === undefined ? messageKey(key + 1, 0) : Math.min(messageKey(key, Math.max(before, 0)), messageKey(key + 1, 0))
        return messagesBetween(statements, from, to, limit)
      }),

    deleteSessions: (sessionIds, fence) =>
      write('deleting sessions', (statements) => {
        leases.check(statements, fence)
        for (const sessionId of sessionIds) {
          const key = keyOf(statements, sessionId)
          if (key === undefined) continue
          removeSession(statements, key)
          others.note(statements, sessionId)
        }
        // What is small is gone at once.
        return clearRemoved(statements, index, clock)
      }).then((more) => (more ? clearAway() : undefined)),

    async search(text, page) {
      // An index that another process began is found here.
      const found = await use('searching', () => index)
      const hits = await searchMessages({ clock, index: found, read: (work) => use('searching', ({ statements }) => work(statements)) }, text, page)
      // Only by who writes: the others read.
      if (leases.holds && text !== '') indexing ??= indexRows(indexedAfterSearch).catch(indexFailed).finally(() => (indexing = undefined))
      return hits
    },

    onChange: (listener) => others.listen(listener),

    close() {
      others.end()
      // What was asked before has its turn before.
      closing ??= (async () => {
        await opening?.catch(() => {})
        await queue.over()
        await leases.close()
        await queue.over()
        const connection = await opening?.catch(() => undefined)
        connection?.close()
      })()
      return closing
    },
  }
}

/** The first seqId of those that are written. */
function firstOf(messages: readonly MessageRecord[]): number | undefined {
  let first: number | undefined
  for (const { seqId } of messages) if (first === undefined || seqId < first) first = seqId
  return first
}

/** SQLite's word for no limit is -1. */
const atMost = (limit: number): number => (Number.isFinite(limit) ? limit : -1)
