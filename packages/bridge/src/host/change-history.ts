export interface HistoryLimits<Item> {
  /** How many are kept at most. */
  readonly count: number
  /** How much they may weigh together. */
  readonly weight: number
  readonly weigh: (item: Item) => number
}

/** The newest of a row of items, within limits. */
export class ChangeHistory<Item> {
  readonly #limits: HistoryLimits<Item>
  #items: (Item | undefined)[] = []
  #first = 0
  #weight = 0

  constructor(limits: HistoryLimits<Item>) {
    this.#limits = limits
  }

  get length(): number {
    return this.#items.length - this.#first
  }

  add(item: Item): void {
    this.#items.push(item)
    this.#weight += this.#limits.weigh(item)
    while (this.length > this.#limits.count || (this.#weight > this.#limits.weight && this.length > 0)) this.#dropOldest()
  }

  clear(): void {
    this.#items = []
    this.#first = 0
    this.#weight = 0
  }

  /** The newest `count`, oldest first; `undefined` when so many are not kept. */
  last(count: number): readonly Item[] | undefined {
    if (count > this.length) return undefined
    const found: Item[] = []
    for (const item of this.#items.slice(this.#items.length - count)) if (item !== undefined) found.push(item)
    return found
  }

  #dropOldest(): void {
    const oldest = this.#items[this.#first]
    if (oldest !== undefined) this.#weight -= this.#limits.weigh(oldest)
    this.#items[this.#first] = undefined
    this.#first += 1
    // Moved together now and then, so that a drop costs the same however many are kept.
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
  }
}
