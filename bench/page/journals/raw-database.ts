export interface RawDatabase {
  /** Relaxed, and told that it is at its end: the fastest there is. */
  write(stores: readonly string[], work: (transaction: IDBTransaction) => void): Promise<void>
  all(keys: IDBKeyRange): Promise<unknown[]>
  /** From the last one back, until there are so many messages, or all. */
  last(keys: IDBKeyRange, count: number): Promise<unknown[]>
}

const settled = <Value>(request: IDBRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })

export async function openRaw(name: string): Promise<RawDatabase> {
  const opening = indexedDB.open(name, 1)
  opening.addEventListener('upgradeneeded', () => {
    opening.result.createObjectStore('messages')
    opening.result.createObjectStore('sessions')
  })
  const database = await settled(opening)
  return {
    write: (stores, work) =>
      new Promise((resolve, reject) => {
        const transaction = database.transaction([...stores], 'readwrite', { durability: 'relaxed' })
        transaction.addEventListener('complete', () => resolve())
        transaction.addEventListener('abort', () => reject(transaction.error))
        work(transaction)
        transaction.commit()
      }),
    all: async (keys) => [await settled(database.transaction('messages').objectStore('messages').getAll(keys))].flat(2),
    last: (keys, count) =>
      new Promise((resolve, reject) => {
        let found: unknown[] = []
        const request = database.transaction('messages').objectStore('messages').openCursor(keys, 'prev')
        request.addEventListener('error', () => reject(request.error))
        request.addEventListener('success', () => {
          const { result } = request
          if (result !== null) found = [...[result.value].flat(), ...found]
          if (result === null || found.length >= count) resolve(found.slice(-count))
          else result.continue()
        })
      }),
  }
}

export const keysOf = (sessionId: string): IDBKeyRange => IDBKeyRange.bound([sessionId], [sessionId, []])
