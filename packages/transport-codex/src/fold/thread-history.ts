import type { RawMessage } from '@agent-session/core'
import { amountField, type EventBody, listField, textField } from '@agent-session/core/transport'
import { readItem } from './codex-item.ts'
import { ItemLog, itemTime } from './item-log.ts'

/** The turns that a thread remembers, as messages under the ids that they have live. */
export function threadHistory(turns: readonly unknown[], threadId: string): { readonly messages: readonly RawMessage[]; readonly itemIds: readonly string[] } {
  const log = new ItemLog()
  const lane = { threadId, parentId: undefined }
  const messages: RawMessage[] = []
  const itemIds: string[] = []
  for (const [index, turn] of turns.entries()) {
    // Short ids begin again with each turn.
    log.enterRun(textField(turn, 'id') ?? `turn-${index + 1}`)
    const began = (amountField(turn, 'startedAt') ?? 0) * 1_000
    for (const item of listField(turn, 'items')) {
      const timestamp = itemTime(item) ?? began
      const read = readItem(item)
      const id = textField(item, 'id')
      if (id === undefined) continue
      if (read?.as === 'user') {
        messages.push({ id, type: 'user', content: { text: read.text, ...(read.clientId !== undefined && { messageId: read.clientId }) }, timestamp })
        continue
      }
      itemIds.push(id)
      messages.push(...messagesIn(log.take(item, lane, true, timestamp)?.bodies ?? []))
    }
  }
  return { messages, itemIds }
}

/** What shows in a conversation; a plan that was made then is no plan now. */
const messagesIn = (bodies: readonly EventBody[]): RawMessage[] => bodies.flatMap((body) => (body.type === 'message' ? body.messages : []))
