import { AgentSessionError, within, type Clock } from '@agent-session/core'
import { promisifyRequest, type UseStore } from 'idb-keyval'
import { storageError } from './idb-error.ts'

export interface ConnectionOptions {
  readonly name: string
  readonly version: number
  /** The store that a transaction's callback is given. */
  readonly store: string
  /** Brings a database of an older version up to date; 0 is one that is new. */
  readonly upgrade: (database: IDBDatabase, oldVersion: number, transaction: IDBTransaction) => void
  /** Told of each handle, before it is used. */
  readonly onOpen: (database: IDBDatabase) => void
  readonly durability: IDBTransactionDurability
  readonly clock: Clock
  /** Ms that a transaction may take, the opening included. */
  readonly timeoutMs: number
}

export interface Connection {
  /**
   * A `UseStore` for idb-keyval's functions. Its transactions span all stores (the others are reached through
   * `store.transaction`), and those that write take turns. It resolves when what was written is there, and a callback
   * that fails leaves nothing.
   */
  readonly use: UseStore
  /** Resolves when what was begun has ended. */
  close(): Promise<void>
}

export function connectionTo({ name, version, store, upgrade, onOpen, durability, clock, timeoutMs }: ConnectionOptions): Connection {
  const title = `IndexedDB "${name}"`
  let opening: Promise<IDBDatabase> | undefined
  let writes: Promise<unknown> = Promise.resolve()
  let closed = false

  const forget = (handle: Promise<IDBDatabase>): void => {
    if (opening === handle) opening = undefined
  }

  const open = async (): Promise<IDBDatabase> => {
    if (typeof indexedDB === 'undefined') throw new Error('there is none for this page')
    const request = indexedDB.open(name, version)
    // The request itself knows only that it was aborted.
    let reason = (): DOMException | null => null
    request.onupgradeneeded = ({ oldVersion }) => {
      const { transaction } = request
      if (transaction === null) return
      reason = () => transaction.error
      upgrade(request.result, oldVersion, transaction)
    }
    try {
      return await promisifyRequest(request)
    } catch (thrown) {
      // F11: what a newer version of the app wrote is opened as it is, to be read.
      if (thrown instanceof DOMException && thrown.name === 'VersionError') return promisifyRequest(indexedDB.open(name))
      throw reason() ?? thrown
    }
  }

  const connect = (): Promise<IDBDatabase> => {
    const handle: Promise<IDBDatabase> = open().then(
      (database) => {
        const letGo = (): void => {
          forget(handle)
          database.close()
        }
        // F5: the browser closed it.
        database.addEventListener('close', letGo)
        // F7: another tab upgrades or deletes it, and waits until this one lets go.
        database.addEventListener('versionchange', letGo)
        // Too late: nobody waits for it any more.
        if (opening !== handle) database.close()
        else onOpen(database)
        return database
      },
      (thrown: unknown) => {
        forget(handle)
        throw storageError(thrown, title, true)
      },
    )
    return (opening = handle)
  }

  const attempt = async <T>(mode: IDBTransactionMode, callback: (store: IDBObjectStore) => T | PromiseLike<T>, retry = true): Promise<T> => {
    const handle = opening ?? connect()
    let giveUp = (): void => {}
    const work = async (): Promise<T> => {
      const database = await handle
      if (mode !== 'readonly' && database.version > version) {
        throw new AgentSessionError('storage-newer-schema', `${title}: a newer version of this app wrote it, reload the page to write`)
      }
      const transaction = database.transaction(database.objectStoreNames, mode, { durability })
      // Not promisifyRequest: it would reject at the first error, before the transaction knows which.
      const ended = new Promise((resolve, reject) => {
        transaction.addEventListener('complete', resolve)
        transaction.addEventListener('abort', () => reject(new DOMException('connection lost', 'AbortError')))
      })
      // Awaited below where the work succeeds; where it fails, its own error is the one that is told.
      ended.catch(() => {})
      giveUp = () => {
        try {
          transaction.abort()
        } catch {
          // it has ended by itself
        }
      }
      try {
        const result = await callback(transaction.objectStore(store))
        if (mode !== 'readonly') await ended
        return result
      } catch (thrown) {
        giveUp()
        // It knows why it was aborted, unless that was the browser's own doing.
        throw transaction.error ?? thrown
      }
    }
    try {
      const outcome = await within(clock, timeoutMs, work())
      if (outcome.timely) return outcome.value
    } catch (thrown) {
      // F5: a dead handle shows when it is used, told before or not. What was to be written may be written again.
      if (!retry || !isLost(thrown)) throw storageError(thrown, title)
      forget(handle)
      handle.then((database) => database.close(), () => {})
      return attempt(mode, callback, false)
    }
    // F6: what never settles is given up, and the next call opens the database anew.
    forget(handle)
    giveUp()
    throw new AgentSessionError('storage-timeout', `${title} has not answered for ${timeoutMs} ms`)
  }

  return {
    // Not async: a caller knows how its write ended before the next one begins.
    use(mode, callback) {
      if (closed) return Promise.reject(new AgentSessionError('storage-closed', `${title} was closed`))
      if (mode === 'readonly') return attempt(mode, callback)
      // One write after the other: the second try of one does not come behind a later one.
      const write = writes.then(() => attempt(mode, callback))
      // The failure is its caller's; the next write only waits.
      writes = write.catch(() => {})
      return write
    },
    async close() {
      closed = true
      await writes
      await opening?.then((database) => database.close(), () => {})
    },
  }
}

/**
 * A transaction cannot be begun any more, or was aborted by the browser and not by what it did; or (Constraint) what was
 * to be added is there, so that what its caller remembers is no longer so.
 */
const isLost = (thrown: unknown): boolean => thrown instanceof DOMException && /InvalidState|Abort|Unknown|Constraint/.test(thrown.name)
