/** What is pushed, as an async iterable that waits for more until it is ended. */
export class WireQueue<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = []
  #wake = (): void => {}
  #ended = false

  push(item: Item): void {
    this.#items.push(item)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (;;) {
      if (this.#items.length > 0) yield* this.#items.splice(0)
      else if (this.#ended) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
