/** Prompts on their way to the program: it reads on as long as its process lives. */
export class PromptQueue implements AsyncIterable<unknown> {
  readonly #waiting: unknown[] = []
  #wake = (): void => {}
  #ended = false

  push(message: unknown): void {
    this.#waiting.push(message)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    while (!this.#ended) {
      if (this.#waiting.length > 0) yield this.#waiting.shift()
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
