import { jsonText, textField } from '@agent-session/core/transport'

/** A message told twice comes soon after itself. */
const remembered = 256

/** Finds what was told before: each message has a `uuid` of its own, but who lies about ids is not believed. */
export class ToldMessages {
  readonly #byUuid = new Map<string, unknown>()

  /** Whether this very message, word for word, was told a short while ago. Notes it where not. */
  has(message: unknown): boolean {
    const uuid = textField(message, 'uuid')
    if (uuid === undefined) return false
    const known = this.#byUuid.get(uuid)
    if (known !== undefined && isSame(known, message)) return true
    this.#byUuid.set(uuid, message)
    if (this.#byUuid.size > remembered) {
      const [oldest] = this.#byUuid.keys()
      if (oldest !== undefined) this.#byUuid.delete(oldest)
    }
    return false
  }
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  // Of what is nested too deeply nobody can say, and what is told twice has ids that show it.
  const text = jsonText(one)
  return text !== undefined && text === jsonText(other)
}
