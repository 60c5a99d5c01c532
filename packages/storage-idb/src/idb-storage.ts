import {
  AgentSessionError,
  systemClock,
  type Clock,
  type Cursor,
  type Lease,
  type SessionRecord,
  type SessionStorage,
} from '@agent-session/core'
import { promisifyRequest } from 'idb-keyval'
import { connectionTo } from './connection.ts'
import { chunksOf, putMessages, readMessages, removeMessages, type ChunkIndex } from './message-chunks.ts'

export interface IdbStorageOptions {
  /** The name of the database; each origin has names of its own. Default `agent-session`. */
  readonly name?: string
  /**
   * `strict` waits until the disk has what was written, and survives a power loss; `relaxed` (the default, as in all
   * browsers) leaves the last moment to the system, and is consistent.
   */
  readonly durability?: 'relaxed' | 'strict'
  /** Ms that the browser may take to open the database, or for one transaction, until it is given up. Default 20 s. */
  readonly timeoutMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
  /** Told of each record that is damaged and was set aside; the rest loads. Absent: it is set aside in silence. */
  readonly onProblem?: (problem: AgentSessionError) => void
}

export type IdbStorage = SessionStorage & Required<Pick<SessionStorage, 'acquire' | 'loadCursor' | 'close'>>

/** What is kept of a session apart from its messages. */
interface StoredSession extends CommitState {
  readonly record: SessionRecord
}

/** What the next commit builds on. */
interface CommitState {
  readonly cursor?: Cursor
  readonly chunks: ChunkIndex
}

/**
 * Keeps sessions in IndexedDB. Opening waits for the first use, and where it fails each method rejects with the reason
 * and the next one tries again.
 */
export function createIdbStorage({
  name = 'agent-session',
  durability = 'relaxed',
  timeoutMs = 20_000,
  clock = systemClock,
  onProblem,
}: IdbStorageOptions = {}): IdbStorage {
  const { use, close } = connectionTo({ name, version: 1, store: 'sessions', upgrade, durability, clock, timeoutMs })
  let held = { fence: 0, lose: (): void => {} }

  const report = (): void => onProblem?.(new AgentSessionError('storage-corrupt', `IndexedDB "${name}": a damaged record was set aside`))

  const stored = (value: unknown): StoredSession | undefined => {
    if (value === undefined || isStored(value)) return value
    report()
    return undefined
  }

  const load = async (store: IDBObjectStore, sessionId: string): Promise<StoredSession | undefined> => stored(await promisifyRequest(store.get(sessionId)))

  /** Of one project, whose sessions retention keeps few, or of all. */
  const newestFirst = (projectId: string | undefined): Promise<SessionRecord[]> =>
    use('readonly', async (store) => {
      const values: unknown[] = await promisifyRequest(projectId === undefined ? store.getAll() : store.index('project').getAll(projectId))
      return values.flatMap((value) => stored(value)?.record ?? []).sort((a, b) => b.updatedAt - a.updatedAt || b.createdAt - a.createdAt)
    })

  /** Inside the transaction that it guards. */
  const checkFence = async (store: IDBObjectStore, fence: number | undefined): Promise<void> => {
    if (fence === undefined) return
    const newest = await newestFence(store)
    if (fence >= newest) return
    if (held.fence < newest) held.lose()
    throw new AgentSessionError('lease-lost', `Another writer has taken over: fence ${fence}, now ${newest}`)
  }

  /**
   * What this storage wrote last, so that a commit need not wait for a read before it writes. A commit that fails
   * takes it away, and the next one reads what is there.
   */
  const written = new Map<string, CommitState>()

  return {
    acquire: (_owner) =>
      use('readwrite', async (store) => {
        const fence = (await newestFence(store)) + 1
        metaOf(store).put(fence, 'fence')
        held.lose()
        // Another writer may have been here since.
        written.clear()
        const lost = new Promise<void>((lose) => (held = { fence, lose }))
        return { fence, lost, release: async () => {} } satisfies Lease
      }),

    async commit({ session, upsert, remove, cursor, fence }) {
      const { sessionId } = session
      const after = await use('readwrite', async (store) => {
        const write = async (): Promise<CommitState> => {
          const known = written.get(sessionId)
          const before = known && (cursor || !known.cursor) ? known : await load(store, sessionId)
          written.delete(sessionId)
          await removeMessages(messagesOf(store), sessionId, remove)
          const chunks = await putMessages(messagesOf(store), sessionId, upsert, before?.chunks)
          const last = cursor ?? before?.cursor
          const state: CommitState = { chunks, ...(last && { cursor: last }) }
          store.put({ record: copyOf(session, isUnsafe), ...state } satisfies StoredSession, sessionId)
          return state
        }
        // At one time, since each step that is waited for is a large part of what a commit costs.
        return (await Promise.all([write(), checkFence(store, fence)]))[0]
      })
      written.set(sessionId, after)
    },

    lastSession: async (projectId) => (await newestFirst(projectId))[0],

    listSessions: async (projectId, { limit = 100, offset = 0 } = {}) => (await newestFirst(projectId)).slice(offset, offset + limit).map((session) => copyOf(session, isLong)),

    loadSession: (sessionId) => use('readonly', async (store) => (await load(store, sessionId))?.record),

    loadCursor: (sessionId) => use('readonly', async (store) => (await load(store, sessionId))?.cursor),

    loadMessages: (sessionId, range = {}) =>
      use('readonly', (store) => readMessages(messagesOf(store), sessionId, range, report)),

    deleteSessions: (sessionIds, fence) =>
      use('readwrite', async (store) => {
        await checkFence(store, fence)
        for (const sessionId of sessionIds) {
          written.delete(sessionId)
          store.delete(sessionId)
          messagesOf(store).delete(chunksOf(sessionId))
        }
      }),

    close,
  }
}

function upgrade(database: IDBDatabase, oldVersion: number): void {
  if (oldVersion < 1) {
    database.createObjectStore('sessions').createIndex('project', 'record.projectId')
    database.createObjectStore('messages')
    database.createObjectStore('meta')
  }
}

const messagesOf = (store: IDBObjectStore): IDBObjectStore => store.transaction.objectStore('messages')
const metaOf = (store: IDBObjectStore): IDBObjectStore => store.transaction.objectStore('meta')
const newestFence = async (store: IDBObjectStore): Promise<number> => (await promisifyRequest(metaOf(store).get('fence'))) ?? 0

// A key of these names would reach an object's prototype where the data is merged carelessly.
const isUnsafe = (key: string): boolean => /^(__proto__|constructor|prototype)$/.test(key)

/** What JSON can hold of it, without what is to be left out. */
const copyOf = (session: SessionRecord, leaveOut: (key: string, value: unknown) => boolean): SessionRecord =>
  JSON.parse(JSON.stringify(session, (key, value: unknown) => (leaveOut(key, value) ? undefined : value)))

const isStored = (value: unknown): value is StoredSession =>
  value instanceof Object && 'record' in value && value.record instanceof Object

/** A list shows what is a plain value of its own: no plan, queue or permissions. */
const isLong = (key: string, value: unknown): boolean => key !== '' && value instanceof Object
