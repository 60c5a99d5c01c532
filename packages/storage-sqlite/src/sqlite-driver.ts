/** What can be bound to a statement. */
export type SqliteValue = string | number | null | Uint8Array

/** The part of a prepared statement that this storage uses. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
  /** `undefined` or null where there is no row. */
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
  /** Rows as arrays, which is much faster than as objects: node:sqlite, from Node 22.16. */
  setReturnArrays?(on: boolean): void
  /** The same in bun:sqlite. */
  values?(...values: SqliteValue[]): unknown[]
  /** The same in better-sqlite3. (Bun has a method of this name that does something else.) */
  raw?(on: boolean): unknown
}

/** The part of a database that this storage uses: `DatabaseSync` of node:sqlite, better-sqlite3 and bun:sqlite have it. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}

/** Opens a database: `(path) => new Database(path)`. */
export type SqliteDriver = (path: string) => SqliteDatabase | Promise<SqliteDatabase>

/** SQLite as it comes with Node 22.13 and later, Bun and Deno. Imported late, so that other drivers do without it. */
export const nodeSqlite: SqliteDriver = async (path) => {
  const { DatabaseSync } = await import('node:sqlite')
  return new DatabaseSync(path)
}
