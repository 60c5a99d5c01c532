import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'

/** The full path of a program as a shell would find it; `undefined` where there is none. */
export function findProgram(command: string, env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const endings = process.platform === 'win32' ? ['', ...(env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';')] : ['']
  const folders = command.includes('/') || command.includes(path.sep) ? [''] : (env['PATH'] ?? '').split(path.delimiter)
  for (const folder of folders) {
    for (const ending of endings) {
      const file = folder === '' ? command + ending : path.join(folder, command + ending)
      if (isProgram(file)) return file
    }
  }
  return undefined
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
