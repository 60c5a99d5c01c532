import type { DeltaEvent, RawMessage } from '@agent-session/core'

/** Characters (UTF-16 units) of a tool's output that are kept of its head, and of its tail. */
const halfOutput = 32_768

/** A message that comes in pieces, as the whole message that it has become so far. */
export class GrowingMessage {
  readonly #id: string
  readonly #kind: DeltaEvent['kind']
  readonly #parentId: string | undefined
  readonly #toolCallId: string | undefined
  readonly #timestamp: number
  #head = ''
  /** Of an output that has outgrown its limit: what is kept of its end. */
  #tail = ''
  #length = 0

  constructor({ id, kind, parentId, toolCallId }: DeltaEvent, timestamp: number) {
    this.#id = id
    this.#kind = kind
    this.#parentId = parentId
    this.#toolCallId = toolCallId
    this.#timestamp = timestamp
  }

  /** Puts a piece at its end, once. `false` where a piece before it is missing, so that it is not put anywhere. */
  add({ text, offset = this.#length }: DeltaEvent): boolean {
    if (offset > this.#length) return false
    const fresh = text.slice(this.#length - offset)
    this.#length += fresh.length
    if (this.#kind !== 'tool_result') {
      this.#head += fresh
      return true
    }
    const room = Math.max(0, 2 * halfOutput - this.#head.length)
    this.#head += fresh.slice(0, room)
    this.#tail += fresh.slice(room)
    // Cut back only now and then, so that a character costs the same however many came before it.
    if (this.#tail.length > 2 * halfOutput) this.#tail = this.#tail.slice(-halfOutput)
    return true
  }

  /** `cut`: it ended before its time, so that an output is none of a call that went well. */
  whole(cut = false): RawMessage {
    return {
      id: this.#id,
      type: this.#kind,
      ...(this.#parentId !== undefined && { parentId: this.#parentId }),
      content:
        this.#kind === 'tool_result'
          ? { output: this.#text(), ...(this.#toolCallId !== undefined && { toolCallId: this.#toolCallId }), ...(cut && { isError: true }) }
          : { text: this.#text() },
      timestamp: this.#timestamp,
    }
  }

  #text(): string {
    if (this.#tail === '') return this.#head
    const end = (this.#head.slice(halfOutput) + this.#tail).slice(-halfOutput)
    return `${this.#head.slice(0, halfOutput)}\n... (${this.#length.toLocaleString('en')} characters in all, the middle is left out) ...\n${end}`
  }
}
