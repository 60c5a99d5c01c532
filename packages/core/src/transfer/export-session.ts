import { systemClock } from '../defaults/system-clock.ts'
import { AgentSessionError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import { redactTexts, type Redact } from '../store/redaction.ts'
import type { AgentStore } from '../store/agent-store.ts'
import { sessionFileFormat, sessionFileVersion } from './session-file.ts'

/** How a session goes out. */
export interface ExportOptions {
  /** Takes secrets out of every text. Absent: everything goes out as it is. */
  readonly redact?: Redact
  /** For the date in the header. Absent: the machine's own. */
  readonly clock?: Clock
}

const pageSize = 500

/**
 * The lines of a session's file, without line breaks, a page of messages at a time. Throws `session-not-found`, and what
 * the storage throws.
 */
export async function* exportSession(store: AgentStore, sessionId: string, options: ExportOptions = {}): AsyncGenerator<string, void> {
  const { redact = (text: string) => text, clock = systemClock } = options
  const session = await store.openSession(sessionId)
  if (session === undefined) throw new AgentSessionError('session-not-found', `There is no session ${JSON.stringify(sessionId)}.`)
  yield JSON.stringify({ format: sessionFileFormat, version: sessionFileVersion, exportedAt: clock.now() })
  yield JSON.stringify({ session: redactTexts(session.record, redact) })
  const upTo = session.lastSeqId
  let messages = 0
  for (let after = 0; after < upTo; after += pageSize) {
    const page = await store.loadMessages(sessionId, { after, before: Math.min(after + pageSize, upTo) + 1 })
    for (const message of page) yield JSON.stringify({ message: redactTexts(message, redact) })
    messages += page.length
  }
  yield JSON.stringify({ end: { messages } })
}
