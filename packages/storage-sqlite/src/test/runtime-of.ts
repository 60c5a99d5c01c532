import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DriverName } from './drivers.ts'

const finder = fileURLToPath(new URL('../../../../scripts/find-bun.mjs', import.meta.url))

let bunPath: string | undefined

/** `npm test` gets it before the tests and names it; else it is got here. */
function findBun(): string {
  bunPath ??= process.env['BUN_BIN']
  if (bunPath !== undefined) return bunPath
  const { stdout, stderr } = spawnSync(process.execPath, [finder], { encoding: 'utf8' })
  if (stdout.trim() === '') throw new Error(stderr)
  bunPath = stdout.trim()
  return bunPath
}

/** The program that runs a source with that driver, and what comes before the source in its arguments. */
export function runtimeOf(driver: DriverName): { readonly program: string; readonly args: readonly string[] } {
  if (driver === 'bun:sqlite') return { program: findBun(), args: ['--conditions=agent-session-source'] }
  return { program: process.execPath, args: ['--conditions=agent-session-source', '--no-warnings'] }
}
