import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'

/**
 * What to add to the environment of programs that keep things in the home folder: nothing where it can be written, else
 * `folder` in its place, which is made. A user of a container may have none, or one of somebody else.
 */
export function writableHome(folder, home = homedir()) {
  try {
    accessSync(home, constants.W_OK | constants.X_OK)
    return {}
  } catch {
    mkdirSync(folder, { recursive: true })
    return { HOME: folder }
  }
}
