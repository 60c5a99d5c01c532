/** Writes in the order they were asked for, also where one of them has to wait for another process. */
export class WriteQueue {
  #tail: Promise<unknown> = Promise.resolve()
  #length = 0
  #blocked = false
  #onBlocked: (() => void)[] = []

  add<Value>(write: (onBusy: () => void) => Promise<Value>): Promise<Value> {
    this.#length += 1
    const turn = this.#tail.then(() => write(() => this.#block()))
    // How it ends is told to whoever asked for it.
    this.#tail = turn.catch(() => {}).finally(() => {
      this.#length -= 1
      this.#blocked = false
    })
    return turn
  }

  /** For a reading: resolves when what was asked before is written, or has to wait; then it is not waited for. */
  async passed(): Promise<void> {
    if (this.#length === 0 || this.#blocked) return
    await Promise.race([this.#tail, new Promise<void>((resolve) => this.#onBlocked.push(resolve))])
  }

  /** Resolves when all that was asked so far is over. */
  async over(): Promise<void> {
    await this.#tail
  }

  #block(): void {
    this.#blocked = true
    for (const resolve of this.#onBlocked.splice(0)) resolve()
  }
}
