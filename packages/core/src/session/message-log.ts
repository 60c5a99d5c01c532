import { isOpen, type SessionMessage } from './session-message.ts'

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
  /** Open messages that are older than the rows: events go on changing them, so they stay at hand until they have ended. */
  readonly #aside = new Map<string, SessionMessage>()
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
    return position === undefined ? this.#aside.get(id) : this.#rows[position - this.#base]
  }

  /** The open messages that are older than the rows. */
  aside(): readonly SessionMessage[] {
    return [...this.#aside.values()]
  }

  /** The seqIds of what is open, rising. */
  openSeqIds(): number[] {
    return [...this.open].flatMap((id) => this.get(id)?.seqId ?? []).sort((a, b) => a - b)
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
    const message = this.get(id)
    if (message !== undefined) this.#put({ ...message, content: message.content + text })
  }

  /** Puts a message in the place of the one with its id; an unknown id is ignored. */
  replace(message: SessionMessage): void {
    if (this.get(message.id) === undefined) return
    this.#put(message)
    this.#note(message)
  }

  /** An open message that is older than all rows. */
  putAside(message: SessionMessage): void {
    this.#aside.set(message.id, message)
    this.#note(message)
  }

  /** Lets go of what was put aside, has ended since, and may leave. */
  releaseAside(mayLeave: (message: SessionMessage) => boolean): void {
    for (const message of this.#aside.values()) if (!this.open.has(message.id) && mayLeave(message)) this.#leave(message)
  }

  /** Costs as much as there are messages after the first that goes: retractions are rare and near the end. */
  retract(ids: readonly string[]): void {
    for (const id of ids) {
      this.#remember(id)
      const aside = this.#aside.get(id)
      if (aside !== undefined) this.#forget(aside)
    }
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
    // What is aside is newer than what storage has of it.
    const older = messages.map((message) => this.#aside.get(message.id) ?? message)
    this.#rows = older.concat(this.#rows)
    older.forEach((message, index) => {
      this.#position.set(message.id, this.#base + index)
      this.#evicted.delete(message.id)
      this.#aside.delete(message.id)
      const newer = message.toolCallId === undefined ? undefined : this.#toolCalls.get(message.toolCallId)
      this.#note(message)
      // A program's own count of calls may start again: the newest of a name is the one that is meant.
      if (newer !== undefined && message.toolCallId !== undefined) this.#toolCalls.set(message.toolCallId, newer)
    })
  }

  /** Lets the oldest go, which are in storage; those that are open are put aside. */
  dropOldest(count: number): void {
    for (const message of this.#rows.splice(0, count)) {
      this.#base += 1
      if (!this.open.has(message.id)) this.#leave(message)
      else {
        this.#position.delete(message.id)
        this.#aside.set(message.id, message)
      }
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

  #put(message: SessionMessage): void {
    const position = this.#position.get(message.id)
    if (position === undefined) this.#aside.set(message.id, message)
    else this.#rows[position - this.#base] = message
    this.#snapshot = undefined
  }

  #note(message: SessionMessage): void {
    this.#snapshot = undefined
    if (message.role === 'tool-call' && message.toolCallId !== undefined) {
      this.#toolCalls.set(message.toolCallId, message.id)
    }
    if (isOpen(message)) this.open.add(message.id)
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

  /** Its id stays known, so that one told again is not taken for new. */
  #leave(message: SessionMessage): void {
    this.#forget(message)
    this.#evicted.add(message.id)
  }

  #forget(message: SessionMessage): void {
    this.#position.delete(message.id)
    this.#aside.delete(message.id)
    this.open.delete(message.id)
    if (message.toolCallId !== undefined && this.#toolCalls.get(message.toolCallId) === message.id) {
      this.#toolCalls.delete(message.toolCallId)
    }
  }
}
