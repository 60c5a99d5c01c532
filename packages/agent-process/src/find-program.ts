import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'

/**
 * The file that a command names: one with a separator is a path from `cwd`, any other is looked up on PATH.
 * `undefined` where there is none that may be run.
 */
export function findProgram(command: string, env: Readonly<Record<string, string | undefined>>, cwd: string): string | undefined {
  if (/[\\/]/.test(command)) {
    const file = path.resolve(cwd, command)
    return candidates(file, env).find(isProgram)
  }
  for (const folder of (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter)) {
    if (folder === '') continue
    const found = candidates(path.resolve(cwd, folder, command), env).find(isProgram)
    if (found !== undefined) return found
  }
  return undefined
}

/** Windows names programs by their endings. */
function candidates(file: string, env: Readonly<Record<string, string | undefined>>): string[] {
  if (process.platform !== 'win32') return [file]
  return [file, ...(env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').split(';').map((ending) => file + ending.toLowerCase())]
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
