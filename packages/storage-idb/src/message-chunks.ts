import { AgentSessionError, type MessageRange, type MessageRecord } from '@agent-session/core'
import { promisifyRequest } from 'idb-keyval'

// A record costs much more than what is in it, so messages are kept in chunks: key [sessionId, n] holds those of the
// session with a seqId from n up to the next chunk's n, in order. Each commit appends what is new as a chunk of its
// own, which is the cheapest write there is; small ones are joined later, so that reading stays cheap.

/** A chunk of so many messages is left as it is. */
const fullChunk = 64
/** So many small chunks at the end are joined to one. */
const smallChunks = 16

/** What is known of a session's chunks, kept beside its record. */
export interface ChunkIndex {
  /** The highest seqId that has been stored. */
  readonly last: number
  /** The first seqIds of the small chunks at the end. */
  readonly tail: readonly number[]
}

const bySeqId = (a: MessageRecord, b: MessageRecord): number => a.seqId - b.seqId

const keysFrom = (from: IDBValidKey, to: IDBValidKey): IDBKeyRange => IDBKeyRange.bound(from, to, false, true)

/** The keys of a session's chunks, of all or of those that begin below `to`. An array sorts after every number. */
export const chunksOf = (sessionId: string, to: IDBValidKey = []): IDBKeyRange => keysFrom([sessionId], [sessionId, to])

/** Puts each message in its place: what is new in one write, the others where they are. */
export async function putMessages(
  store: IDBObjectStore,
  sessionId: string,
  messages: readonly MessageRecord[],
  { last, tail }: ChunkIndex = { last: 0, tail: [] },
): Promise<ChunkIndex> {
  const fresh = messages.filter((message) => message.seqId > last).sort(bySeqId)
  for (const message of messages) if (message.seqId <= last) await replaceMessage(store, sessionId, message)
  if (!fresh[0]) return { last, tail }
  const first = fresh[0].seqId
  const newest = fresh.at(-1)?.seqId ?? first
  // Not `put`: what another writer may have appended there is not overwritten.
  store.add(fresh, [sessionId, first])
  const full = fresh.length >= fullChunk
  const [begin] = tail
  if (begin === undefined || (!full && tail.length < smallChunks)) return { last: newest, tail: full ? [] : [...tail, first] }
  const small = keysFrom([sessionId, begin], [sessionId, first])
  const joined = messagesIn(await promisifyRequest(store.getAll(small)))
  store.delete(small)
  store.put(joined, [sessionId, begin])
  return { last: newest, tail: full ? [] : [first] }
}

async function replaceMessage(store: IDBObjectStore, sessionId: string, message: MessageRecord): Promise<void> {
  const { id, seqId } = message
  const [key, rows] = (await lastChunk(store, chunksOf(sessionId, seqId + 0.5))) ?? [[sessionId, seqId], []]
  const others = rows.filter((row) => row.id !== id)
  if (others.some((row) => row.seqId === seqId)) throw new AgentSessionError('storage-failed', `Two messages have the place ${seqId}`)
  store.put([...others, message].sort(bySeqId), key)
}

/** Retractions are rare and near the end, which is where it looks first. */
export async function removeMessages(store: IDBObjectStore, sessionId: string, ids: readonly string[]): Promise<void> {
  const wanted = new Set(ids)
  let range = chunksOf(sessionId)
  for (let chunk; wanted.size > 0 && (chunk = await lastChunk(store, range)); ) {
    const [key, rows] = chunk
    const kept = rows.filter((row) => !wanted.delete(row.id))
    if (kept.length < rows.length) store.put(kept, key)
    range = keysFrom([sessionId], key)
  }
}

/** Reads the chunks that the range touches, and hardly any others. */
export async function readMessages(
  store: IDBObjectStore,
  sessionId: string,
  { after = -Infinity, before = Infinity, limit = Infinity }: MessageRange,
  onDamaged: () => void,
): Promise<MessageRecord[]> {
  let messages: MessageRecord[] = []
  if (after >= before) return messages
  // What is before this is not read yet.
  let end: IDBValidKey = [sessionId, before]
  while (messages.length < limit) {
    const newest = await lastKey(store, keysFrom([sessionId], end))
    // As many seqIds back as messages are missing: enough, unless some were retracted. Then it goes on from there.
    const from = Math.max(Math.min(firstSeqId(newest), before) - (limit - messages.length), after)
    const begin = await lastKey(store, chunksOf(sessionId, from + 0.5))
    const rows = messagesIn(await promisifyRequest(store.getAll(keysFrom(begin ?? [sessionId], end))), onDamaged)
    messages = [...rows.filter((row) => row.seqId > after && row.seqId < before), ...messages]
    if (begin === undefined || from === after) break
    end = begin
  }
  return messages.slice(Math.max(0, messages.length - limit))
}

async function lastChunk(store: IDBObjectStore, range: IDBKeyRange): Promise<readonly [key: IDBValidKey, rows: MessageRecord[]] | undefined> {
  const cursor = await promisifyRequest(store.openCursor(range, 'prev'))
  return cursor ? [cursor.key, messagesIn(cursor.value)] : undefined
}

const lastKey = async (store: IDBObjectStore, range: IDBKeyRange): Promise<IDBValidKey | undefined> =>
  (await promisifyRequest(store.openKeyCursor(range, 'prev')))?.key

const firstSeqId = (key: IDBValidKey | undefined): number => (Array.isArray(key) ? Number(key[1]) : 0)

/** The messages of a chunk or of several. F10: what is no message is passed over. */
function messagesIn(chunks: unknown, onDamaged = (): void => {}): MessageRecord[] {
  const rows: unknown[] = [chunks].flat(2)
  const messages = rows.filter(isMessage)
  if (messages.length < rows.length) onDamaged()
  return messages
}

const isMessage = (row: unknown): row is MessageRecord => row instanceof Object && 'seqId' in row && 'content' in row
