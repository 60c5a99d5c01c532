import { AgentSessionError, type CommitBatch, type MessageRecord } from '@agent-session/core'
import { chunksOf, keysFrom, lastChunk, type Chunk } from './message-chunks.ts'

// What is new is appended as a chunk of its own, which is the cheapest write there is; small chunks at the end are joined
// from time to time, so that reading stays cheap too. Whoever writes knows these, and reads nothing back for it.

/**
 * A chunk of this weight is left as it is: to write ten messages once more takes longer than a record less saves when all
 * is read. A message weighs 1, and 1 more for each 1,024 characters.
 */
const fullWeight = 8
/** Small ones that weigh so much together are joined. */
const joinedWeight = 64
/** A chunk is begun anew rather than made much heavier: the browser copies it whole. */
const heaviestWeight = 256
/** More small chunks than these are joined. */
const smallChunks = 16
/** What is new joins a chunk that is written anyway, where that one has fewer messages. */
const fewMessages = 16

/** The end of a session's messages, as it stands in the database. */
export interface Tail {
  /** The highest seqId that was stored. */
  readonly last: number
  /** The last chunk and the small ones before it; none where there are no messages. */
  readonly chunks: readonly Chunk[]
  /** Of a tail that was read: small chunks before its only one, if there are any, stay as they are. */
  readonly read?: true
}

export async function readTail(store: IDBObjectStore, sessionId: string): Promise<Tail> {
  const chunk = await lastChunk(store, chunksOf(sessionId))
  return chunk ? { last: chunk.rows.at(-1)?.seqId ?? chunk.begin, chunks: [chunk], read: true } : { last: 0, chunks: [] }
}

/** Removals come first, then each message is put in its place. What the tail is enough for is written before anything is waited for. */
export async function writeMessages(store: IDBObjectStore, { session: { sessionId }, upsert, remove }: CommitBatch, tail: Tail): Promise<Tail> {
  const changes = new Changes(upsert, remove)
  const news = changes.takeFrom(tail.last + 1)
  const put = ({ begin, rows }: Chunk): unknown => store.put(rows, [sessionId, begin])

  const known = tail.chunks.toReversed().map((chunk) => changes.applyTo(chunk)).toReversed()
  const end = known.at(-1)
  const grows = end && end.rows.length < fewMessages && (tail.read || end !== tail.chunks.at(-1)) && !isFull(news)
  let chunks = grows ? [...known.slice(0, -1), { begin: end.begin, rows: [...end.rows, ...news] }] : [...known, ...split(news)]
  const full = chunks.findIndex(({ rows }) => isFull(rows))
  const small = full < 0 ? chunks : chunks.slice(0, full)
  const [oldest, second] = small
  const rows = small.flatMap((chunk) => chunk.rows)
  if (oldest && second && (full > 0 || small.length > smallChunks || weightOf(rows) >= joinedWeight)) {
    store.delete(keysFrom([sessionId, second.begin], [sessionId, (small.at(-1) ?? second).begin + 0.5]))
    chunks = [{ begin: oldest.begin, rows }, ...chunks.slice(small.length)]
  }
  for (const chunk of chunks) if (!tail.chunks.includes(chunk)) put(chunk)

  for (let before: IDBValidKey = chunks[0]?.begin ?? []; changes.left; ) {
    const chunk = await lastChunk(store, chunksOf(sessionId, changes.endBelow(before)))
    if (chunk === undefined) {
      split(changes.takeFrom(0)).forEach(put)
      break
    }
    const changed = changes.applyTo(chunk)
    if (changed !== chunk) put(changed)
    before = chunk.begin
  }
  const lastFull = chunks.findLastIndex((chunk) => isFull(chunk.rows))
  return { last: news.at(-1)?.seqId ?? tail.last, chunks: chunks.slice(Math.min(lastFull + 1, chunks.length - 1)) }
}

/** What is to be removed and put, until each has found its place: from the end of the session back. */
class Changes {
  readonly #messages: MessageRecord[]
  readonly #removed: Set<string>

  constructor(upsert: readonly MessageRecord[], remove: readonly string[]) {
    // Copies: a tail is written again later, and these are the caller's.
    this.#messages = upsert.map((message) => ({ ...message })).sort(bySeqId)
    this.#removed = new Set(remove)
  }

  get left(): boolean {
    return this.#messages.length > 0 || this.#removed.size > 0
  }

  /** Chunks from there on need not be looked at. */
  endBelow(before: IDBValidKey): IDBValidKey {
    const last = this.#messages.at(-1)
    return last && this.#removed.size === 0 ? last.seqId + 0.5 : before
  }

  /** The messages from this seqId on, which are then no longer to be put. */
  takeFrom(seqId: number): MessageRecord[] {
    return this.#messages.splice(this.#messages.findLastIndex((message) => message.seqId < seqId) + 1)
  }

  /** The chunk as it is to be; the same where nothing of it changes. */
  applyTo(chunk: Chunk): Chunk {
    const own = this.takeFrom(chunk.begin)
    const ids = new Set(own.map(({ id }) => id))
    const kept = chunk.rows.filter(({ id }) => !this.#removed.delete(id) && !ids.has(id))
    if (own.length === 0 && kept.length === chunk.rows.length) return chunk
    const rows = [...kept, ...own].sort(bySeqId)
    if (rows.some(({ seqId }, index) => seqId === rows[index + 1]?.seqId)) throw new AgentSessionError('storage-failed', 'Two messages of one session have one place')
    return { begin: chunk.begin, rows }
  }
}

const bySeqId = (a: MessageRecord, b: MessageRecord): number => a.seqId - b.seqId

const weightOf = (rows: readonly MessageRecord[]): number => rows.reduce((sum, { content }) => sum + 1 + content.length / 1024, 0)

const isFull = (rows: readonly MessageRecord[]): boolean => weightOf(rows) >= fullWeight

/** As few chunks as may be. */
function split(rows: readonly MessageRecord[]): Chunk[] {
  const chunks: { begin: number; rows: MessageRecord[]; weight: number }[] = []
  for (const row of rows) {
    const weight = weightOf([row])
    const end = chunks.at(-1)
    if (end && end.weight + weight <= heaviestWeight) {
      end.rows.push(row)
      end.weight += weight
    } else chunks.push({ begin: row.seqId, rows: [row], weight })
  }
  return chunks
}
