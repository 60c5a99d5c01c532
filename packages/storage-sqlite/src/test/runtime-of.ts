import { spawnSync } from 'node:child_process'
import type { DriverName } from './drivers.ts'

/** From npm, and not with the other dependencies: it is large, and needed for its SQLite alone. */
const bun = 'bun@1.4.5'

let bunPath: string | undefined

/** Where Bun is; gets it where it is not here yet. By its path, since a kill would end npx and not the program under it. */
function findBun(): string {
  if (bunPath !== undefined) return bunPath
  const { stdout, stderr } = spawnSync('npx', ['--yes', '-p', bun, 'bun', '-e', 'console.log(process.execPath)'], { encoding: 'utf8' })
  const path = stdout.trim()
  if (path === '') throw new Error(`npx could not get ${bun}: ${stderr}`)
  bunPath = path
  return path
}

/** The program that runs a source with that driver, and what comes before the source in its arguments. */
export function runtimeOf(driver: DriverName): { readonly program: string; readonly args: readonly string[] } {
  if (driver === 'bun:sqlite') return { program: findBun(), args: ['--conditions=agent-session-source'] }
  return { program: process.execPath, args: ['--conditions=agent-session-source', '--no-warnings'] }
}
