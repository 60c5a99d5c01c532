const headCharacters = 4 * 1024 * 1024
const tailCharacters = 2 * 1024 * 1024

/**
 * Text that grows in pieces and may never stop: past its bounds the middle is left out, and the text says so. It
 * takes the place of the whole, whose length is `length`.
 */
export class BoundedText {
  #head = ''
  #tail = ''
  #length = 0

  get length(): number {
    return this.#length
  }

  append(text: string): void {
    this.#length += text.length
    const room = headCharacters - this.#head.length
    if (room > 0) this.#head += text.slice(0, room)
    if (text.length <= room) return
    this.#tail += text.slice(Math.max(room, 0))
    if (this.#tail.length > 2 * tailCharacters) this.#tail = this.#tail.slice(-tailCharacters)
  }

  toString(): string {
    const left = this.#length - this.#head.length - this.#tail.length
    return left > 0 ? `${this.#head}\n... (${left} characters left out) ...\n${this.#tail}` : this.#head + this.#tail
  }
}
