import { createIdbStorage } from '@agent-session/storage-idb'
import type { OpenJournal } from './journal.ts'
import { chunksOf, rawJournal, recordAFlush, recordAMessage } from './raw-journal.ts'

const agentSession: OpenJournal = async (name) => {
  const storage = createIdbStorage({ name, persist: false })
  const { fence } = await storage.acquire('bench')
  return {
    save: (session, upsert) => storage.commit({ session, upsert, remove: [], cursor: { epoch: 'e', seq: session.lastSeqId }, fence }),
    all: async (sessionId) => (await storage.loadMessages(sessionId)).length,
    // As `openSession` reads it.
    async last(sessionId) {
      await storage.loadSession(sessionId)
      const messages = await storage.loadMessages(sessionId, { limit: 201 })
      await storage.loadCursor(sessionId)
      return Math.min(200, messages.length)
    },
  }
}

export const journals = {
  'agent-session': agentSession,
  'record-a-flush': rawJournal(recordAFlush),
  'chunks-of-128': rawJournal(() => chunksOf(128)),
  'record-a-message': rawJournal(recordAMessage),
  'messages-alone': rawJournal(recordAFlush, true),
} satisfies Record<string, OpenJournal>

export type JournalName = keyof typeof journals
