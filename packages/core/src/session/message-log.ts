import type { SessionMessage } from './session-message.ts'

/** What `reduce` may see of a log. */
export interface MessageLogReader {
  readonly length: number
  at(index: number): SessionMessage | undefined
  get(id: string): SessionMessage | undefined
  /** The message of the tool call with this `toolCallId`. */
  toolCall(toolCallId: string): SessionMessage | undefined
  /** Whether a message of this id was here and has left memory: it is known, and only in storage. */
  evicted(id: string): boolean
  /** Whether the message of this id was taken back, so that one told again does not bring it back; of the last thousand. */
  retracted(id: string): boolean
  /** Ids of the messages that are still coming, whose tool still runs, or that are being sent; in order of appearance. */
  readonly open: Iterable<string>
}

/** How many ids of retracted messages are remembered: what is told again is told again soon. */
const rememberedRetractions = 1_000

/**
 * The resident messages of a session, in seqId order. Every step costs the same however long the log is: a message
 * is found by its position, and positions count from a base that moves when messages come or go at the front.
 */
export class MessageLog implements MessageLogReader {
  readonly open = new Set<string>()
  #rows: SessionMessage[] = []
  readonly #position = new Map<string, number>()
  readonly #toolCalls = new Map<string, string>()
  readonly #evicted = new Set<string>()
  readonly #retracted = new Set<string>()
  #base = 0
  #snapshot: readonly SessionMessage[] | undefined
  #ids: readonly string[] | undefined

  get length(): number {
    return this.#rows.length
  }

  at(index: number): SessionMessage | undefined {
    return this.#rows[index]
  }

  get(id: string): SessionMessage | undefined {
    const position = this.#position.get(id)
    return position === undefined ? undefined : this.#rows[position - this.#base]
  }

  /** The seqId of the oldest message that is open. */
  get openFrom(): number | undefined {
    let from: number | undefined
    for (const id of this.open) from = Math.min(from ?? Infinity, this.get(id)?.seqId ?? Infinity)
    return from
  }

  toolCall(toolCallId: string): SessionMessage | undefined {
    const id = this.#toolCalls.get(toolCallId)
    return id === undefined ? undefined : this.get(id)
  }

  evicted(id: string): boolean {
    return this.#evicted.has(id)
  }

  retracted(id: string): boolean {
    return this.#retracted.has(id)
  }

  /** The same array until something changes, so that a reader can compare by identity. */
  snapshot(): readonly SessionMessage[] {
    return (this.#snapshot ??= Object.freeze(this.#rows.slice()))
  }

  /** The ids in order: the same array until messages come or go. */
  ids(): readonly string[] {
    return (this.#ids ??= Object.freeze(this.#rows.map(({ id }) => id)))
  }

  /** The newest `limit` with a seqId between the two, both exclusive, oldest first. */
  between(after: number, before: number, limit: number): SessionMessage[] {
    const end = this.#firstFrom(before)
    const start = Math.max(this.#firstFrom(after + 1), end - limit)
    return this.#rows.slice(start, Math.max(start, end))
  }

  append(message: SessionMessage): void {
    this.#retracted.delete(message.id)
    this.#position.set(message.id, this.#base + this.#rows.length)
    this.#rows.push(message)
    this.#ids = undefined
    this.#note(message)
  }

  /** Puts text at the end of a message; an unknown id is ignored. */
  extend(id: string, text: string): void {
    const position = this.#position.get(id)
    const message = position === undefined ? undefined : this.#rows[position - this.#base]
    if (position === undefined || message === undefined) return
    this.#rows[position - this.#base] = { ...message, content: message.content + text }
    this.#snapshot = undefined
  }

  /** Puts a message in the place of the one with its id; an unknown id is ignored. */
  replace(message: SessionMessage): void {
    const position = this.#position.get(message.id)
    if (position === undefined) return
    this.#rows[position - this.#base] = message
    this.#note(message)
  }

  /** Costs as much as there are messages after the first that goes: retractions are rare and near the end. */
  retract(ids: readonly string[]): void {
    for (const id of ids) this.#remember(id)
    const gone = new Set(ids.filter((id) => this.#position.has(id)))
    if (gone.size === 0) return
    let first = this.#rows.length
    for (const id of gone) first = Math.min(first, (this.#position.get(id) ?? 0) - this.#base)
    const tail = this.#rows.splice(first)
    for (const message of tail) this.#forget(message)
    for (const message of tail) if (!gone.has(message.id)) this.append(message)
    this.#snapshot = undefined
    this.#ids = undefined
  }

  /** Older messages, in seqId order, before all that is here. */
  prepend(messages: readonly SessionMessage[]): void {
    this.#base -= messages.length
    this.#ids = undefined
    this.#rows = messages.concat(this.#rows)
    messages.forEach((message, index) => {
      this.#position.set(message.id, this.#base + index)
      this.#evicted.delete(message.id)
      const newer = message.toolCallId === undefined ? undefined : this.#toolCalls.get(message.toolCallId)
      this.#note(message)
      // A program's own count of calls may start again: the newest of a name is the one that is meant.
      if (newer !== undefined && message.toolCallId !== undefined) this.#toolCalls.set(message.toolCallId, newer)
    })
  }

  /** Lets the oldest go; they are in storage. Their ids stay known, so that one told again is not taken for new. */
  dropOldest(count: number): void {
    for (const message of this.#rows.splice(0, count)) {
      this.#forget(message)
      this.#evicted.add(message.id)
      this.#base += 1
    }
    this.#snapshot = undefined
    this.#ids = undefined
  }

  /** Index of the first message with this seqId or a higher one: the rows are in seqId order. */
  #firstFrom(seqId: number): number {
    let [low, high] = [0, this.#rows.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#rows[middle]?.seqId ?? 0) < seqId) low = middle + 1
      else high = middle
    }
    return low
  }

  #note(message: SessionMessage): void {
    this.#snapshot = undefined
    if (message.role === 'tool-call' && message.toolCallId !== undefined) {
      this.#toolCalls.set(message.toolCallId, message.id)
    }
    if (message.streaming === true || message.toolState === 'running' || message.delivery === 'sending') this.open.add(message.id)
    else if (this.open.size > 0) this.open.delete(message.id)
  }

  #remember(retracted: string): void {
    this.#evicted.delete(retracted)
    this.#retracted.add(retracted)
    for (const oldest of this.#retracted) {
      if (this.#retracted.size <= rememberedRetractions) break
      this.#retracted.delete(oldest)
    }
  }

  #forget(message: SessionMessage): void {
    this.#position.delete(message.id)
    this.open.delete(message.id)
    if (message.toolCallId !== undefined && this.#toolCalls.get(message.toolCallId) === message.id) {
      this.#toolCalls.delete(message.toolCallId)
    }
  }
}
