import {
  AgentSessionError,
  type Hit,
  type Lease,
  type MessageRecord,
  type SessionRecord,
  type SessionStorage,
  type SessionSummary,
} from '@agent-session/core'
import { openConnection, type Connection, type Statements, type WriteStatements } from './connection.ts'
import { isPlain, isSeqId, messageKey, messageValues, messageWidth, plainMessageValues, readMessage } from './message-row.ts'
import { isNumber, isRow } from './row.ts'
import { readCursor, readSession, readSummary, sessionValues } from './session-row.ts'
import type { SqliteDatabase, SqliteDriver } from './sqlite-driver.ts'
import { storageError } from './sqlite-error.ts'
import { readText, storedText } from './stored-text.ts'

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
  /** Told of each row that is damaged and was set aside; the rest loads. Absent: it is set aside in silence. */
  readonly onProblem?: (problem: AgentSessionError) => void
}

export type SqliteStorage = SessionStorage &
  Required<Pick<SessionStorage, 'acquire' | 'loadCursor' | 'search' | 'close'>> & {
    /** Opens the database now instead of at the first use; rejects with what is wrong with it. */
    ready(): Promise<void>
  }

/**
 * Keeps sessions in one SQLite file. Opening waits for the first use, and where it fails each method rejects with the
 * reason and the next one tries again. SQLite itself is synchronous: the promises are those of the port.
 */
export function createSqliteStorage({ path, driver, synchronous = 'NORMAL', onProblem }: SqliteStorageOptions): SqliteStorage {
  let opening: Promise<Connection> | undefined
  let closing: Promise<void> | undefined
  const held = new Map<number, () => void>()

  const connect = (): Promise<Connection> => {
    opening ??= openConnection({ path, driver, synchronous }).catch((thrown: unknown) => {
      opening = undefined
      throw storageError(thrown, 'it was opened', path)
    })
    return opening
  }

  const use = async <T>(doing: string, work: (connection: Connection) => T): Promise<T> => {
    if (closing) throw new AgentSessionError('storage-closed', `The session database ${path} was closed. Make a new storage.`)
    const connection = await connect()
    try {
      return work(connection)
    } catch (thrown) {
      throw storageError(thrown, doing, path)
    }
  }

  const report = (what: string, cause?: unknown): void =>
    onProblem?.(new AgentSessionError('storage-corrupt', `${what} in ${path} is damaged and was set aside.`, { cause }))

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

  const checkFence = ({ fence }: WriteStatements, given: number | undefined): void => {
    if (given === undefined) return
    const row = fence.get()
    const newest = isRow(row) ? Number(row['fence']) : 0
    if (given >= newest) return
    for (const [old, lose] of held) if (old < newest && held.delete(old)) lose()
    throw new AgentSessionError(
      'lease-lost',
      `Another writer (${isRow(row) ? String(row['owner']) : '?'}) has taken ${path} over: fence ${given} is older than ${newest}.`,
    )
  }

  const keyOf = ({ sessionKey }: Statements, sessionId: string): number | undefined => {
    const row = sessionKey.get(storedText(sessionId))
    return isRow(row) && isNumber(row['id']) ? row['id'] : undefined
  }

  return {
    ready: () => use('it was opened', () => {}),

    acquire: (owner) =>
      use('taking the lease', ({ write }): Lease => {
        const fence = write(({ raiseFence }) => {
          const row = raiseFence.get(owner)
          return isRow(row) ? Number(row['fence']) : 0
        })
        let release = (): void => {}
        const lost = new Promise<void>((resolve) => {
          held.set(fence, resolve)
          release = () => void held.delete(fence)
        })
        return { fence, lost, release: async () => release() }
      }),

    commit: ({ session, upsert, remove, cursor, fence }) =>
      use(`saving the session ${session.sessionId}`, ({ write }) =>
        write((statements) => {
          checkFence(statements, fence)
          const row = statements.upsertSession.get(...sessionValues(session, cursor))
          const key = isRow(row) ? Number(row['id']) : NaN
          for (const id of remove) statements.removeMessage.run(messageKey(key, -1), messageKey(key + 1, 0), storedText(id))
          for (const message of upsert) {
            if (!isSeqId(message.seqId)) throw new AgentSessionError('storage-failed', `The message ${message.id} has no place that can be stored: ${message.seqId}.`)
            const { changes } = isPlain(message)
              ? statements.upsertPlainMessage.run(...plainMessageValues(key, message))
              : statements.upsertMessage.run(...messageValues(key, message))
            if (Number(changes) === 0) {
              throw new AgentSessionError('storage-failed', `The message ${message.id} was given the place ${message.seqId} of another one.`)
            }
          }
        }),
      ),

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
        const rows = limit === undefined ? statements.messages(from, to) : statements.lastMessages(from, to, atMost(limit)).toReversed()
        return readMessages(rows)
      }),

    deleteSessions: (sessionIds, fence) =>
      use('deleting sessions', ({ write }) =>
        write((statements) => {
          checkFence(statements, fence)
          for (const sessionId of sessionIds) {
            const key = keyOf(statements, sessionId)
            if (key === undefined) continue
            statements.deleteMessages.run(messageKey(key, -1), messageKey(key + 1, 0))
            statements.deleteSession.run(key)
          }
        }),
      ),

    search: (text, { limit = 100, offset = 0 } = {}) =>
      use('searching', ({ statements }) => {
        if (text === '') return []
        const hits: Hit[] = []
        for (const row of statements.search(`%${text.replace(/[\\%_]/g, '\\$&')}%`, atMost(limit), offset)) {
          const [message] = readMessages([row])
          const sessionId = readText(row[messageWidth])
          const projectId = readText(row[messageWidth + 1])
          if (message && sessionId !== undefined && projectId !== undefined) hits.push({ sessionId, projectId, message })
        }
        return hits
      }),

    close() {
      // What was asked before has its turn before: it waits for the same opening.
      closing ??= (opening ?? Promise.resolve(undefined)).then(
        (connection) => connection?.close(),
        () => {},
      )
      return closing
    },
  }
}

/** SQLite's word for no limit is -1. */
const atMost = (limit: number): number => (Number.isFinite(limit) ? limit : -1)
