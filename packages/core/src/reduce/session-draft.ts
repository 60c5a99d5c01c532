import type { AgentSessionErrorCode } from '../errors.ts'
import type { MessageLogReader } from '../session/message-log.ts'
import type { SessionChange, StatePatch } from '../session/session-change.ts'
import type { SessionMessage } from '../session/session-message.ts'
import type { SessionState } from '../session/session-state.ts'

/** What `reduce` reads: a session as it stands. */
export interface SessionReader {
  readonly state: SessionState
  readonly log: MessageLogReader
}

/** Something that `reduce` passed over, for the store to tell. */
export interface Report {
  readonly code: AgentSessionErrorCode
  readonly message: string
  readonly detail?: unknown
}

export interface Reduction {
  readonly changes: readonly SessionChange[]
  readonly reports: readonly Report[]
}

const closeBy = 32

/**
 * The next state in the making: reads through to the session, sees its own changes first, and leaves the session as
 * it is. So one event may carry many messages that refer to each other, and `reduce` stays pure.
 */
export class SessionDraft {
  readonly #session: SessionReader
  readonly #changes: SessionChange[] = []
  // Most events change one message and refer to no other, so what is for more is made when there is more.
  #reports: Report[] | undefined
  #last: SessionMessage | undefined
  #earlier: Map<string, SessionMessage> | undefined
  #earlierCalls: Map<string, string> | undefined
  #results: Map<string, SessionMessage> | undefined
  #patch: StatePatch | undefined
  #lastSeqId: number

  constructor(session: SessionReader) {
    this.#session = session
    this.#lastSeqId = session.state.lastSeqId
  }

  get state(): SessionState {
    return this.#session.state
  }

  get log(): MessageLogReader {
    return this.#session.log
  }

  message(id: string): SessionMessage | undefined {
    return this.#last?.id === id ? this.#last : (this.#earlier?.get(id) ?? this.#session.log.get(id))
  }

  /** Whether there is a message of this id, in memory or only stored. */
  has(id: string): boolean {
    return this.message(id) !== undefined || this.#session.log.evicted(id)
  }

  /** Whether the message of this id has left memory or was retracted: it cannot be changed any more, and does not come again. */
  isGone(id: string): boolean {
    return this.#session.log.evicted(id) || this.#session.log.retracted(id)
  }

  /** Whether a message of this id is or was there; one that was retracted does not come again. */
  knows(id: string): boolean {
    return this.has(id) || this.#session.log.retracted(id)
  }

  toolCall(toolCallId: string): SessionMessage | undefined {
    if (this.#last?.role === 'tool-call' && this.#last.toolCallId === toolCallId) return this.#last
    const earlier = this.#earlierCalls?.get(toolCallId)
    if (earlier !== undefined) return this.message(earlier)
    const logged = this.#session.log.toolCall(toolCallId)
    return logged && this.message(logged.id)
  }

  /** A whole result of this call among the newest messages: one that comes out of order comes close to its call. */
  recentResult(toolCallId: string): SessionMessage | undefined {
    const drafted = this.#results?.get(toolCallId)
    if (drafted !== undefined) return drafted
    for (let back = 1; back <= closeBy; back += 1) {
      const message = this.log.at(this.log.length - back)
      if (message?.role === 'tool-result' && message.toolCallId === toolCallId && !message.streaming) return message
    }
    return undefined
  }

  append(message: Omit<SessionMessage, 'seqId'>): void {
    const placed = { ...message, seqId: ++this.#lastSeqId }
    this.#touch(placed)
    this.#changes.push({ type: 'messages-appended', messages: [placed] })
  }

  replace(message: SessionMessage): void {
    this.#touch(message)
    this.#changes.push({ type: 'message-replaced', message })
  }

  extend(message: SessionMessage, text: string): void {
    if (text === '') return
    this.#changes.push({ type: 'message-extended', id: message.id, offset: message.content.length, text })
  }

  retract(ids: readonly string[]): void {
    if (ids.length > 0) this.#changes.push({ type: 'messages-retracted', ids })
  }

  update(patch: StatePatch): void {
    this.#patch = { ...this.#patch, ...patch }
    // F26: where the wall clock is set back, what is newer must not look older.
    const { updatedAt } = this.#patch
    if (updatedAt !== undefined && updatedAt < this.state.updatedAt) this.#patch = { ...this.#patch, updatedAt: this.state.updatedAt }
  }

  report(code: AgentSessionErrorCode, message: string, detail?: unknown): void {
    this.#reports ??= []
    this.#reports.push({ code, message, detail })
  }

  finish(): Reduction {
    if (this.#patch !== undefined) this.#changes.push({ type: 'session-updated', patch: this.#patch })
    return { changes: this.#changes, reports: this.#reports ?? nothing }
  }

  #touch(message: SessionMessage): void {
    if (message.role === 'tool-result' && message.toolCallId !== undefined && !message.streaming) {
      this.#results = (this.#results ?? new Map<string, SessionMessage>()).set(message.toolCallId, message)
    }
    const before = this.#last
    this.#last = message
    if (before === undefined) return
    this.#earlier = (this.#earlier ?? new Map<string, SessionMessage>()).set(before.id, before)
    if (before.role !== 'tool-call' || before.toolCallId === undefined) return
    this.#earlierCalls = (this.#earlierCalls ?? new Map<string, string>()).set(before.toolCallId, before.id)
  }
}

const nothing: readonly never[] = []
