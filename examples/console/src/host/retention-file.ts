import { readFile, rename, writeFile } from 'node:fs/promises'
import type { RetentionPolicy } from '@agent-session/core'
import * as v from 'valibot'
import { retentionPolicy } from '../host-info.ts'
import { reasonOf, StartError, wrongUse } from './start-error.ts'

/** A person's history: the most that retention can keep. The library's own default is made for embeds. */
const longest: RetentionPolicy = { count: 50, days: 365 }

/** How long sessions are kept, as the person set it. */
export class RetentionFile {
  readonly #file: string
  #saving: Promise<void> = Promise.resolve()

  constructor(file: string) {
    this.#file = file
  }

  /** The longest there is where nothing was set. Throws a `StartError` for a file that cannot be read: it may mean less or more. */
  async read(): Promise<RetentionPolicy> {
    try {
      return v.parse(retentionPolicy, JSON.parse(await readFile(this.#file, 'utf8')))
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return longest
      throw new StartError(
        `How long sessions are kept could not be read in ${this.#file}: ${reasonOf(cause)}\nMend the file, or move it away to keep as much as can be kept.`,
        wrongUse,
        { cause },
      )
    }
  }

  /** One at a time, and into place in one step: a kill leaves the old file or the new one. */
  save(policy: RetentionPolicy): Promise<void> {
    this.#saving = this.#saving.catch(() => {}).then(async () => {
      const fresh = `${this.#file}.new`
      await writeFile(fresh, `${JSON.stringify(policy)}\n`, { mode: 0o600 })
      await rename(fresh, this.#file)
    })
    return this.#saving
  }
}
