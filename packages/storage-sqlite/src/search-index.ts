import type { Connection } from './connection.ts'
import { messageColumns, messageKey, seqIdOf } from './message-row.ts'
import { isNumber, isRow } from './row.ts'
import { rowsAsArrays, type ArrayQuery } from './rows-as-arrays.ts'
import { searchable } from './search-text.ts'
import { readText } from './stored-text.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite-driver.ts'

/** How many rows one step brings into the index: some ms of work. */
const rowsAtOnce = 250

/**
 * A full-text index of the messages, where the SQLite has FTS5 with trigrams (3.43 or later). It follows behind: a commit
 * notes with its session from where on it changed something, and the index takes that in later, for indexing costs several
 * times what writing does. It holds no text; what it finds is compared with the messages themselves.
 */
export class SearchIndex {
  readonly #database: SqliteDatabase
  #find: ArrayQuery | undefined
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

  /** Takes some rows in that are not in the index; how many. 0: all are in it, or there is no FTS5. */
  step({ write }: Connection): number {
    return write(({ nextUnindexed, setIndexed }) => {
      const session = nextUnindexed.get()
      if (!isRow(session) || !isNumber(session['id']) || !this.#create()) return 0
      const { id } = session
      const from = messageKey(id, Number(session['unindexed_from']))
      const end = messageKey(id + 1, 0)
      const { last, rows } = this.#piece(from, end)
      const to = rows < rowsAtOnce ? end - 1 : last
      // Whatever was there before, of this session or of one that is gone and had its place.
      this.#database.prepare('DELETE FROM message_search WHERE rowid >= ? AND rowid <= ?').run(from, to)
      this.#database
        .prepare("INSERT INTO message_search (rowid, content) SELECT key, content FROM messages WHERE key >= ? AND key <= ? AND typeof(content) = 'text'")
        .run(from, to)
      this.#insertBlobs(from, to)
      setIndexed.run(rows < rowsAtOnce ? null : seqIdOf(last) + 1, id)
      return rows
    })
  }

  /** Texts that SQLite cannot hold as such. */
  #insertBlobs(from: number, to: number): void {
    const blobs = this.#database.prepare("SELECT key, content FROM messages WHERE key >= ? AND key <= ? AND typeof(content) = 'blob'").all(from, to)
    for (const row of blobs) {
      if (!isRow(row) || !isNumber(row['key'])) continue
      const text = searchable(readText(row['content']) ?? '')
      this.#database.prepare('INSERT INTO message_search (rowid, content) VALUES (?, ?)').run(row['key'], text)
    }
  }

  /** Inside a transaction that deletes a session: nothing is left of it. */
  remove(session: number): void {
    this.#remove ??= ifThere(() => this.#database.prepare('DELETE FROM message_search WHERE rowid >= ? AND rowid < ?'))?.value
    this.#remove?.run(messageKey(session, 0), messageKey(session + 1, 0))
  }

  #piece(from: number, end: number): { readonly last: number; readonly rows: number } {
    const row = this.#database
      .prepare('SELECT max(key) AS last, count(*) AS rows FROM (SELECT key FROM messages WHERE key >= ? AND key < ? ORDER BY key LIMIT ?)')
      .get(from, end, rowsAtOnce)
    return isRow(row) ? { last: Number(row['last']), rows: Number(row['rows']) } : { last: from, rows: 0 }
  }

  #create(): boolean {
    return (
      ifThere(() =>
        this.#database.exec(`
          CREATE VIRTUAL TABLE IF NOT EXISTS message_search
          USING fts5 (content, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram')`),
      ) !== undefined
    )
  }
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
