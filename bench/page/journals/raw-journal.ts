import type { MessageRecord, SessionRecord } from '@agent-session/core'
import type { OpenJournal } from './journal.ts'
import { keysOf, openRaw } from './raw-database.ts'

/** What of a session's messages goes into which record. */
type Layout = (store: IDBObjectStore, sessionId: string, messages: readonly MessageRecord[]) => void

/** By hand: the messages in that layout and, unless told otherwise, the session's record and cursor in the same transaction. */
export const rawJournal =
  (makeLayout: () => Layout, messagesAlone = false): OpenJournal =>
  async (name) => {
    const layout = makeLayout()
    const { write, all, last } = await openRaw(name)
    return {
      save: (session: SessionRecord, messages) =>
        write(messagesAlone ? ['messages'] : ['messages', 'sessions'], (transaction) => {
          layout(transaction.objectStore('messages'), session.sessionId, messages)
          if (!messagesAlone) transaction.objectStore('sessions').put({ record: session, cursor: { epoch: 'e', seq: session.lastSeqId } }, session.sessionId)
        }),
      all: async (sessionId) => (await all(keysOf(sessionId))).length,
      last: async (sessionId) => (await last(keysOf(sessionId), 200)).length,
    }
  }

export const recordAFlush = (): Layout => (store, sessionId, messages) => void store.put(messages, [sessionId, messages[0]?.seqId ?? 0])

export const recordAMessage = (): Layout => (store, sessionId, messages) => messages.forEach((message) => store.put(message, [sessionId, message.seqId]))

/** The last chunk is written anew until it is full. */
export function chunksOf(size: number): Layout {
  const last = new Map<string, readonly MessageRecord[]>()
  return (store, sessionId, messages) => {
    let chunk = last.get(sessionId) ?? []
    for (let from = 0; from < messages.length; ) {
      if (chunk.length === size) chunk = []
      const room = size - chunk.length
      chunk = [...chunk, ...messages.slice(from, from + room)]
      from += room
      store.put(chunk, [sessionId, chunk[0]?.seqId ?? 0])
    }
    last.set(sessionId, chunk)
  }
}
