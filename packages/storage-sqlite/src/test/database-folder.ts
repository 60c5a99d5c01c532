import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Gives paths of files that are not there yet, in a folder that goes when the tests of the file are over. */
export function databaseFolder(): { readonly folder: string; path(): string } {
  const folder = mkdtempSync(join(tmpdir(), 'agent-session-sqlite-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  let count = 0
  return { folder, path: () => join(folder, `${(count += 1)}.db`) }
}
