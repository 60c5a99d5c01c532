import type { Cursor, SessionRecord } from '@agent-session/core'

/** What is kept of a session apart from its messages. */
export interface StoredSession {
  /** As JSON: the browser copies a text much faster than an object of many parts. */
  readonly record: string
  readonly cursor?: Cursor
}

export const storedSession = (record: SessionRecord, cursor: Cursor | undefined): StoredSession => ({
  record: JSON.stringify(record),
  ...(cursor && { cursor }),
})

/** Throws where it is damaged. */
export function recordOf({ record }: StoredSession): SessionRecord {
  // A key of these names would reach an object's prototype where the data is merged carelessly.
  const session: SessionRecord = JSON.parse(record, (key, value: unknown) => (/^(__proto__|constructor|prototype)$/.test(key) ? undefined : value))
  if (typeof session.sessionId !== 'string') throw new TypeError('The record has no sessionId')
  return session
}
