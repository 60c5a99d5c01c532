import type { Dirent, Stats } from 'node:fs'
import { lstat, mkdir, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'

/** The folder in the sandbox that keeps the conversations. No order sees it. */
const MEMORY_FOLDER = '.agent'

/** A file or folder that an order may touch. */
export interface SandboxPath {
  /** Where it really is: absolute, every symbolic link followed. It need not exist. */
  readonly absolute: string
  /** Its name for people: relative to the sandbox, with `/`, and `.` for the sandbox itself. */
  readonly relative: string
}

export interface SandboxEntry extends SandboxPath {
  readonly kind: 'file' | 'folder' | 'other'
  readonly depth: number
}

export type SandboxErrorCode = 'empty' | 'outside' | 'hidden' | 'broken-link' | 'not-a-folder'

/** A path was refused. The text says which and why, and is shown to the user as it is. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  readonly code: SandboxErrorCode
  readonly path: string

  constructor(code: SandboxErrorCode, name: string, why: string) {
    super(`"${name}" is refused: ${why}`)
    this.code = code
    this.path = name
  }
}

/**
 * The one folder that the file orders work in. Names come from a prompt, so each is checked twice: as text (no absolute
 * path, no `..`) and on the disk, link by link, because a harmless name may be a link to anywhere.
 */
export class Sandbox {
  /** The real path, so that it can be compared with what `realpath` says of a link. */
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  static async open(folder: string): Promise<Sandbox> {
    // Only for its owner: conversations are kept in it, and the default is in a folder that all users share.
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return new Sandbox(await realpath(folder))
  }

  get memoryFolder(): string {
    return path.join(this.root, MEMORY_FOLDER)
  }

  async resolve(name: string): Promise<SandboxPath> {
    const segments = safeSegments(name)
    let place = this.root
    for (const [index, segment] of segments.entries()) {
      const next = path.join(place, segment)
      const found = await lookAt(next, name)
      if (found === undefined) {
        // Nothing is there, so no link can be below it either.
        place = path.join(place, ...segments.slice(index))
        break
      }
      place = found.isSymbolicLink() ? await this.#follow(next, name) : next
    }
    if (isHidden(path.relative(this.root, place).split(path.sep))) throw hidden(name)
    return { absolute: place, relative: segments.join('/') || '.' }
  }

  /** Every file and folder below a folder, in the order of their names, links named but never followed. */
  async *walk(from: SandboxPath, signal: AbortSignal, depth = 0): AsyncGenerator<SandboxEntry> {
    signal.throwIfAborted()
    const children = await readdir(from.absolute, { withFileTypes: true })
    for (const child of children.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const relative = from.relative === '.' ? child.name : `${from.relative}/${child.name}`
      const absolute = path.join(from.absolute, child.name)
      if (isHidden(path.relative(this.root, absolute).split(path.sep))) continue
      const entry: SandboxEntry = { absolute, relative, depth, kind: kindOf(child) }
      yield entry
      if (entry.kind === 'folder') yield* this.walk(entry, signal, depth + 1)
    }
  }

  async #follow(link: string, name: string): Promise<string> {
    let target: string
    try {
      target = await realpath(link)
    } catch {
      // Writing through a link whose target is missing would make a file wherever it points to.
      throw new SandboxError('broken-link', name, 'it is a link that leads nowhere')
    }
    if (!isInside(this.root, target)) {
      throw new SandboxError('outside', name, 'it is a link that leads out of the sandbox')
    }
    return target
  }
}

export function isInside(root: string, place: string): boolean {
  const relative = path.relative(root, place)
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
}

function safeSegments(name: string): string[] {
  if (name.trim() === '') throw new SandboxError('empty', name, 'a name is needed')
  if (name.includes('\0')) throw new SandboxError('outside', name.replaceAll('\0', '\\0'), 'a name has no NUL in it')
  // The rules of Windows count everywhere, so that what is refused does not depend on the machine.
  if (path.isAbsolute(name) || path.win32.isAbsolute(name) || /^[a-z]:/i.test(name)) {
    throw new SandboxError('outside', name, 'only paths relative to the sandbox can be used')
  }
  const segments = name.split(/[/\\]+/).filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) {
    throw new SandboxError('outside', name, 'it would lead out of the sandbox ("..")')
  }
  if (isHidden(segments)) throw hidden(name)
  return segments
}

// In lower case because on some disks `.AGENT` is the same folder.
function isHidden(segments: readonly string[]): boolean {
  return segments[0]?.toLowerCase() === MEMORY_FOLDER
}

function hidden(name: string): SandboxError {
  return new SandboxError('hidden', name, "the agent's own memory is kept there")
}

async function lookAt(place: string, name: string): Promise<Stats | undefined> {
  try {
    return await lstat(place)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    if (code === 'ENOTDIR') throw new SandboxError('not-a-folder', name, 'a part of it is a file, not a folder')
    throw error
  }
}

function kindOf(entry: Dirent): SandboxEntry['kind'] {
  if (entry.isFile()) return 'file'
  return entry.isDirectory() ? 'folder' : 'other'
}
