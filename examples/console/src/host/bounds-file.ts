import { readFile, rename, writeFile } from 'node:fs/promises'
import { defaultBounds, parseBounds, type SessionBounds } from '../session-bounds.ts'
import { reasonOf, StartError, wrongUse } from './start-error.ts'

/** What sessions may use and how long they are waited for, as the person set it. */
export class BoundsFile {
  readonly #file: string
  #saving: Promise<void> = Promise.resolve()

  constructor(file: string) {
    this.#file = file
  }

  /** The defaults where nothing was set. Throws a `StartError` for a file that cannot be read: it may forbid what would cost money. */
  async read(): Promise<SessionBounds> {
    try {
      return parseBounds(JSON.parse(await readFile(this.#file, 'utf8')))
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return defaultBounds
      throw new StartError(
        `The limits of sessions could not be read in ${this.#file}: ${reasonOf(cause)}\nMend the file, or move it away to set no limit to what sessions use.`,
        wrongUse,
        { cause },
      )
    }
  }

  /** One at a time, and into place in one step: a kill leaves the old file or the new one. */
  save(bounds: SessionBounds): Promise<void> {
    this.#saving = this.#saving.catch(() => {}).then(async () => {
      const fresh = `${this.#file}.new`
      await writeFile(fresh, `${JSON.stringify(bounds)}\n`, { mode: 0o600 })
      await rename(fresh, this.#file)
    })
    return this.#saving
  }
}
