import type { SqliteValue } from './sqlite-driver.ts'

/**
 * SQLite keeps text as UTF-8, which has no half characters; a streamed text may end in one. And node:sqlite of Node 22
 * reads a text up to its first NUL. Both go in as a blob of their UTF-16 units, so that a text goes on where it was, and
 * ids that differ stay different.
 */
export function storedText(text: string): SqliteValue {
  // What is no string (a cast gone wrong) is refused by the driver, which says why.
  return typeof text !== 'string' || (text.indexOf('\0') === -1 && text.isWellFormed()) ? text : Buffer.from(text, 'utf16le')
}

/** `undefined` where the column holds no text. */
export function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf16le')
  return undefined
}
