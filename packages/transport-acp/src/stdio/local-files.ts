import { constants } from 'node:fs'
import { type FileHandle, open, realpath, stat, unlink } from 'node:fs/promises'
import { AgentSessionError } from '@agent-session/core'
import type { HostFiles } from '../host-services.ts'
import { insideFolders } from './inside-folders.ts'

export interface LocalFilesOptions {
  /** Whether agents may write, too. Default: they only read. */
  readonly write?: boolean
  /** Bytes of a file at most, to read and to write. Default 16 MiB. */
  readonly mostBytes?: number
}

/**
 * Files of this machine, for `createAcpTransport({ files })`: inside the session's folders only, links and `..`
 * followed first. What is opened is looked at once more, so that a link put there meanwhile leads nowhere.
 */
export function localFiles({ write = false, mostBytes = 16 * 1024 * 1024 }: LocalFilesOptions = {}): HostFiles {
  const refuse = (words: string): AgentSessionError => new AgentSessionError('invalid-argument', words)

  /** Opens a place that was found to be inside, and refuses where it is another by now. */
  async function opened<Result>(place: string, flags: number, work: (file: FileHandle) => Promise<Result>): Promise<Result> {
    // What is no file (a pipe, a device) must not be waited for.
    const file = await open(place, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666)
    try {
      const [here, there] = await Promise.all([file.stat(), stat(place)])
      if (!here.isFile()) throw refuse(`${place} is no file`)
      if (here.ino !== there.ino || here.dev !== there.dev || (await realpath(place)) !== place) throw refuse(`${place} has just become another`)
      return await work(file)
    } finally {
      await file.close()
    }
  }

  return {
    async readText(given, { line = 1, limit }, folders) {
      const place = await insideFolders(given, folders)
      return opened(place, constants.O_RDONLY, async (file) => {
        const { size } = await file.stat()
        if (size > mostBytes) throw refuse(`${given} has ${size} bytes; at most ${mostBytes} are read`)
        const text = await file.readFile('utf8')
        if (line <= 1 && limit === undefined) return text
        const from = Math.max(0, line - 1)
        return text.split('\n').slice(from, limit === undefined ? undefined : from + limit).join('\n')
      })
    },
    ...(write && {
      async writeText(given, content, folders) {
        if (Buffer.byteLength(content) > mostBytes) throw refuse(`At most ${mostBytes} bytes are written at a time`)
        const place = await insideFolders(given, folders)
        const isThere = await stat(place).then(
          () => true,
          () => false,
        )
        if (isThere) return opened(place, constants.O_RDWR, (file) => replace(file, content))
        // New: made by this call or not at all, so that no link can be in its place.
        try {
          await opened(place, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, (file) => replace(file, content))
        } catch (error) {
          if (AgentSessionError.isInstance(error)) await unlink(place).catch(() => {})
          throw error
        }
      },
    }),
  }
}

async function replace(file: FileHandle, content: string): Promise<void> {
  await file.truncate(0)
  await file.write(content, 0, 'utf8')
}
