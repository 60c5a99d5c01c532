import { lstat, realpath } from 'node:fs/promises'
import path from 'node:path'
import { AgentSessionError } from '@agent-session/core'
import type { SessionFolders } from '../host-services.ts'

const refuse = (words: string): AgentSessionError => new AgentSessionError('invalid-argument', words)

/**
 * The real place of a path that must be inside a session's folders, whatever links lead there. The last part need not
 * be there yet; where it is, it may be a link only to a place inside. Rejects with `invalid-argument` otherwise.
 */
export async function insideFolders(given: string, { cwd, additionalDirectories }: SessionFolders): Promise<string> {
  if (given.includes('\0')) throw refuse('A path with a NUL is none')
  if (!path.isAbsolute(given)) throw refuse(`The path must be absolute: ${given}`)
  const real = await realPlace(path.normalize(given))
  for (const folder of [cwd, ...additionalDirectories]) {
    const root = await realpath(folder).catch(() => undefined)
    if (root !== undefined && isInside(root, real)) return real
  }
  throw refuse(`${given} is outside the folders of this session`)
}

async function realPlace(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch {
    // A link that leads nowhere is there all the same: what is written through it would be made where it points.
    const found = await lstat(file).catch(() => undefined)
    if (found !== undefined) throw refuse(`${file} leads nowhere`)
    const folder = await realpath(path.dirname(file)).catch(() => undefined)
    if (folder === undefined) throw refuse(`The folder of ${file} is not there`)
    return path.join(folder, path.basename(file))
  }
}

export function isInside(root: string, place: string): boolean {
  const relative = path.relative(root, place)
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
}
