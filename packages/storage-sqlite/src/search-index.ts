import type { Clock } from '@agent-session/core'
import type { Connection, WriteStatements } from './connection.ts'
import { messageColumns, messageKey, seqIdOf, sessionOf } from './message-row.ts'
import { isNumber, isRow } from './row.ts'
import { rowsAsArrays, type ArrayQuery } from './rows-as-arrays.ts'
import { searchable } from './search-text.ts'
import { readText } from './stored-text.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite-driver.ts'

/** How many rows are taken in at once; and how many, and for how long, in one transaction. */
const rowsAtOnce = 20
const rowsAtMost = 500
const turnMs = 5

/** What more rows have is common enough to be found soon, wherever one begins. */
const namedAtMost = 2_000

/**
 * A full-text index of the messages, where the SQLite has FTS5 with trigrams (3.43 or later). It follows behind: a commit
 * notes with its session from where on it changed something, and the index takes that in later, for indexing costs several
 * times what writing does. It holds no text; what it finds is compared with the messages themselves.
 */
export class SearchIndex {
  readonly #database: SqliteDatabase
  #find: ArrayQuery | undefined
  #writes: ReturnType<typeof prepareWrites> | undefined
  #rowsWith: ArrayQuery | undefined
  #remove: SqliteStatement | undefined

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  /** Finds rows by a query for trigrams, within keys (exclusive) and by the pattern; `undefined` where there is no index. */
  get find(): ArrayQuery | undefined {
    this.#find ??= ifThere(() =>
      rowsAsArrays(
        this.#database.prepare(`
          SELECT ${messageColumns} FROM messages
          WHERE key IN (SELECT rowid FROM message_search WHERE message_search MATCH ? AND rowid > ? AND rowid < ?)
            AND (content LIKE ? ESCAPE '\\' OR typeof(content) = 'blob')
          ORDER BY key DESC`),
      ),
    )?.value
    return this.#find
  }

  /** The sessions (by key) that have messages which a query finds; `undefined` where those are too many to name. */
  sessionsWith(query: string): ReadonlySet<number> | undefined {
    this.#rowsWith ??= rowsAsArrays(this.#database.prepare('SELECT rowid FROM message_search WHERE message_search MATCH ? LIMIT ?'))
    const rows = this.#rowsWith(query, namedAtMost + 1)
    return rows.length > namedAtMost ? undefined : new Set(rows.map(([key]) => sessionOf(Number(key))))
  }

  /** Takes some rows in that are not in the index; how many. 0: all are in it, or there is no FTS5. */
  step({ write }: Connection, clock: Clock): number {
    return write((statements) => {
      const until = clock.monotonic() + turnMs
      let taken = 0
      while (taken < rowsAtMost && (taken === 0 || clock.monotonic() < until)) {
        const rows = this.#takeIn(statements)
        taken += rows
        if (rows === 0) break
      }
      return taken
    })
  }

  /** The next few rows. */
  #takeIn({ nextUnindexed, setIndexed }: WriteStatements): number {
    const session = nextUnindexed.get()
    if (!isRow(session) || !isNumber(session['id'])) return 0
    const writes = (this.#writes ??= this.#create() ? prepareWrites(this.#database) : undefined)
    if (!writes) return 0
    const { id } = session
    const from = messageKey(id, Number(session['unindexed_from']))
    const end = messageKey(id + 1, 0)
    const { last, rows } = pieceOf(writes.piece, from, end)
    const to = rows < rowsAtOnce ? end - 1 : last
    writes.takeIn.run(from, to)
    for (const row of writes.blobs.all(from, to)) {
      // Texts that SQLite cannot hold as such.
      if (isRow(row) && isNumber(row['key'])) writes.insert.run(row['key'], searchable(readText(row['content']) ?? ''))
    }
    setIndexed.run(rows < rowsAtOnce ? null : seqIdOf(last) + 1, id)
    // A session may have nothing left to take in; it was looked at all the same.
    return Math.max(rows, 1)
  }

  /** Inside a transaction that deletes messages, before they are gone: nothing is left of those between the keys (inclusive). */
  remove(from: number, to: number): void {
    this.#remove ??= ifThere(() =>
      // By single rows: FTS5 would go through all that it has for a range.
      this.#database.prepare('DELETE FROM message_search WHERE rowid IN (SELECT key FROM messages WHERE key >= ? AND key <= ?)'),
    )?.value
    this.#remove?.run(from, to)
  }

  /** Writes the index anew without what was deleted from it. */
  compact(): void {
    ifThere(() => this.#database.exec("INSERT INTO message_search (message_search) VALUES ('optimize')"))
  }

  #create(): boolean {
    return (
      ifThere(() =>
        this.#database.exec(`
          CREATE VIRTUAL TABLE IF NOT EXISTS message_search
          USING fts5 (content, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram');
          -- Else a deletion merges large parts of the index at once: forty times its own work. compact does it.
          INSERT INTO message_search (message_search, rank) VALUES ('deletemerge', 0)`),
      ) !== undefined
    )
  }
}

/** REPLACE: whatever was there before, of this session or of one that is gone and had its place. */
const prepareWrites = (database: SqliteDatabase) => ({
  piece: database.prepare('SELECT max(key) AS last, count(*) AS rows FROM (SELECT key FROM messages WHERE key >= ? AND key < ? ORDER BY key LIMIT ?)'),
  takeIn: database.prepare(
    "INSERT OR REPLACE INTO message_search (rowid, content) SELECT key, content FROM messages WHERE key >= ? AND key <= ? AND typeof(content) = 'text'",
  ),
  blobs: database.prepare("SELECT key, content FROM messages WHERE key >= ? AND key <= ? AND typeof(content) = 'blob'"),
  insert: database.prepare('INSERT OR REPLACE INTO message_search (rowid, content) VALUES (?, ?)'),
})

function pieceOf(piece: SqliteStatement, from: number, end: number): { readonly last: number; readonly rows: number } {
  const row = piece.get(from, end, rowsAtOnce)
  return isRow(row) ? { last: Number(row['last']), rows: Number(row['rows']) } : { last: from, rows: 0 }
}

/** `undefined` where this SQLite has no such table, or no FTS5 of that kind; other failures are thrown. */
function ifThere<Value>(work: () => Value): { readonly value: Value } | undefined {
  try {
    return { value: work() }
  } catch (thrown) {
    if (thrown instanceof Error && /no such (module|table|tokenizer)|unrecognized option|error in tokenizer/.test(thrown.message)) return undefined
    throw thrown
  }
}
