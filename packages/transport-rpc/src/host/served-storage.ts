import { AgentSessionError, type MessageRecord, type SessionRecord, type SessionStorage } from '@agent-session/core'
import { field, textField } from '@agent-session/core/transport'
import { isRemoved, messageOfRow, messageRow } from '../rows/message-row.ts'
import { freshRecord, recordOfRow, sessionRow } from '../rows/session-row.ts'
import type { MessageRow, SessionRow } from '../wire.ts'
import { StorageLease } from './storage-lease.ts'

/** Any storage behind the requests of the wire. Every method rejects with an error that has words; ids are bound, never part of anything. */
export class ServedStorage {
  readonly #storage: SessionStorage
  readonly #lease: StorageLease
  /** What is under way for each session: what is saved is first read, and nothing may come in between. */
  readonly #work = new Map<string, Promise<unknown>>()

  constructor(storage: SessionStorage, owner: string) {
    this.#storage = storage
    this.#lease = new StorageLease(storage, owner)
  }

  /** `known`: what the host itself knows of the session and the page may not. */
  async saveSession(given: unknown, known: Partial<SessionRecord>): Promise<void> {
    const [sessionId, projectId] = [textField(given, 'sessionId'), textField(given, 'projectId')]
    if (sessionId === undefined || projectId === undefined) {
      throw new AgentSessionError('invalid-argument', 'session.save needs a sessionId and a projectId.')
    }
    await this.#inOrder(sessionId, async () => {
      const before = await this.#storage.loadSession(sessionId)
      const record = recordOfRow(given, undefined, { ...(before ?? freshRecord(sessionId, projectId)), ...known })
      if (record === undefined) throw new AgentSessionError('invalid-argument', 'session.save was given what is no session.')
      // A page that knows the wire alone says nothing of where its messages end.
      const lastSeqId = Math.max(record.lastSeqId, before?.lastSeqId ?? 0)
      await this.#commit({ ...record, lastSeqId }, [], [])
    })
  }

  /** Rows that are none are refused with all that came with them: nothing is acknowledged that was not saved. Gives those that were saved. */
  async saveMessages(given: unknown): Promise<ReadonlyMap<string, readonly MessageRecord[]>> {
    const rows: unknown = field(given, 'messages')
    if (!Array.isArray(rows)) throw new AgentSessionError('invalid-argument', 'session.messages.save needs a list of messages.')
    const ofSession = new Map<string, MessageRecord[]>()
    for (const row of rows) {
      const [sessionId, message] = [textField(row, 'sessionId'), messageOfRow(row)]
      if (sessionId === undefined || message === undefined) {
        throw new AgentSessionError('invalid-argument', `This message cannot be saved: it has no session, id, role or content (${textField(row, 'msgId') ?? 'no id'}).`)
      }
      ofSession.set(sessionId, [...(ofSession.get(sessionId) ?? []), message])
    }
    for (const [sessionId, messages] of ofSession) await this.#inOrder(sessionId, () => this.#saveOf(sessionId, messages))
    return ofSession
  }

  async lastSession(projectId: string): Promise<SessionRow | null> {
    const record = await this.#storage.lastSession(projectId)
    return record === undefined ? null : sessionRow(record, true)
  }

  loadSession(sessionId: string): Promise<SessionRecord | undefined> {
    return this.#storage.loadSession(sessionId)
  }

  async messages(sessionId: string): Promise<readonly MessageRow[]> {
    return (await this.#storage.loadMessages(sessionId)).map((message) => messageRow(sessionId, message, true))
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#work.values())
    await this.#lease.release()
    await this.#storage.close?.()
  }

  async #saveOf(sessionId: string, messages: readonly MessageRecord[]): Promise<void> {
    const record = await this.#storage.loadSession(sessionId)
    if (record === undefined) throw new AgentSessionError('session-not-found', 'Save the session before its messages.', { sessionId })
    // An id twice in one batch: the last one is the newest.
    const newest = new Map(messages.map((message) => [message.id, message]))
    let lastSeqId = [...newest.values()].reduce((highest, { seqId }) => Math.max(highest, seqId), record.lastSeqId)
    const placeless = [...newest.values()].some(({ seqId }) => seqId === 0)
    const places = new Map(placeless ? (await this.#storage.loadMessages(sessionId)).map(({ id, seqId }) => [id, seqId]) : [])
    const upsert: MessageRecord[] = []
    const remove: string[] = []
    for (const message of newest.values()) {
      if (isRemoved(message)) remove.push(message.id)
      // T27: one that has no place keeps that of its id, else it gets the next.
      else upsert.push(message.seqId === 0 ? { ...message, seqId: places.get(message.id) ?? (lastSeqId += 1) } : message)
    }
    await this.#commit({ ...record, lastSeqId }, upsert, remove)
  }

  async #commit(session: SessionRecord, upsert: readonly MessageRecord[], remove: readonly string[]): Promise<void> {
    const fence = await this.#lease.fence()
    await this.#storage.commit({ session, upsert, remove, ...(fence !== undefined && { fence }) })
  }

  async #inOrder(sessionId: string, work: () => Promise<void>): Promise<void> {
    const before = this.#work.get(sessionId)
    const own = before === undefined ? work() : before.then(work, work)
    this.#work.set(sessionId, own)
    try {
      await own
    } finally {
      if (this.#work.get(sessionId) === own) this.#work.delete(sessionId)
    }
  }
}
