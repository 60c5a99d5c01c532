import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Core } from './core.ts'
import type { PlantedBug } from './planted-bugs.ts'

const packageFolder = fileURLToPath(new URL('../../packages/core/', import.meta.url))

/** A copy of the core with the bug in it, for as long as `use` takes. */
export async function withPlanted<Result>({ name, file, find, replace }: PlantedBug, use: (core: Core) => Promise<Result>): Promise<Result> {
  // Inside the package, so that the copy finds what the core depends on.
  const folder = mkdtempSync(join(packageFolder, '.planted-'))
  try {
    cpSync(join(packageFolder, 'src'), folder, { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
    const path = join(folder, file)
    const parts = readFileSync(path, 'utf8').split(find)
    if (parts.length !== 2) throw new Error(`"${name}" cannot be planted: its line is ${parts.length - 1} times in ${file}. Plant it anew.`)
    writeFileSync(path, parts.join(replace))
    const core: Core = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'index.ts')).href)
    return await use(core)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
