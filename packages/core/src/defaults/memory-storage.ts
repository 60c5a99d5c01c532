import { AgentSessionError } from '../errors.ts'
import type { Cursor } from '../ports/cursor.ts'
import type { Hit, MessageRange, MessageRecord, Page, SessionStorage } from '../ports/session-storage.ts'
import { isPrototypeKey } from '../plain-data.ts'
import { summaryOf } from '../ports/session-summary.ts'
import type { SessionRecord } from '../session/session-record.ts'
import { MemoryLeases, type MemoryLeasing } from './memory-leases.ts'

/** One session as it is kept. */
interface Kept {
  /** As JSON text: nobody can change it in place, and each reader gets a copy of its own. */
  readonly record: string
  /** What lists are made by. */
  readonly sessionId: string
  readonly projectId: string
  readonly updatedAt: number
  readonly createdAt: number
  readonly cursor: Cursor | undefined
  /** In seqId order. */
  readonly rows: MessageRecord[]
  readonly seqIds: Map<string, number>
}

/** How a storage in memory behaves where it may. */
export interface MemoryStorageOptions {
  /** Who gets the lease while another store of this process has it: whoever asks (`take`, the default), or nobody (`wait`). */
  readonly leases?: MemoryLeasing
}

/**
 * Keeps sessions for as long as the process lives: the default of a store, and the reference for other storages.
 * Like a database it holds what JSON can hold, as copies of its own.
 */
export function createMemoryStorage({ leases: leasing = 'take' }: MemoryStorageOptions = {}): SessionStorage & Required<Pick<SessionStorage, 'acquire' | 'loadCursor' | 'search' | 'close'>> {
  const sessions = new Map<string, Kept>()
  const leases = new MemoryLeases(leasing)
  let closed = false

  /** Every method answers by a promise, also where it fails, and fails with an error of this library. */
  const settle = async <T>(work: () => T | Promise<T>): Promise<T> => {
    if (closed) throw storageClosed()
    try {
      return await work()
    } catch (thrown) {
      throw AgentSessionError.from('storage-failed', thrown)
    }
  }

  const newestFirst = (projectId?: string): Kept[] =>
    [...sessions.values()]
      .filter((kept) => projectId === undefined || kept.projectId === projectId)
      .sort((a, b) => b.updatedAt - a.updatedAt || b.createdAt - a.createdAt)

  return {
    acquire: (owner, request) => settle(() => leases.acquire(owner, request)),

    commit: (batch) =>
      settle(() => {
        leases.check(batch.fence)
        // All that can throw comes before the first change: that is what makes it all or nothing.
        const record = JSON.stringify(batch.session)
        const rows = batch.upsert.map(copyOf)
        const { sessionId, projectId, updatedAt, createdAt } = batch.session
        const kept = sessions.get(sessionId)
        const next: Kept = {
          rows: kept?.rows ?? [],
          seqIds: kept?.seqIds ?? new Map(),
          cursor: batch.cursor ? { ...batch.cursor } : kept?.cursor,
          record,
          sessionId,
          projectId,
          updatedAt,
          createdAt,
        }
        sessions.set(sessionId, next)
        for (const id of batch.remove) remove(next, id)
        for (const row of rows) upsert(next, row)
      }),

    lastSession: (projectId) =>
      settle(() => {
        const [last] = newestFirst(projectId)
        return last && parsed(last.record)
      }),

    listSessions: (projectId, page = {}) =>
      settle(() => pageOf(newestFirst(projectId), page).map((kept) => summaryOf(parsed(kept.record)))),

    loadSession: (sessionId) =>
      settle(() => {
        const kept = sessions.get(sessionId)
        return kept && parsed(kept.record)
      }),

    loadCursor: (sessionId) =>
      settle(() => {
        const cursor = sessions.get(sessionId)?.cursor
        return cursor && { ...cursor }
      }),

    loadMessages: (sessionId, range = {}) =>
      settle(() => {
        const kept = sessions.get(sessionId)
        return kept ? rowsIn(kept.rows, range).map(copyOf) : []
      }),

    deleteSessions: (sessionIds, given) =>
      settle(() => {
        leases.check(given)
        for (const id of sessionIds) sessions.delete(id)
      }),

    search: (text, page = {}) =>
      settle(() => {
        const wanted = text.toLowerCase()
        if (wanted === '') return []
        const hits: Hit[] = []
        for (const { rows, sessionId, projectId } of newestFirst()) {
          for (const message of rows.toReversed()) {
            if (message.content.toLowerCase().includes(wanted)) hits.push({ sessionId, projectId, message: copyOf(message) })
          }
        }
        return pageOf(hits, page)
      }),

    close: async () => {
      closed = true
      leases.end(storageClosed())
      sessions.clear()
    },
  }
}

const storageClosed = (): AgentSessionError => new AgentSessionError('storage-closed', 'This memory storage is closed. Make a new one.')

const parsed = (record: string): SessionRecord =>
  JSON.parse(record, (key, value: unknown) => (isPrototypeKey(key) ? undefined : value))

/** A message is flat but for `truncated` and `prompt`. Refuses what no database could hold. */
function copyOf(message: MessageRecord): MessageRecord {
  const { truncated, prompt } = message
  const copy = { ...message, ...(truncated && { truncated: { ...truncated } }), ...(prompt && { prompt: prompt.map((part) => ({ ...part })) }) }
  for (const [field, value] of Object.entries(copy)) {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw new AgentSessionError('storage-failed', `The message ${JSON.stringify(message.id)} cannot be stored: its ${field} is a ${typeof value}.`)
    }
  }
  return copy
}

const pageOf = <T>(list: readonly T[], { limit = 100, offset = 0 }: Page): T[] => list.slice(offset, offset + limit)

function rowsIn(rows: readonly MessageRecord[], { after, before, limit }: MessageRange): readonly MessageRecord[] {
  const from = after === undefined ? 0 : placeOf(rows, after + 1)
  const to = before === undefined ? rows.length : placeOf(rows, before)
  return rows.slice(limit === undefined ? from : Math.max(from, to - limit), Math.max(from, to))
}

/** The index of the first row whose seqId is not below the given one. */
function placeOf(rows: readonly MessageRecord[], seqId: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle]?.seqId ?? Infinity) < seqId) low = middle + 1
    else high = middle
  }
  return low
}

function remove(kept: Kept, id: string): void {
  const seqId = kept.seqIds.get(id)
  if (seqId === undefined) return
  let index = placeOf(kept.rows, seqId)
  while (kept.rows[index]?.id !== id) index += 1
  kept.rows.splice(index, 1)
  kept.seqIds.delete(id)
}

function upsert(kept: Kept, row: MessageRecord): void {
  const index = placeOf(kept.rows, row.seqId)
  const there = kept.rows[index]
  if (there?.id === row.id && there.seqId === row.seqId) {
    kept.rows[index] = row
    return
  }
  remove(kept, row.id)
  const last = kept.rows.at(-1)
  if (last === undefined || last.seqId < row.seqId) kept.rows.push(row)
  else kept.rows.splice(placeOf(kept.rows, row.seqId), 0, row)
  kept.seqIds.set(row.id, row.seqId)
}
