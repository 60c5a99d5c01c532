import {
  AgentSessionError,
  summaryOf,
  systemClock,
  type AgentSessionErrorCode,
  type Clock,
  type CommitBatch,
  type Cursor,
  type MessageRange,
  type MessageRecord,
  type SessionRecord,
  type SessionStorage,
} from '@agent-session/core'
import { promisifyRequest } from 'idb-keyval'
import { connectionTo } from './connection.ts'
import { check, claim, enter, failLate, writerOf } from './fence.ts'
import { storageError } from './idb-error.ts'
import { isReplaced, markGeneration } from './generation.ts'
import { chunksOf } from './message-chunks.ts'
import { readMessages } from './read-messages.ts'
import { searchMessages } from './search-messages.ts'
import { recordOf, storedSession, type StoredSession } from './session-records.ts'
import { tabChannel } from './tab-channel.ts'
import { readTail, writeMessages, type Tail } from './write-messages.ts'
import { writerLock } from './writer-lock.ts'

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
  /** How many messages a search looks at, the newest of the newest session first. Default 100,000, which takes about a second. */
  readonly searchedMessages?: number
  /** Whether the first that is to write asks the browser to keep the data, as `persist` does. Default true. */
  readonly persist?: boolean
  /** Default: the system's. */
  readonly clock?: Clock
  /**
   * Told of each record that is damaged and was set aside (`storage-corrupt`; the rest loads), and when the browser has
   * evicted all that was stored (`storage-evicted`). Absent: nobody is told.
   */
  readonly onProblem?: (problem: AgentSessionError) => void
}

export interface IdbStorage extends Required<Omit<SessionStorage, 'atomic'>> {
  readonly atomic?: never
  /**
   * Asks the browser not to evict what is stored when the disk gets scarce; some ask the person. `false`: it may. `undefined`:
   * this browser cannot say.
   */
  persist(): Promise<boolean | undefined>
}

/** What the next commit of a session builds on. */
interface Written {
  readonly cursor: Cursor | undefined
  readonly tail: Tail
}

/** So many sessions are remembered. */
const rememberedSessions = 32

/**
 * Keeps sessions in IndexedDB. Opening waits for the first use, and where it fails each method rejects with the reason
 * and the next one tries again.
 */
export function createIdbStorage({
  name = 'agent-session',
  durability = 'relaxed',
  timeoutMs = 20_000,
  searchedMessages = 100_000,
  persist = true,
  clock = systemClock,
  onProblem,
}: IdbStorageOptions = {}): IdbStorage {
  const title = `IndexedDB "${name}"`
  /** What the tabs of one database share goes by this name. */
  const sharedName = `agent-session:${name}`
  const channel = tabChannel(sharedName)

  const report = (code: AgentSessionErrorCode, text: string): void => onProblem?.(new AgentSessionError(code, `${title}: ${text}`))
  const onDamaged = (): void => report('storage-corrupt', 'a damaged record was set aside')

  /** Whether a transaction that was told to end fails as a whole where a request of it does; known with the first lease. */
  let mayEndEarly = false
  /** The newest commit that was made here under a lease. */
  let newest = { fence: 0, number: 0 }
  /** What was written under that lease, so that a commit need not read anything before it writes. */
  const written = new Map<string, Written>()

  const { use, close } = connectionTo({
    name,
    version: 1,
    store: 'sessions',
    durability,
    clock,
    timeoutMs,
    upgrade(database, oldVersion, transaction) {
      if (oldVersion > 0) return
      for (const store of ['sessions', 'messages', 'meta']) database.createObjectStore(store)
      markGeneration(transaction.objectStore('meta'), clock.now())
    },
    onOpen(database) {
      // Nobody knows what happened meanwhile.
      written.clear()
      isReplaced(database.transaction('meta').objectStore('meta'), sharedName).then(
        (replaced) => replaced && report('storage-evicted', 'the browser has removed everything that was stored'),
        // Whatever keeps it from being read is told by the call that opened it.
        () => {},
      )
    },
  })

  const lock = writerLock({
    name: sharedName,
    clock,
    channel,
    async enter(owner) {
      const fence = await use('readwrite', (store) => enter(metaOf(store), owner, clock.now()))
      mayEndEarly ||= await use('readwrite', (store) => failLate(metaOf(store))).then(
        () => false,
        () => true,
      )
      return fence
    },
    holder: () => use('readonly', async (store) => (await writerOf(metaOf(store))).owner),
  })

  const stored = (value: StoredSession | undefined): SessionRecord | undefined => {
    try {
      return value === undefined ? undefined : recordOf(value)
    } catch {
      onDamaged()
      return undefined
    }
  }

  const newestFirst = (projectId: string | undefined): Promise<SessionRecord[]> =>
    use('readonly', async (store) => {
      const values: StoredSession[] = await promisifyRequest(store.getAll())
      return values
        .flatMap((value) => stored(value) ?? [])
        .filter((session) => projectId === undefined || session.projectId === projectId)
        .sort((a, b) => b.updatedAt - a.updatedAt || b.createdAt - a.createdAt)
    })

  const loadMessages = (sessionId: string, range: MessageRange = {}): Promise<MessageRecord[]> =>
    use('readonly', (store) => readMessages(messagesOf(store), sessionId, range, onDamaged))

  const commit = async (batch: CommitBatch): Promise<void> => {
    const { session, fence } = batch
    const { sessionId } = session
    const { number, after } = await use('readwrite', async (store) => {
      const meta = metaOf(store)
      const messages = messagesOf(store)
      const known = fence === newest.fence ? written.get(sessionId) : undefined
      // If this fails, the next one looks what is there.
      written.delete(sessionId)
      const number = known ? newest.number + 1 : await check(meta, fence, lock.loseBefore)
      if (known) claim(meta, newest.fence, number)
      const before = known ?? { cursor: (await load(store, sessionId))?.cursor, tail: await readTail(messages, sessionId) }
      const cursor = batch.cursor ?? before.cursor
      store.put(storedSession(session, cursor), sessionId)
      const tail = await writeMessages(messages, batch, before.tail)
      // Else the browser waits until the last answer has come here. So a tab that freezes then holds up nobody, too.
      if (mayEndEarly) store.transaction.commit()
      return { number, after: { cursor, tail } }
    })
    if (fence !== undefined) {
      count(fence, number)
      written.set(sessionId, after)
      for (const oldest of written.keys()) if (written.size > rememberedSessions) written.delete(oldest)
    }
    tell([sessionId])
  }

  /** Before the next write begins. */
  const count = (fence: number, number: number): void => {
    // Somebody else has written in between.
    if (fence !== newest.fence || number !== newest.number + 1) written.clear()
    newest = { fence, number }
  }

  const tell = (sessionIds: readonly string[]): void => {
    if (channel.heard) channel.post(sessionIds)
  }

  const askToPersist = async (): Promise<boolean | undefined> => navigator.storage?.persist?.()

  return {
    async acquire(owner, request) {
      const lease = await lock.acquire(owner, request).catch((thrown: unknown) => {
        // F8: where the origin is opaque, locks are forbidden as IndexedDB is.
        throw storageError(thrown, title, true)
      })
      // The answer is for those that ask.
      if (persist) askToPersist().catch(() => {})
      return lease
    },

    commit,

    lastSession: async (projectId) => (await newestFirst(projectId))[0],

    listSessions: async (projectId, { limit = 100, offset = 0 } = {}) => (await newestFirst(projectId)).slice(offset, offset + limit).map(summaryOf),

    loadSession: (sessionId) => use('readonly', async (store) => stored(await load(store, sessionId))),

    loadCursor: (sessionId) => use('readonly', async (store) => (await load(store, sessionId))?.cursor),

    loadMessages,

    search: async (text, page = {}) => searchMessages(await newestFirst(undefined), loadMessages, text, page, searchedMessages),

    async deleteSessions(sessionIds, fence) {
      const number = await use('readwrite', (store) => {
        for (const sessionId of sessionIds) {
          written.delete(sessionId)
          store.delete(sessionId)
          messagesOf(store).delete(chunksOf(sessionId))
        }
        return check(metaOf(store), fence, lock.loseBefore)
      })
      if (fence !== undefined) count(fence, number)
      tell(sessionIds)
    },

    persist: askToPersist,

    onChange(listener) {
      const end = channel.listen((message) => typeof message !== 'string' && listener(message))
      channel.post('ping')
      return end
    },

    async close() {
      await lock.close(new AgentSessionError('storage-closed', `${title} was closed`), close())
      channel.close()
    },
  }
}

const messagesOf = (store: IDBObjectStore): IDBObjectStore => store.transaction.objectStore('messages')
const metaOf = (store: IDBObjectStore): IDBObjectStore => store.transaction.objectStore('meta')

const load = (store: IDBObjectStore, sessionId: string): Promise<StoredSession | undefined> => promisifyRequest(store.get(sessionId))
