import type { MessageRange, MessageRecord } from '@agent-session/core'
import { promisifyRequest } from 'idb-keyval'
import { chunksOf, keysFrom, lastKey, messagesIn, secondOf } from './message-chunks.ts'

/** Reads the chunks that the range touches, and hardly any others. */
export async function readMessages(
  store: IDBObjectStore,
  sessionId: string,
  { after = -Infinity, before = Infinity, limit = Infinity }: MessageRange,
  onDamaged: () => void,
): Promise<MessageRecord[]> {
  let messages: MessageRecord[] = []
  if (after >= before) return messages
  // What is before this is not read yet.
  let end: IDBValidKey = [sessionId, before]
  while (messages.length < limit) {
    const newest = await lastKey(store, keysFrom([sessionId], end))
    // As many seqIds back as messages are missing: enough, unless some were retracted. Then it goes on from there.
    const from = Math.max(Math.min(secondOf(newest), before) - (limit - messages.length), after)
    const begin = await lastKey(store, chunksOf(sessionId, from + 0.5))
    const rows = messagesIn(await promisifyRequest(store.getAll(keysFrom(begin ?? [sessionId], end))), onDamaged)
    messages = [...rows.filter((row) => row.seqId > after && row.seqId < before), ...messages]
    if (begin === undefined || from === after) break
    end = begin
  }
  return messages.slice(Math.max(0, messages.length - limit))
}
