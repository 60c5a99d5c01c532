import { AgentSessionError, errorText } from '../errors.ts'
import { sessionLimits, type Limits } from '../limits.ts'
import type { Cursor } from '../ports/cursor.ts'
import type { Clock } from '../ports/clock.ts'
import type { Hit, MessageRange, MessageRecord, Page, SessionStorage, SessionSummary } from '../ports/session-storage.ts'
import { isSessionId } from '../session-id.ts'
import { isOpen, type SessionMessage } from '../session/session-message.ts'
import { isUnended, type SessionRecord } from '../session/session-record.ts'
import { readStatus } from '../session/session-status.ts'
import { within } from '../timers/deadline.ts'

/** A session as storage has it: its record and its newest messages. */
export interface ArchivedSession {
  readonly record: SessionRecord
  /** Events may be missing that nobody will tell any more. */
  readonly gapped: boolean
  readonly messages: readonly SessionMessage[]
  /** Ids of those that were put right: that had no seqId (T27), or were on their way in a run that has ended. To be stored, so that it stays. */
  readonly mended: readonly string[]
  readonly hasOlder: boolean
  /** What is open and older than the messages. */
  readonly aside: readonly SessionMessage[]
  readonly cursor: Cursor | undefined
}

/** What is read from storage: within a limit, with typed errors, and made fit for a session. */
export class SessionArchive {
  readonly #storage: SessionStorage
  readonly #clock: Clock
  readonly #limits: Limits

  constructor(storage: SessionStorage, clock: Clock, limits: Limits) {
    this.#storage = storage
    this.#clock = clock
    this.#limits = limits
  }

  async last(projectId: string): Promise<SessionRecord | undefined> {
    const record = await this.#read('The last session', () => this.#storage.lastSession(projectId))
    if (record === undefined || isSessionId(record.sessionId)) return record
    throw new AgentSessionError('storage-corrupt', 'The stored session has an id that is none; it is left alone.', { projectId, detail: record.sessionId })
  }

  /** `undefined` when there is none of that id. */
  record(sessionId: string): Promise<SessionRecord | undefined> {
    return this.#read('The session', () => this.#storage.loadSession(sessionId))
  }

  async list(projectId: string | undefined, page: Page): Promise<SessionSummary[]> {
    const found = await this.#read('The list of sessions', () => this.#storage.listSessions(projectId, page))
    return found.map((summary) => ({ ...summary, status: readStatus(summary.status) }))
  }

  async messages(sessionId: string, range: MessageRange): Promise<SessionMessage[]> {
    return orderedMessages(await this.#messages(sessionId, range))
  }

  /** The messages of these seqIds, which rise; those that stand side by side are read at once. */
  async at(sessionId: string, seqIds: readonly number[]): Promise<SessionMessage[]> {
    const read = spans(seqIds).map(([first, last]) => this.#messages(sessionId, { after: first - 1, before: last + 1 }))
    return (await Promise.all(read)).flat()
  }

  /** The record and the last page; `undefined` when there is none of that id. */
  async session(sessionId: string, known?: SessionRecord): Promise<ArchivedSession | undefined> {
    const record = known ?? (await this.record(sessionId))
    if (record === undefined) return undefined
    const { pageSize } = sessionLimits(this.#limits, record.limits)
    // One more than a page tells whether there are more.
    const page = await this.#messages(sessionId, { limit: pageSize + 1 })
    const found = orderedMessages(page)
    const hasOlder = found.length > pageSize
    const shown = found.slice(-pageSize)
    const open = hasOlder ? await this.#open(record, shown[0]?.seqId ?? 0) : []
    const cursor = await this.#read('The cursor', async () => this.#storage.loadCursor?.(sessionId))
    const fit = isUnended(record) ? (message: SessionMessage): SessionMessage => message : settled
    const [messages, aside] = [shown.map(fit), open.map(fit)]
    const stored = new Map([...page, ...open].map((message) => [message.id, message]))
    const differs = ({ id, seqId, delivery }: SessionMessage): boolean => stored.get(id)?.seqId !== seqId || stored.get(id)?.delivery !== delivery
    const mended = [...aside, ...messages].filter(differs).map(({ id }) => id)
    return { record: soundRecord(record, messages), gapped: mayBeGapped(record, cursor), messages, mended, hasOlder, aside, cursor }
  }

  async search(text: string, page?: Page): Promise<Hit[]> {
    const search = this.#storage.search?.bind(this.#storage)
    if (search === undefined) throw new AgentSessionError('not-supported', 'This storage cannot search.')
    return this.#read('The search', () => search(text, page))
  }

  /** What goes on and is older than the page. */
  async #open({ sessionId, open }: SessionRecord, before: number): Promise<SessionMessage[]> {
    const seqIds = Array.isArray(open) ? open.filter((seqId) => Number.isSafeInteger(seqId) && seqId < before) : []
    return (await this.at(sessionId, seqIds)).filter(isOpen)
  }

  #messages(sessionId: string, range: MessageRange): Promise<MessageRecord[]> {
    return this.#read('The messages', () => this.#storage.loadMessages(sessionId, range))
  }

  async #read<Value>(what: string, read: () => Promise<Value>): Promise<Value> {
    const ms = this.#limits.commitTimeoutMs
    try {
      const answer = await within(this.#clock, ms, read())
      if (answer.timely) return answer.value
    } catch (thrown) {
      throw AgentSessionError.isInstance(thrown)
        ? thrown
        : new AgentSessionError('storage-failed', `${what} could not be read: ${errorText(thrown)}`, { cause: thrown })
    }
    throw new AgentSessionError('storage-timeout', `${what} could not be read: the storage did not answer within ${ms} ms.`)
  }
}

/** Messages as a storage gave them, made fit for a session: in order, none twice, each with a seqId (T27). */
export function orderedMessages(found: readonly SessionMessage[]): SessionMessage[] {
  const ids = new Set<string>()
  const seqIds = new Set<number>()
  const placed: SessionMessage[] = []
  const unplaced: SessionMessage[] = []
  for (const message of found) {
    if (ids.has(message.id)) continue
    ids.add(message.id)
    const { seqId } = message
    if (!Number.isSafeInteger(seqId) || seqId < 1 || seqIds.has(seqId)) unplaced.push(message)
    else {
      seqIds.add(seqId)
      placed.push(message)
    }
  }
  placed.sort((a, b) => a.seqId - b.seqId)
  const next = (placed.at(-1)?.seqId ?? 0) + 1
  return [...placed, ...unplaced.map((message, index) => ({ ...message, seqId: next + index }))]
}

/** Whether the process that had it died before it was told what it had missed, and in a numbering that has ended. */
const mayBeGapped = ({ asked }: SessionRecord, cursor: Cursor | undefined): boolean => asked !== undefined && asked?.epoch !== cursor?.epoch

/** The record with a status that is one (B1), and its counter past every message there is: what was given once is never given again (promise 1). */
function soundRecord({ open: _open, asked: _asked, ...record }: SessionRecord, messages: readonly SessionMessage[]): SessionRecord {
  const highest = messages.at(-1)?.seqId ?? 0
  return { ...record, status: readStatus(record.status), lastSeqId: Math.max(highest, record.lastSeqId) }
}

/** A prompt whose run ended before its delivery was saved: nobody will say any more whether it got through, so it can be sent again. */
const settled = (message: SessionMessage): SessionMessage => (message.delivery === 'sending' ? { ...message, delivery: 'failed' } : message)

/** Rising numbers, as the first and the last of each that follow one another. */
function spans(numbers: readonly number[]): [number, number][] {
  const found: [number, number][] = []
  for (const number of numbers) {
    const last = found.at(-1)
    if (last !== undefined && number === last[1] + 1) last[1] = number
    else found.push([number, number])
  }
  return found
}
