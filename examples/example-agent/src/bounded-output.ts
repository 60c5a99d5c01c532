/** Keeps the beginning and the end of a text of any length, and says how much is missing between them. */
export class BoundedOutput {
  readonly #limit: number
  #head = ''
  #tail = ''
  #left = 0

  /** `limit` is the most that is kept of either end, in characters. */
  constructor(limit: number) {
    this.#limit = limit
  }

  push(text: string): void {
    const room = this.#limit - this.#head.length
    this.#head += text.slice(0, room)
    this.#tail += text.slice(room)
    // Cut only now and then: cutting at each push would copy the whole tail for every line.
    if (this.#tail.length > this.#limit * 2) this.#cut()
  }

  get truncated(): boolean {
    return this.#left > 0 || this.#tail.length > this.#limit
  }

  text(): string {
    this.#cut()
    if (this.#left === 0) return this.#head + this.#tail
    return `${this.#head}\n… ${this.#left} characters left out …\n${this.#tail}`
  }

  #cut(): void {
    const excess = this.#tail.length - this.#limit
    if (excess <= 0) return
    this.#left += excess
    this.#tail = this.#tail.slice(excess)
  }
}
