import { errorText } from '@agent-session/core'
import { isRow } from './row.ts'
import type { SqliteDatabase } from './sqlite-driver.ts'
import { isCorrupt } from './sqlite-error.ts'

/** How large a database is. */
export interface SizeReport {
  /** Of the file, without `-wal`. */
  readonly bytes: number
  /** What of them is free: `compact` gives it back to the disk. */
  readonly freeBytes: number
  readonly sessions: number
}

/** What `PRAGMA integrity_check` finds wrong, a line each; empty where nothing is. It reads the whole file. */
export function checkIntegrity(database: SqliteDatabase): string[] {
  try {
    const found = database.prepare('PRAGMA integrity_check').all().map((row) => (isRow(row) ? String(row['integrity_check']) : ''))
    return found.length === 1 && found[0] === 'ok' ? [] : found
  } catch (thrown) {
    // The check itself may stumble over what it looks for.
    if (!isCorrupt(thrown)) throw thrown
    return [errorText(thrown)]
  }
}

export function sizeOf(database: SqliteDatabase): SizeReport {
  const numberOf = (sql: string): number => {
    const row = database.prepare(sql).get()
    return isRow(row) ? Number(Object.values(row)[0]) : 0
  }
  const pageSize = numberOf('PRAGMA page_size')
  return {
    bytes: numberOf('PRAGMA page_count') * pageSize,
    freeBytes: numberOf('PRAGMA freelist_count') * pageSize,
    sessions: numberOf('SELECT count(*) FROM sessions'),
  }
}

/** Writes the file anew without what is free in it; needs as much room on the disk as it has. */
export function compact(database: SqliteDatabase): void {
  database.exec('VACUUM')
  // In WAL mode the file itself shrinks with the checkpoint.
  database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
}

/** Versions before 3.51.3 may, rarely, lose a commit where two processes write and one begins the WAL anew. */
export function hasWalResetBug(database: SqliteDatabase): string | undefined {
  const row = database.prepare('SELECT sqlite_version() AS version').get()
  const version = isRow(row) ? String(row['version']) : ''
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major > 3 || minor > 51 || (minor === 51 && patch >= 3) ? undefined : version
}
