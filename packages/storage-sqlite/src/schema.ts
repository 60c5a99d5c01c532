import { AgentSessionError } from '@agent-session/core'
import { isRow } from './row.ts'
import type { SqliteDatabase } from './sqlite-driver.ts'

/** Marks a database as ours ("AgSe"), so that another program's file given by mistake is not written into. */
const applicationId = 0x41675365

/**
 * Each step brings the schema from the version of its index to the next, in a transaction of its own. A step that was
 * released is never changed again: databases of every version exist.
 *
 * Numbers that are not keys are REAL: SQLite stores whole ones as integers all the same, and no driver then stumbles
 * over one that is beyond 2^53.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE,
    project_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    end_reason TEXT,
    title TEXT,
    model TEXT NOT NULL,
    cost_usd REAL NOT NULL,
    input_tokens REAL NOT NULL,
    output_tokens REAL NOT NULL,
    error TEXT,
    pinned INTEGER,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    last_seq_id REAL NOT NULL,
    cursor_epoch TEXT,
    cursor_seq REAL,
    rest TEXT NOT NULL -- the other fields of the record, as JSON
  );
  CREATE INDEX sessions_of_project ON sessions (project_id, updated_at, created_at);
  CREATE INDEX sessions_by_time ON sessions (updated_at, created_at);

  CREATE TABLE messages (
    key INTEGER PRIMARY KEY, -- sessions.id * 2^32 + seqId
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    timestamp REAL NOT NULL,
    run TEXT,
    parent_id TEXT,
    tool_name TEXT,
    tool_call_id TEXT,
    tool_state TEXT,
    tool_path TEXT,
    delivery TEXT,
    streaming INTEGER,
    cut INTEGER,
    is_error INTEGER,
    truncated_characters REAL,
    truncated_lines REAL,
    tool_input TEXT,
    content TEXT NOT NULL
  );

  CREATE TABLE lease (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fence INTEGER NOT NULL,
    owner TEXT NOT NULL
  );
  `,
  `
  -- The first seqId that the full-text index has not taken in; null where it has all.
  ALTER TABLE sessions ADD COLUMN unindexed_from INTEGER DEFAULT 0;
  -- The process that has the lease, and what rises while it lives; 0 where nobody has it.
  ALTER TABLE lease ADD COLUMN process TEXT NOT NULL DEFAULT '';
  ALTER TABLE lease ADD COLUMN beat INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- What sessions.id was of those that were deleted, and whose messages are not all cleared away yet.
  CREATE TABLE removed (id INTEGER PRIMARY KEY);
  `,
  `
  -- Which session was written or deleted, and by which storage: the newest, for those who read while another process writes.
  CREATE TABLE written (number INTEGER PRIMARY KEY, session_id TEXT NOT NULL, writer TEXT NOT NULL);
  -- The parts of a prompt that is more than text, as JSON.
  ALTER TABLE messages ADD COLUMN prompt TEXT;
  `,
]

export const schemaVersion = migrations.length

const numberOf = (database: SqliteDatabase, pragma: string): number => {
  const row = database.prepare(`PRAGMA ${pragma}`).get()
  return isRow(row) ? Number(row[pragma]) : 0
}

/** The version of the schema in the file. Throws where the file is no database, or not one of this library. */
export function readSchemaVersion(database: SqliteDatabase, path: string): number {
  const version = numberOf(database, 'user_version')
  if (numberOf(database, 'application_id') === applicationId) return version
  const row = database.prepare('SELECT count(*) AS tables FROM sqlite_master').get()
  if (version === 0 && isRow(row) && row['tables'] === 0) return 0
  throw new AgentSessionError(
    'storage-unavailable',
    `${path} is a database of another program and was left as it is: choose a path of its own for the session database.`,
  )
}

/** Brings an older schema up to date. A death in the middle leaves the version before (F12). */
export function migrate(database: SqliteDatabase): void {
  for (;;) {
    database.exec('BEGIN IMMEDIATE')
    try {
      // Read inside the transaction: another process may have opened the same file at the same time.
      const version = numberOf(database, 'user_version')
      const step = migrations[version]
      if (step === undefined) {
        database.exec('ROLLBACK')
        return
      }
      database.exec(step)
      database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version + 1}`)
      database.exec('COMMIT')
    } catch (thrown) {
      rollBack(database)
      throw thrown
    }
  }
}

/** Ends a transaction that failed; SQLite has ended some by itself, such as those that met a full disk. */
export function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // no transaction is left to end
  }
}
