import {
  AgentSessionError,
  type CommitBatch,
  errorText,
  type MessageRange,
  type MessageRecord,
  type SessionRecord,
  type SessionStorage,
} from '@agent-session/core'
import { field, isFields, textField } from '@agent-session/core/transport'
import type { PageLine } from '../page-line.ts'
import { plainCopy } from '../plain-copy.ts'
import { isRemoved, messageOfRow, messageRow, removedRow } from '../rows/message-row.ts'
import { isRecord } from '../rows/record-shape.ts'
import { recordOfRow, sessionRow } from '../rows/session-row.ts'
import type { AgentRpcRequests, MessageRow, RequestName, SessionRow } from '../wire.ts'

export interface RpcStorageOptions {
  readonly line: PageLine
  /** Whether rows carry more than the wire's own fields. */
  readonly extras: boolean
  readonly onProblem: (problem: AgentSessionError) => void
}

/** A batch as it goes over the wire: copied at the call, so that nobody changes it before it is sent. */
interface Sendable {
  readonly session: SessionRow
  readonly record: SessionRecord
  readonly rows: readonly MessageRow[]
  readonly remove: readonly string[]
}

/** Sessions whose newest record is remembered here. */
const remembered = 500

/**
 * The sessions that a host keeps. The wire saves a session and its messages by two requests and knows the last session
 * of a project alone: nothing is atomic, and there is no list, no deletion and no lease.
 */
export class RpcStorage implements SessionStorage {
  readonly atomic = false
  readonly #options: RpcStorageOptions
  /** What this page saved or loaded, as JSON text: the wire does not load a session by its id. */
  readonly #records = new Map<string, string>()
  /** The last commit of each session that is under way. */
  readonly #commits = new Map<string, Promise<void>>()
  #closed = false

  constructor(options: RpcStorageOptions) {
    this.#options = options
  }

  async commit(batch: CommitBatch): Promise<void> {
    this.#checkOpen()
    const { sessionId } = batch.session
    const sendable = this.#storable(batch)
    const before = this.#commits.get(sessionId)
    const commit = before === undefined ? this.#send(sendable) : before.then(undefined, () => {}).then(() => this.#send(sendable))
    this.#commits.set(sessionId, commit)
    try {
      await commit
    } finally {
      if (this.#commits.get(sessionId) === commit) this.#commits.delete(sessionId)
    }
  }

  #storable(batch: CommitBatch): Sendable {
    try {
      return this.#sendable(batch)
    } catch (thrown) {
      throw AgentSessionError.from('storage-failed', thrown)
    }
  }

  async lastSession(projectId: string): Promise<SessionRecord | undefined> {
    this.#checkOpen()
    const reply = await this.#ask('session.load', { projectId })
    if (!isFields(reply)) {
      throw new AgentSessionError('storage-corrupt', 'The host answered session.load with what is no answer.', { projectId, detail: plainCopy(reply) })
    }
    const row = field(reply, 'session')
    if (row === undefined || row === null) return undefined
    const record = recordOfRow(row, projectId)
    if (record?.projectId !== projectId) {
      throw new AgentSessionError('storage-corrupt', 'The session that the host has for this project is none, or of another; it is left alone.', {
        projectId,
        detail: plainCopy(row),
      })
    }
    this.#remember(record)
    return record
  }

  /** What this page saved or loaded, or the last session of a project that it knows; `undefined` where the host has nothing of that id. */
  async loadSession(sessionId: string): Promise<SessionRecord | undefined> {
    this.#checkOpen()
    const known = this.#records.get(sessionId)
    const record: unknown = known === undefined ? undefined : JSON.parse(known)
    if (isRecord(record)) return record
    if ((await this.#messages(sessionId)).length === 0) return undefined
    throw new AgentSessionError('not-supported', 'The host has this session, but can only load the last one of a project. Restore its project.', { sessionId })
  }

  async loadMessages(sessionId: string, range: MessageRange = {}): Promise<MessageRecord[]> {
    this.#checkOpen()
    const { after, before, limit } = range
    const messages = await this.#messages(sessionId)
    // One that has no place yet comes after all others.
    const place = ({ seqId }: MessageRecord): number => (seqId === 0 ? Infinity : seqId)
    const within = messages.filter((message) => place(message) > (after ?? -1) && (before === undefined || place(message) < before))
    within.sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)))
    return limit === undefined ? within : within.slice(Math.max(0, within.length - limit))
  }

  async listSessions(): Promise<never> {
    this.#checkOpen()
    throw new AgentSessionError('not-supported', 'The host can load the last session of a project, and cannot list its sessions.')
  }

  async deleteSessions(): Promise<never> {
    this.#checkOpen()
    throw new AgentSessionError('not-supported', 'The host cannot delete sessions: what it has saved stays.')
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#commits.values())
    this.#records.clear()
  }

  #sendable({ session, upsert, remove }: CommitBatch): Sendable {
    const { extras } = this.#options
    const record: unknown = plainCopy(session)
    const rows = upsert.map((message) => messageRow(session.sessionId, message, extras))
    if (!isRecord(record)) throw new AgentSessionError('storage-failed', 'This session cannot be sent: it is no whole record.', { sessionId: session.sessionId })
    return { session: sessionRow(record, extras), record, rows, remove: [...remove] }
  }

  /**
   * The session first where the host may not know it; later its messages, so that what the record says is never ahead of
   * them. Both are saved again by the next attempt where one of them fails.
   */
  async #send({ session, record, rows, remove }: Sendable): Promise<void> {
    const { sessionId } = session
    const messages = [...(await this.#removedRows(sessionId, remove, rows)), ...rows]
    const first = !this.#records.has(sessionId)
    if (first) await this.#ask('session.save', session)
    if (messages.length > 0) await this.#ask('session.messages.save', { messages })
    if (!first) await this.#ask('session.save', session)
    this.#remember(record)
  }

  async #removedRows(sessionId: string, remove: readonly string[], rows: readonly MessageRow[]): Promise<MessageRow[]> {
    if (remove.length === 0) return []
    const gone = new Set(remove)
    for (const { msgId } of rows) gone.delete(msgId)
    return (await this.#messages(sessionId)).filter(({ id }) => gone.has(id)).map((message) => removedRow(sessionId, message))
  }

  async #messages(sessionId: string): Promise<MessageRecord[]> {
    const reply = await this.#ask('session.messages.load', { sessionId })
    const rows = field(reply, 'messages')
    if (!Array.isArray(rows)) {
      throw new AgentSessionError('storage-corrupt', 'The host answered session.messages.load with what is no answer.', { sessionId, detail: plainCopy(reply) })
    }
    // Some hosts add a row where others replace it: the last one is the newest.
    const messages = new Map<string, MessageRecord>()
    for (const row of rows) {
      const message = this.#readRow(sessionId, row)
      if (message !== undefined) messages.set(message.id, message)
    }
    return [...messages.values()].filter((message) => !isRemoved(message))
  }

  /** F10: a row that is none is set aside and told, and the rest loads. */
  #readRow(sessionId: string, row: unknown): MessageRecord | undefined {
    const message = messageOfRow(row)
    const owner = textField(row, 'sessionId')
    if (message !== undefined && (owner === undefined || owner === sessionId)) return message
    const why = message === undefined ? 'is none' : 'is of another session'
    this.#options.onProblem(new AgentSessionError('storage-corrupt', `A stored message ${why} and was set aside.`, { sessionId, detail: plainCopy(row) }))
    return undefined
  }

  async #ask<Name extends RequestName>(name: Name, params: AgentRpcRequests[Name]['params']): Promise<unknown> {
    let reply: unknown
    try {
      reply = await this.#options.line.ask(name, params)
    } catch (cause) {
      throw new AgentSessionError('storage-failed', `The host failed on ${name}: ${errorText(cause)}`, { cause })
    }
    // Some hosts answer a failure instead of throwing it.
    if (field(reply, 'ok') === false) throw new AgentSessionError('storage-failed', `The host refused ${name}: ${textField(reply, 'error') || 'unknown'}`)
    return reply
  }

  #remember(record: SessionRecord): void {
    this.#records.delete(record.sessionId)
    this.#records.set(record.sessionId, JSON.stringify(record))
    const [oldest] = this.#records.keys()
    if (this.#records.size > remembered && oldest !== undefined && !this.#commits.has(oldest)) this.#records.delete(oldest)
  }

  #checkOpen(): void {
    if (this.#closed) throw new AgentSessionError('storage-closed', 'This connection to the host is closed. Make a new one.')
  }
}
