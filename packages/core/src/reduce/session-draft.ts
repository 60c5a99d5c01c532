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

/**
 * The next state in the making: reads through to the session, sees its own changes first, and leaves the session as
 * it is. So one event may carry many messages that refer to each other, and `reduce` stays pure.
 */
export class SessionDraft {
  readonly #session: SessionReader
  readonly #changes: SessionChange[] = []
  readonly #reports: Report[] = []
  readonly #touched = new Map<string, SessionMessage>()
  readonly #toolCalls = new Map<string, SessionMessage>()
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
    return this.#touched.get(id) ?? this.#session.log.get(id)
  }

  /** Whether there is a message of this id; one that has left memory cannot be changed any more. */
  has(id: string): boolean {
    return this.message(id) !== undefined || this.#session.log.evicted(id)
  }

  /** Whether a message of this id is or was there; one that was retracted does not come again. */
  knows(id: string): boolean {
    return this.has(id) || this.#session.log.retracted(id)
  }

  toolCall(toolCallId: string): SessionMessage | undefined {
    const drafted = this.#toolCalls.get(toolCallId)
    if (drafted !== undefined) return this.message(drafted.id)
    const logged = this.#session.log.toolCall(toolCallId)
    return logged && this.message(logged.id)
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
  }

  report(code: AgentSessionErrorCode, message: string, detail?: unknown): void {
    this.#reports.push({ code, message, detail })
  }

  finish(): Reduction {
    if (this.#patch !== undefined) this.#changes.push({ type: 'session-updated', patch: this.#patch })
    return { changes: this.#changes, reports: this.#reports }
  }

  #touch(message: SessionMessage): void {
    this.#touched.set(message.id, message)
    if (message.role === 'tool-call' && message.toolCallId !== undefined) this.#toolCalls.set(message.toolCallId, message)
  }
}
