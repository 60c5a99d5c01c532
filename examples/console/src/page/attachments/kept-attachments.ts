import * as v from 'valibot'
import type { Attachment } from './attachment.ts'

const prefix = 'agent-session-attached:'

const attachment = v.object({
  id: v.string(),
  name: v.string(),
  bytes: v.number(),
  part: v.variant('type', [
    v.object({ type: v.literal('image'), mimeType: v.string(), data: v.string(), name: v.exactOptional(v.string()) }),
    v.object({ type: v.literal('file'), uri: v.string(), name: v.exactOptional(v.string()), mimeType: v.exactOptional(v.string()), text: v.exactOptional(v.string()) }),
  ]),
})
const kept = v.pipe(v.string(), v.parseJson(), v.array(attachment))

/**
 * What was attached to a draft, by the session that it is meant for. It stays while the page lives, and over a reload where
 * the tab has room for it: some MB, for all drafts together.
 */
export class KeptAttachments {
  readonly #storage: Storage
  readonly #inMemory = new Map<string, readonly Attachment[]>()

  constructor(storage: Storage) {
    this.#storage = storage
  }

  read(key: string): readonly Attachment[] {
    const here = this.#inMemory.get(key)
    if (here !== undefined) return here
    const found = v.safeParse(kept, this.#storage.getItem(prefix + key))
    return found.success ? found.output : []
  }

  write(key: string, attachments: readonly Attachment[]): void {
    if (attachments.length === 0) this.#inMemory.delete(key)
    else this.#inMemory.set(key, attachments)
    this.#storage.removeItem(prefix + key)
    if (attachments.length === 0) return
    try {
      this.#storage.setItem(prefix + key, JSON.stringify(attachments))
    } catch {
      // No room for it: it is still in memory.
    }
  }
}
