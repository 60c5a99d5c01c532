import { AgentSessionError, errorText } from '@agent-session/core'

/**
 * Makes the file before SQLite does, readable by its owner alone; SQLite gives `-wal` and `-shm` the mode of the
 * database. A file that is there keeps its mode. Paths that name no file (`:memory:`, `file:` URLs) are SQLite's.
 */
export async function createPrivateFile(path: string): Promise<void> {
  if (!namesFile(path)) return
  const { closeSync, openSync } = await import('node:fs')
  try {
    closeSync(openSync(path, 'ax', 0o600))
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    if (code === 'EEXIST') return
    const advice =
      code === 'ENOENT'
        ? 'Its folder does not exist: make it first.'
        : code === 'ENOSPC'
          ? 'The disk is full: make room.'
          : 'Check that its folder exists and may be written, or choose another path.'
    throw new AgentSessionError(
      code === 'ENOSPC' ? 'storage-full' : 'storage-unavailable',
      `The session database ${path} cannot be made: ${errorText(thrown)}. ${advice}`,
      { cause: thrown },
    )
  }
}

/**
 * Throws where the path no longer names the file that it names now. SQLite would go on writing to one that was deleted or
 * replaced, and acknowledge what nobody will ever read.
 */
export async function sameFileCheck(path: string): Promise<() => void> {
  if (!namesFile(path)) return () => {}
  const { statSync } = await import('node:fs')
  const file = () => statSync(path, { bigint: true, throwIfNoEntry: false })
  const opened = file()
  return () => {
    const now = file()
    if (now !== undefined && now.ino === opened?.ino && now.dev === opened.dev) return
    const what = now === undefined ? 'deleted' : 'replaced by another file'
    throw new AgentSessionError(
      'storage-unavailable',
      `The session database ${path} was ${what} while it was open, and is not written any more: put it back, or close this storage and make a new one.`,
    )
  }
}

const namesFile = (path: string): boolean => path !== '' && path !== ':memory:' && !path.startsWith('file:')
