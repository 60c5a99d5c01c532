import type { MessageRecord } from '@agent-session/core'
import { sampleMessage, sampleSession } from '@agent-session/core/conformance'
import { journals, type JournalName } from './index.ts'
import type { Journal } from './journal.ts'

const open = new Map<string, Promise<Journal>>()

function journalOf(name: JournalName, database: string): Promise<Journal> {
  const key = `${name} ${database}`
  const journal = open.get(key) ?? journals[name](key)
  open.set(key, journal)
  return journal
}

/** As they come from a wire, each text one piece. */
const messagesFrom = (first: number, count: number): MessageRecord[] =>
  JSON.parse(
    JSON.stringify(
      Array.from({ length: count }, (_, index) =>
        sampleMessage(first + index, { id: crypto.randomUUID(), run: 'run-1', content: `${first + index} `.padEnd(250, 'lorem ipsum dolor ') }),
      ),
    ),
  )

/** Saves so many flushes of so many messages, one after the other; ms a flush. */
export async function saveFlushes(name: JournalName, database: string, sessionId: string, first: number, size: number, flushes: number): Promise<number> {
  const journal = await journalOf(name, database)
  const batches = Array.from({ length: flushes }, (_, index) => messagesFrom(first + index * size, size))
  const began = performance.now()
  for (const batch of batches) {
    const lastSeqId = batch.at(-1)?.seqId ?? 0
    await journal.save(sampleSession({ sessionId, status: 'running', updatedAt: lastSeqId, lastSeqId }), batch)
  }
  return (performance.now() - began) / flushes
}

/** Ms to read all messages of a session, or the last 200. */
export async function readBack(name: JournalName, database: string, sessionId: string, part: 'all' | 'last', expected: number): Promise<number> {
  const journal = await journalOf(name, database)
  const began = performance.now()
  const found = await journal[part](sessionId)
  const ms = performance.now() - began
  if (found !== expected) throw new Error(`${name} read ${found} messages of ${expected}.`)
  return ms
}
