import type { TextStorage } from './page-storage.ts'

const prefix = 'agent-session-draft:'

/** What was begun to be written, by the session that it is meant for. It survives a reload, and stays in its tab. */
export class Drafts {
  readonly #storage: TextStorage

  constructor(storage: TextStorage) {
    this.#storage = storage
  }

  read(key: string): string {
    return this.#storage.getItem(prefix + key) ?? ''
  }

  write(key: string, text: string): void {
    if (text === '') this.#storage.removeItem(prefix + key)
    else this.#storage.setItem(prefix + key, text)
  }
}
