const prefix = 'agent-session-draft:'

/** What was begun to be written, by the session that it is meant for. It survives a reload, and stays in its tab. */
export class Drafts {
  readonly #storage: Storage

  constructor(storage: Storage) {
    this.#storage = storage
  }

  read(key: string): string {
    return this.#storage.getItem(prefix + key) ?? ''
  }

  write(key: string, text: string): void {
    try {
      if (text === '') this.#storage.removeItem(prefix + key)
      else this.#storage.setItem(prefix + key, text)
    } catch {
      // Too long for this storage: it is still in the field.
    }
  }
}
