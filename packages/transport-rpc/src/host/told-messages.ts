import type { RawMessage } from '@agent-session/core'
import { textField } from '@agent-session/core/transport'
import type { MessageRow } from '../wire.ts'

/** Messages that are kept for a page that was loaded anew before it had saved them. */
const mostKept = 1_000

/** What the pages were told of a session and have not saved: what a page that is loaded anew would miss. */
export class ToldMessages {
  readonly #unsaved = new Map<string, RawMessage>()

  told(messages: readonly RawMessage[]): void {
    for (const message of messages) {
      this.#unsaved.delete(message.id)
      this.#unsaved.set(message.id, message)
      const [oldest] = this.#unsaved.keys()
      if (this.#unsaved.size > mostKept && oldest !== undefined) this.#unsaved.delete(oldest)
    }
  }

  /** A text that was saved while it grew is not saved yet. */
  saved(rows: readonly Pick<MessageRow, 'msgId' | 'content'>[]): void {
    for (const { msgId, content } of rows) {
      const message = this.#unsaved.get(msgId)
      const text = message && (message.type === 'text' || message.type === 'thinking') ? textField(message.content, 'text') : content
      if (text === content) this.#unsaved.delete(msgId)
    }
  }

  list(): readonly RawMessage[] {
    return [...this.#unsaved.values()]
  }
}
