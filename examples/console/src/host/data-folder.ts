import { constants } from 'node:fs'
import { access, mkdir, open, rm } from 'node:fs/promises'
import path from 'node:path'
import { notPossible, reasonOf, StartError } from './start-error.ts'

/** The files of one data folder. */
export interface DataFolder {
  readonly path: string
  readonly database: string
  /** Agents that the person named; it need not exist. */
  readonly agents: string
  readonly projects: string
  /** How long sessions are kept; it need not exist. */
  readonly retention: string
  /** What sessions may use; it need not exist. */
  readonly limits: string
  /** In which format the folder is; an earlier console left none. */
  readonly format: string
  /** There while a host runs on the folder. */
  readonly running: string
  /** Where the example agent works. */
  readonly sandbox: string
}

export interface Home {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly home: string
}

/** Where programs of this system keep what belongs to a user. */
export function defaultDataFolder({ env, platform, home }: Home): string {
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Application Support', 'agent-session')
  if (platform === 'win32') {
    return path.win32.join(env['APPDATA'] || path.win32.join(home, 'AppData', 'Roaming'), 'agent-session')
  }
  // The XDG specification: a path that is not absolute is to be ignored.
  const shared = env['XDG_DATA_HOME']
  return path.posix.join(shared?.startsWith('/') ? shared : path.posix.join(home, '.local', 'share'), 'agent-session')
}

/** Makes the folder where it is missing, for this user alone; throws a `StartError` where it cannot be written. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const sandbox = path.join(folder, 'sandbox')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await mkdir(sandbox, { recursive: true })
    await access(folder, constants.R_OK | constants.W_OK)
    await tryWriting(folder)
  } catch (cause) {
    throw new StartError(
      `The data folder ${folder} cannot be written: ${reasonOf(cause)}\nName another with --data DIR, or make this one writable.`,
      notPossible,
      { cause },
    )
  }
  return {
    path: folder,
    database: path.join(folder, 'sessions.db'),
    agents: path.join(folder, 'agents.json'),
    projects: path.join(folder, 'projects.json'),
    retention: path.join(folder, 'retention.json'),
    limits: path.join(folder, 'limits.json'),
    format: path.join(folder, 'format.json'),
    running: path.join(folder, 'running.json'),
    sandbox,
  }
}

/** Rights alone do not tell: a disk may be full or mounted read-only, and root passes every check of them. */
async function tryWriting(folder: string): Promise<void> {
  const file = path.join(folder, `.write-test-${process.pid}`)
  const handle = await open(file, 'w', 0o600)
  await handle.close()
  await rm(file)
}
