import type { Hit, MessageRange, MessageRecord, Page, SessionRecord } from '@agent-session/core'

/** So many messages are looked at in one transaction. */
const stepLength = 512

/** Looks through messages one by one, the newest of the newest session first, until the page is full or `most` were looked at. */
export async function searchMessages(
  sessions: readonly SessionRecord[],
  load: (sessionId: string, range: MessageRange) => Promise<MessageRecord[]>,
  text: string,
  { limit = 100, offset = 0 }: Page,
  most: number,
): Promise<Hit[]> {
  const wanted = text.toLowerCase()
  const hits: Hit[] = []
  let left = wanted === '' ? 0 : most
  for (const { sessionId, projectId } of sessions) {
    for (let before = Infinity; left > 0 && hits.length < offset + limit; ) {
      const messages = await load(sessionId, { before, limit: Math.min(left, stepLength) })
      const [first] = messages
      if (first === undefined) break
      before = first.seqId
      left -= messages.length
      for (const message of messages.toReversed()) if (message.content.toLowerCase().includes(wanted)) hits.push({ sessionId, projectId, message })
    }
  }
  return hits.slice(offset, offset + limit)
}
