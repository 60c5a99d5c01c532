import type { AgentSession, MessageRange, SessionMessage } from '@agent-session/core'
import { untrack } from 'svelte'
import { holds, messageRows, type MessageRow } from './message-rows.ts'

/** Asks for messages of the session that it does not have in memory. */
export type LoadMessages = (range: MessageRange) => Promise<readonly SessionMessage[]>

/** Places that are read and let go together: a tenth of a second at the wheel. */
const pageLength = 128
/** So many pages on either side of what is in view are read ahead. */
const ahead = 1
/** So many more are kept once they have been read: who turns back finds them there. */
const behind = 4

/** What is shown of a session at a moment. */
interface Shown {
  /** By the place of its message; a place that has none belongs to another row, was retracted, or is not read yet. */
  readonly rows: ReadonlyMap<number, MessageRow>
  /** Those that the session itself does not have. */
  readonly paged: ReadonlyMap<string, SessionMessage>
}

/**
 * The rows of one session by their places: of what it has in memory, and of those pages of its past that somebody looks
 * at. What is looked at no longer leaves again, so that a session costs the same however far one has read in it.
 */
export class HistoryPages {
  readonly #session: AgentSession
  readonly #load: LoadMessages | undefined
  readonly #makeRows = messageRows()
  readonly #pages = new Map<number, readonly SessionMessage[]>()
  #version = $state(0)
  #resident: readonly SessionMessage[] = []
  /** What is open stays at hand in the session however old it is: newer than what its page has of it. */
  readonly #aside = new Map<string, SessionMessage>()
  /** Pages of which something went on and ended, and has left the session: they are read again. */
  readonly #stale = new Set<number>()
  #wanted = { from: 0, to: -1 }
  #reading: Promise<void> | undefined
  readonly #shown = $derived.by(() => {
    void this.#version
    void this.#session.messageIds
    // Each row reads its own message: here a change of one must not touch the others.
    return untrack(() => this.#make())
  })

  /** `load` absent: what the session has in memory is all there is. */
  constructor(session: AgentSession, load: LoadMessages | undefined) {
    this.#session = session
    this.#load = load
  }

  /** The highest place there is. */
  get last(): number {
    void this.#session.messageIds
    return untrack(() => this.#session.lastSeqId)
  }

  /** The row that begins at that place. */
  row(seqId: number): MessageRow | undefined {
    return this.#shown.rows.get(seqId)
  }

  /** The place of the row that has the message of that place with it: a result is shown with its call. */
  placeOf(seqId: number): number | undefined {
    const { rows, paged } = this.#shown
    if (rows.has(seqId)) return seqId
    const id = [...paged.values(), ...this.#resident].find((message) => message.seqId === seqId)?.id
    return id === undefined ? undefined : [...rows.values()].find((row) => holds(row, id))?.seqId
  }

  /** Whether what is at that place is known. */
  isRead(seqId: number): boolean {
    void this.#shown
    return this.#load === undefined || seqId >= this.#front || this.#pages.has(pageOf(seqId))
  }

  /** As the session's own, and among the pages that are here. */
  message(id: string): SessionMessage | undefined {
    const own = this.#session.findMessage(id)
    if (own !== undefined) {
      if (own.seqId < this.#front) this.#aside.set(id, own)
      return own
    }
    const before = this.#aside.get(id)
    if (before !== undefined) this.#stale.add(pageOf(before.seqId))
    return before ?? this.#shown.paged.get(id)
  }

  /** These places are in view: they are read, and what is far from them leaves. Rejects as `load` does. */
  look(from: number, to: number): Promise<void> {
    this.#wanted = { from: pageOf(from) - ahead, to: pageOf(to) + ahead }
    let gone = false
    for (const page of this.#pages.keys()) {
      if (page >= this.#wanted.from - behind && page <= this.#wanted.to + behind) continue
      gone = this.#pages.delete(page) || gone
    }
    if (gone) this.#version += 1
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  /** One page after the other, of those that are wanted by then: who drags the bar on waits for no page passed by. */
  async #read(): Promise<void> {
    for (let page = this.#missing(); page !== undefined && this.#load !== undefined; page = this.#missing()) {
      this.#stale.delete(page)
      const before = Math.min((page + 1) * pageLength, this.#front)
      const messages = await this.#load({ before, ...(page > 0 && { after: page * pageLength - 1 }) })
      // Meanwhile the session may have let go of more: the page would have a hole.
      if (before < Math.min((page + 1) * pageLength, this.#front)) continue
      this.#pages.set(page, messages)
      for (const { id } of messages) this.#aside.delete(id)
      this.#version += 1
    }
  }

  /** The nearest to the middle of what is wanted first. */
  #missing(): number | undefined {
    const { from, to } = this.#wanted
    const middle = (from + to) / 2
    let nearest: number | undefined
    for (let page = Math.max(0, from); page <= to && page * pageLength < this.#front; page += 1) {
      if ((!this.#pages.has(page) || this.#stale.has(page)) && (nearest === undefined || Math.abs(page - middle) < Math.abs(nearest - middle))) nearest = page
    }
    return nearest
  }

  /** The first place of what the session has in memory. */
  get #front(): number {
    return untrack(() => this.#session.messageAt(0)?.seqId ?? this.#session.lastSeqId + 1)
  }

  #make(): Shown {
    const front = this.#front
    this.#keepLeaving(front)
    this.#resident = this.#session.messages
    const older = [...this.#pages.keys()].sort((a, b) => a - b).flatMap((page) => this.#pages.get(page)?.filter(({ seqId }) => seqId < front) ?? [])
    const rows = this.#makeRows([...older, ...this.#resident])
    return { rows: new Map(rows.map((row) => [row.seqId, row])), paged: new Map(older.map((message) => [message.id, message])) }
  }

  /** What leaves the session's memory while it is looked at stays in view. */
  #keepLeaving(front: number): void {
    const before = this.#resident[0]?.seqId
    if (before === undefined || before >= front) return
    for (let page = pageOf(before); page * pageLength < front; page += 1) {
      const begins = page * pageLength
      const known = before <= begins ? [] : this.#pages.get(page)
      const isWanted = page >= this.#wanted.from && page <= this.#wanted.to
      const leaving = this.#resident.filter(({ seqId }) => seqId >= begins && seqId < Math.min(front, begins + pageLength))
      if (isWanted && known !== undefined) this.#pages.set(page, [...known, ...leaving])
      else this.#pages.delete(page)
    }
  }
}

const pageOf = (seqId: number): number => Math.floor(seqId / pageLength)
