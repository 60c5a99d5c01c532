import * as v from 'valibot'
import type { TextStorage } from '../page-storage.ts'
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

/** What was attached to a draft, by the session that it is meant for. */
export class KeptAttachments {
  readonly #storage: TextStorage

  constructor(storage: TextStorage) {
    this.#storage = storage
  }

  read(key: string): readonly Attachment[] {
    const found = v.safeParse(kept, this.#storage.getItem(prefix + key))
    return found.success ? found.output : []
  }

  write(key: string, attachments: readonly Attachment[]): void {
    if (attachments.length === 0) this.#storage.removeItem(prefix + key)
    else this.#storage.setItem(prefix + key, JSON.stringify(attachments))
  }
}
