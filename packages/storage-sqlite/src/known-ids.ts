import type { MessageRecord } from '@agent-session/core'
import type { Statements } from './connection.ts'
import { messageKey } from './message-row.ts'
import { isRow } from './row.ts'
import { readText } from './stored-text.ts'

/**
 * Which ids a session has for certain not, of those that are not near its end: what was shown and taken back before it was
 * saved is retracted under an id that no row has, and the whole session would be looked through for it, each time. Hashes of
 * the ids of the one session that was asked for last, some MB for 100,000; filled at the first question, and then by what is new.
 */
export class KnownIds {
  #session: number | undefined
  #version: unknown
  #hashes = new Set<number>()
  /** The ids of all rows below this key are known. */
  #end = 0

  /** Those of the ids that may be in the session below the key. */
  possible(statements: Statements, session: number, end: number, ids: readonly string[]): string[] {
    const row = statements.dataVersion.get()
    const version = isRow(row) ? row['data_version'] : undefined
    // It changes with what other connections write.
    if (this.#session !== session || this.#version !== version) {
      this.#hashes = new Set()
      this.#end = messageKey(session, 0)
    }
    this.#session = session
    this.#version = version
    for (const [id] of statements.idsBetween(this.#end, end)) this.#hashes.add(hashOf(readText(id) ?? ''))
    this.#end = Math.max(this.#end, end)
    return ids.filter((id) => this.#hashes.has(hashOf(id)))
  }

  /** What is written below what is known joins it. */
  note(session: number, messages: readonly MessageRecord[]): void {
    if (session !== this.#session) return
    for (const { id, seqId } of messages) if (messageKey(session, seqId) < this.#end) this.#hashes.add(hashOf(id))
  }
}

/** FNV-1a. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return hash
}
