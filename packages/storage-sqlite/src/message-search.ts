import type { Clock, Hit, Page } from '@agent-session/core'
import type { Statements } from './connection.ts'
import { keepAlive } from './defaults/keep-alive.ts'
import { messageKey, readMessage } from './message-row.ts'
import { isNumber, isRow } from './row.ts'
import type { SearchIndex } from './search-index.ts'
import { likePattern, trigramQuery } from './search-text.ts'
import { readText } from './stored-text.ts'

export interface SearchSource {
  readonly clock: Clock
  readonly read: <Value>(work: (statements: Statements) => Value) => Promise<Value>
  /** `undefined` where there is none. */
  readonly index: Pick<SearchIndex, 'find' | 'sessionsWith'> | undefined
}

interface SearchedSession {
  readonly id: number
  readonly sessionId: string
  readonly projectId: string
  /** From this seqId on nothing is in the index; `undefined` where all is. */
  readonly unindexedFrom: number | undefined
}

/** How many rows are looked through at a time, and how long the thread is kept before others have their turn. */
const rowsAtOnce = 100
const turnMs = 10

/**
 * The messages that hold the text as it is written, in any case: of the session that was changed last first, from its end.
 * What the index has is found there, the rest is read; both a piece at a time, so that the thread stays free.
 */
export async function searchMessages(source: SearchSource, text: string, { limit = 100, offset = 0 }: Page = {}): Promise<Hit[]> {
  const wanted = offset + limit
  if (text === '' || wanted <= 0) return []
  const pattern = likePattern(text)
  const query = source.index?.find && trigramQuery(text)
  const lower = text.toLowerCase()
  const turns = new Turns(source.clock)
  const hits: Hit[] = []

  const take = ({ sessionId, projectId }: SearchedSession, rows: readonly (readonly unknown[])[]): void => {
    for (const row of rows) {
      const message = readMessage(row)
      // A text that SQLite cannot hold as one, it cannot search either.
      if (message !== undefined && message.content.toLowerCase().includes(lower)) hits.push({ sessionId, projectId, message })
    }
  }

  // Many sessions have nothing of a rare text, and asking the index for each of them takes seconds.
  const withText = query === undefined ? undefined : await source.read(() => source.index?.sessionsWith(query))
  for (const session of await source.read(searchedSessions)) {
    const from = query === undefined ? 0 : session.unindexedFrom
    const begin = messageKey(session.id, from ?? 0)
    for (let to = from === undefined ? begin : messageKey(session.id + 1, 0); to > begin && hits.length < wanted; ) {
      to = await source.read((statements) => {
        const from = Math.max(begin, firstOf(statements, begin, to))
        take(session, statements.scanMessages(from - 1, to, pattern))
        return from
      })
      await turns.next()
    }
    const mayHave = from !== 0 && (withText === undefined || withText.has(session.id))
    if (query !== undefined && hits.length < wanted && mayHave) {
      const end = from === undefined ? messageKey(session.id + 1, 0) : begin
      await source.read(() => take(session, source.index?.find?.(query, messageKey(session.id, -1), end, pattern) ?? []))
      await turns.next()
    }
    if (hits.length >= wanted) break
  }
  return hits.slice(offset, wanted)
}

function searchedSessions({ searchedSessions }: Statements): SearchedSession[] {
  return searchedSessions.all().flatMap((row) => {
    if (!isRow(row)) return []
    const [sessionId, projectId, id, from] = [readText(row['session_id']), readText(row['project_id']), row['id'], row['unindexed_from']]
    if (sessionId === undefined || projectId === undefined || !isNumber(id)) return []
    return [{ id, sessionId, projectId, unindexedFrom: isNumber(from) ? from : undefined }]
  })
}

/** The key from which on there are as many rows before `to` as are looked through at a time. */
function firstOf({ firstOfLast }: Statements, from: number, to: number): number {
  const row = firstOfLast.get(from - 1, to, rowsAtOnce)
  const first = isRow(row) ? row['first'] : undefined
  // Nothing is left before `to`.
  return isNumber(first) ? first : from
}

/** Lets others have their turn where one has taken long. */
export class Turns {
  readonly #clock: Clock
  #since: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.monotonic()
  }

  async next(): Promise<void> {
    if (this.#clock.monotonic() - this.#since < turnMs) return
    const letGo = keepAlive()
    await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, 0))
    letGo()
    this.#since = this.#clock.monotonic()
  }
}
