import type { AgentSessionEvent } from '../ports/agent-event.ts'
import type { Cursor } from '../ports/cursor.ts'

/** How many ended numberings are remembered, so that a late packet of one is known as late. */
const rememberedEpochs = 16

/**
 * Puts the numbered events of one session in their order: what came before is dropped, what comes too early is held
 * until the missing ones are there. Events without a cursor pass as they are.
 */
export class EventOrder {
  readonly #limit: number
  readonly #fromStart: boolean
  readonly #ended: string[] = []
  readonly #held = new Map<number, AgentSessionEvent>()
  #last: Cursor | undefined
  #gaps = 0

  /**
   * `limit`: how many events are held. `last`: the cursor up to which everything has been applied, where one is known.
   * `fromStart`: nothing was told before, so that a first event with a higher number is not the first.
   */
  constructor(limit: number, last?: Cursor, fromStart = false) {
    this.#limit = limit
    this.#last = last
    this.#fromStart = fromStart
  }

  /** Up to here everything has been given out; `undefined` before the first numbered event. */
  get last(): Cursor | undefined {
    return this.#last
  }

  /** How often events were given up on. */
  get gaps(): number {
    return this.#gaps
  }

  /** Whether events are held because others are missing. */
  get waiting(): boolean {
    return this.#held.size > 0
  }

  /** Whether no more can be held: somebody must `skip`. */
  get full(): boolean {
    return this.#held.size >= this.#limit
  }

  /** The events that can be applied now. */
  offer(event: AgentSessionEvent): readonly AgentSessionEvent[] {
    const { cursor } = event
    if (cursor === undefined) return [event]
    if (this.#last === undefined) {
      if (!this.#fromStart) return this.#take(event, cursor)
      this.#last = justBefore(cursor)
    }
    if (cursor.epoch === this.#last.epoch) return this.#inEpoch(event, cursor, this.#last)
    return this.#ended.includes(cursor.epoch) ? [] : this.#newEpoch(event, cursor, this.#last)
  }

  #inEpoch(event: AgentSessionEvent, cursor: Cursor, last: Cursor): readonly AgentSessionEvent[] {
    if (cursor.seq <= last.seq) return []
    if (cursor.seq === last.seq + 1) return this.#take(event, cursor)
    this.#held.set(cursor.seq, event)
    return []
  }

  /** Gives up on what is missing: the held events, in order. */
  skip(): readonly AgentSessionEvent[] {
    const events = [...this.#held.entries()].sort(([a], [b]) => a - b).map(([, event]) => event)
    if (events.length > 0) this.#gaps += 1
    this.#held.clear()
    this.#last = events.at(-1)?.cursor ?? this.#last
    return events
  }

  #take(event: AgentSessionEvent, cursor: Cursor): AgentSessionEvent[] {
    const ready = [event]
    this.#last = cursor
    for (let seq = cursor.seq + 1, next = this.#held.get(seq); next?.cursor; seq += 1, next = this.#held.get(seq)) {
      ready.push(next)
      this.#held.delete(seq)
      this.#last = next.cursor
    }
    return ready
  }

  /** F19: the host began again. What was still missing of the old numbering will never come. */
  #newEpoch(event: AgentSessionEvent, cursor: Cursor, last: Cursor): readonly AgentSessionEvent[] {
    this.#ended.push(last.epoch)
    if (this.#ended.length > rememberedEpochs) this.#ended.shift()
    const stranded = this.skip()
    this.#last = justBefore(cursor)
    return [...stranded, ...this.#inEpoch(event, cursor, this.#last)]
  }
}

/** Where a numbering stands before its first event: it begins at 1, and some begin at 0. */
const justBefore = ({ epoch, seq }: Cursor): Cursor => ({ epoch, seq: seq === 0 ? -1 : 0 })
