/** Listeners of one kind. One that throws is told of, and the others hear (F30). */
export class Listeners<Payload> {
  readonly #listeners = new Set<(payload: Payload) => void>()
  readonly #onFailure: (thrown: unknown) => void

  constructor(onFailure: (thrown: unknown) => void) {
    this.#onFailure = onFailure
  }

  /** Returns its own unsubscribe. */
  add(listener: (payload: Payload) => void): () => void {
    // A wrapper of its own, so that the same function subscribed twice is two subscriptions.
    const own = (payload: Payload): void => listener(payload)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  tell(payload: Payload): void {
    for (const listener of this.#listeners) {
      try {
        listener(payload)
      } catch (thrown) {
        this.#onFailure(thrown)
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
