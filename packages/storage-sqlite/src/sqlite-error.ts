import { AgentSessionError, errorText, type AgentSessionErrorCode } from '@agent-session/core'

/** What a failure of SQLite means to the user of a storage. Its primary result codes; all others are `storage-failed`. */
const meanings: Readonly<Record<number, readonly [code: AgentSessionErrorCode, advice: string]>> = {
  5: ['storage-failed', 'Another process kept it locked for 5 s: close that one, or wait until it has finished.'],
  8: ['storage-read-only', 'It cannot be written: check who owns the file and its folder, and whether the disk is mounted read-only.'],
  11: ['storage-corrupt', 'It is damaged: put a backup in its place, or move it away and a new one is made.'],
  13: ['storage-full', 'The disk is full: make room; what is not saved yet is kept in memory and tried again.'],
  14: ['storage-unavailable', 'It cannot be opened: check that its folder exists and may be written.'],
  26: ['storage-corrupt', 'It is no SQLite database and was left as it is: choose another path, or move the file away and a new one is made.'],
}

const primaryCodes: Readonly<Record<string, number>> = { BUSY: 5, LOCKED: 6, READONLY: 8, CORRUPT: 11, FULL: 13, CANTOPEN: 14, NOTADB: 26 }

/** Whether another process is in the way, for now. */
export const isBusy = (thrown: unknown): boolean => [5, 6].includes(resultCode(thrown) ?? 0)

/** Whether a part of the file is damaged. */
export const isCorrupt = (thrown: unknown): boolean => resultCode(thrown) === 11

/** The library's error for whatever a driver threw while `doing` something with the database at `path`. */
export function storageError(thrown: unknown, doing: string, path: string): AgentSessionError {
  if (AgentSessionError.isInstance(thrown)) return thrown
  const meaning = meanings[resultCode(thrown) ?? 0]
  const [code, advice] = meaning ?? ['storage-failed', '']
  const text = `The session database ${path} failed while ${doing}: ${errorText(thrown)}.`
  return new AgentSessionError(code, advice === '' ? text : `${text} ${advice}`, { cause: thrown })
}

/** node:sqlite tells a number, better-sqlite3 a name with its extension, bun:sqlite both. */
function resultCode(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  for (const field of ['errcode', 'errno']) {
    const number: unknown = Reflect.get(thrown, field)
    // The lowest byte is the primary code; an errno of the system is negative.
    if (typeof number === 'number' && number > 0) return number & 0xff
  }
  const name: unknown = Reflect.get(thrown, 'code')
  return typeof name === 'string' ? primaryCodes[name.split('_')[1] ?? ''] : undefined
}
