import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Conversation, parseConversation } from './conversation.ts'

/**
 * One small JSON file a session. Written at once and not in the background: the program may be killed at any moment,
 * and what has been said to the client should then be on the disk.
 */
export class ConversationStore {
  readonly #folder: string
  readonly #report: (problem: string) => void

  constructor(folder: string, report: (problem: string) => void) {
    this.#folder = folder
    this.#report = report
  }

  save(conversation: Conversation): void {
    const file = this.#fileOf(conversation.id)
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    // Written beside and then renamed, so that a death in the middle leaves the old file and not half of a new one.
    const draft = `${file}.${process.pid}.tmp`
    writeFileSync(draft, `${JSON.stringify(conversation, null, 1)}\n`, { mode: 0o600 })
    renameSync(draft, file)
  }

  /** Undefined where there is none, and where the file cannot be understood (that is reported). */
  load(id: string): Conversation | undefined {
    // Ids come from the client, and become the name of a file.
    if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id)) return undefined
    return this.#read(this.#fileOf(id))
  }

  /** The conversations in which something was asked, newest first. */
  list(): Conversation[] {
    return this.#files()
      .map((file) => this.#read(path.join(this.#folder, file)))
      .filter((found) => found !== undefined)
      .filter(({ turns }) => turns.length > 0)
      .toSorted((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt))
  }

  #files(): string[] {
    try {
      return readdirSync(this.#folder).filter((name) => name.endsWith('.json'))
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  #read(file: string): Conversation | undefined {
    try {
      return parseConversation(readFileSync(file, 'utf8'))
    } catch (error) {
      if (!isMissing(error)) this.#report(`${file} cannot be used: ${error instanceof Error ? error.message : error}`)
      return undefined
    }
  }

  #fileOf(id: string): string {
    return path.join(this.#folder, `${id}.json`)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
