import type { MessageRecord } from '@agent-session/core'
import { promisifyRequest } from 'idb-keyval'

// A record costs much more than what is in it, so messages are kept in chunks: key [sessionId, n] holds those of the
// session with a seqId from n up to the next chunk's n, in order.

export interface Chunk {
  /** The seqId at which it begins. */
  readonly begin: number
  readonly rows: readonly MessageRecord[]
}

export const keysFrom = (from: IDBValidKey, to: IDBValidKey): IDBKeyRange => IDBKeyRange.bound(from, to, false, true)

/** The keys of a session's chunks, of all or of those that begin below `to`. An array sorts after every number. */
export const chunksOf = (sessionId: string, to: IDBValidKey = []): IDBKeyRange => keysFrom([sessionId], [sessionId, to])

export const lastKey = async (store: IDBObjectStore, range: IDBKeyRange): Promise<IDBValidKey | undefined> =>
  (await promisifyRequest(store.openKeyCursor(range, 'prev')))?.key

export async function lastChunk(store: IDBObjectStore, range: IDBKeyRange): Promise<Chunk | undefined> {
  const cursor = await promisifyRequest(store.openCursor(range, 'prev'))
  return cursor ? { begin: secondOf(cursor.key), rows: messagesIn(cursor.value) } : undefined
}

/** Of a key `[…, number]`; 0 where there is none. */
export const secondOf = (key: IDBValidKey | undefined): number => (Array.isArray(key) ? Number(key[1]) : 0)

/** The messages of a chunk or of several. F10: what is no message is passed over. */
export function messagesIn(chunks: unknown, onDamaged = (): void => {}): MessageRecord[] {
  const rows: unknown[] = [chunks].flat(2)
  const messages = rows.filter(isMessage)
  if (messages.length < rows.length) onDamaged()
  return messages
}

const isMessage = (row: unknown): row is MessageRecord => {
  const { id, seqId, content } = Object(row)
  return typeof id === 'string' && typeof seqId === 'number' && typeof content === 'string'
}
