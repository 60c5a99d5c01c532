/** Gives the notices of a store when the bench says: the store's own `schedule` leaves them here. */
export class NoticeClock {
  #due: (() => void) | undefined
  #events = 0
  readonly #eventsPerNotice: number
  /** Lets the framework run what the notice made due. */
  readonly #settle: () => void | Promise<void>

  constructor(eventsPerNotice: number, settle: () => void | Promise<void>) {
    this.#eventsPerNotice = eventsPerNotice
    this.#settle = settle
  }

  readonly schedule = (flush: () => void): void => {
    this.#due = flush
  }

  /** An event was told. Gives a promise only where there was a notice that has to be waited for. */
  tick(): void | Promise<void> {
    this.#events += 1
    if (this.#events < this.#eventsPerNotice) return
    return this.flush()
  }

  flush(): void | Promise<void> {
    this.#events = 0
    const due = this.#due
    this.#due = undefined
    due?.()
    return this.#settle()
  }
}
