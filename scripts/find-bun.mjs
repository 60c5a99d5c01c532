// Finds Bun, which some tests run SQLite in: the one named in BUN_BIN, else that of npm, which is got where it is not here yet.
// It is large, and needed by tests alone: no dependency. No dependencies itself.
//
//   node scripts/find-bun.mjs        prints its path

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { retried } from './retried.mjs'

const BUN = 'bun@1.4.5'

/** The path of a Bun that is there when this resolves: by its path, since a kill would end npx and not the program under it. */
export async function findBun() {
  const named = process.env.BUN_BIN
  if (named && existsSync(named)) return named
  const { code, output } = await retried('npx', ['--yes', '-p', BUN, 'bun', '-e', 'console.log(`bun:${process.execPath}`)'])
  const path = /^bun:(.+)$/m.exec(output)?.[1]
  if (code !== 0 || path === undefined) throw new Error(`npx could not get ${BUN}: ${output.trim()}`)
  return path
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await findBun())
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
