import type { AgentSessionEvent, Cursor } from '../ports/agent-event.ts'

/** How many ended numberings are remembered, so that a late packet of one is known as late. */
const rememberedEpochs = 16

/**
 * Puts the numbered events of one session in their order: what came before is dropped, what comes too early is held
 * until the missing ones are there. Events without a cursor pass as they are.
 */
export class EventOrder {
  readonly #limit: number
  readonly #ended: string[] = []
  readonly #held = new Map<number, AgentSessionEvent>()
  #last: Cursor | undefined
  #gaps = 0

  /** `limit`: how many events are held. `last`: the cursor up to which everything has been applied, where one is known. */
  constructor(limit: number, last?: Cursor) {
    this.#limit = limit
    this.#last = last
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
    const last = this.#last
    if (last === undefined) return this.#take(event, cursor)
    if (cursor.epoch !== last.epoch) {
      if (this.#ended.includes(cursor.epoch)) return []
      return this.#newEpoch(event, cursor, last)
    }
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
    return [...stranded, ...this.#take(event, cursor)]
  }
}
