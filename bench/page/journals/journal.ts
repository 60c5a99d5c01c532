import type { MessageRecord, SessionRecord } from '@agent-session/core'

/** A way of keeping sessions in IndexedDB. */
export interface Journal {
  /** One flush of a session's new messages, in their order. */
  save(session: SessionRecord, messages: readonly MessageRecord[]): Promise<void>
  /** How many messages there are, all of them read. */
  all(sessionId: string): Promise<number>
  /** How many of the last 200 there are, which are read as an app would that opens the session. */
  last(sessionId: string): Promise<number>
}

export type OpenJournal = (name: string) => Promise<Journal>
