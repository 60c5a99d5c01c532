import type { Prompt } from '@agent-session/core'
import { formatBytes } from '../text/format-bytes.ts'
import { attachedIn, bytesOf, type Attachment } from './attachment.ts'
import type { KeptAttachments } from './kept-attachments.ts'
import { mostAttachments, mostBytes, NotAttached, readAttachment } from './read-attachment.ts'

/** What goes with the prompt that is being written. Each draft has its own. */
export class Attachments {
  readonly #kept: KeptAttachments
  readonly #onrefused: (why: string) => void
  #key = ''
  #all = $state.raw<readonly Attachment[]>([])
  #reading = $state(0)

  /** `onrefused` is told, for people, why a file was not taken. */
  constructor(kept: KeptAttachments, onrefused: (why: string) => void) {
    this.#kept = kept
    this.#onrefused = onrefused
  }

  get all(): readonly Attachment[] {
    return this.#all
  }

  /** Whether a file is being read. */
  get reading(): boolean {
    return this.#reading > 0
  }

  /** Whether anything is attached to a draft. */
  has(key: string): boolean {
    return this.#kept.read(key).length > 0
  }

  /** Shows those of another draft. */
  show(key: string): void {
    this.#key = key
    this.#all = this.#kept.read(key)
  }

  /** Those that are shown are meant for another draft, which is shown from now on. */
  move(key: string): void {
    const all = this.#all
    this.#kept.write(this.#key, [])
    this.#key = key
    this.#become(all)
  }

  async add(files: Iterable<File>): Promise<void> {
    const key = this.#key
    for (const file of files) {
      this.#reading += 1
      try {
        const read = await readAttachment(file, crypto.randomUUID())
        // Meant for the draft that was shown when it was picked.
        if (key === this.#key) this.#admit(read)
        else this.#kept.write(key, [...this.#kept.read(key), read])
      } catch (thrown) {
        if (!(thrown instanceof NotAttached)) throw thrown
        this.#onrefused(thrown.message)
      } finally {
        this.#reading -= 1
      }
    }
  }

  remove(id: string): void {
    this.#become(this.#all.filter((attachment) => attachment.id !== id))
  }

  /** Takes away all, and gives them. */
  take(): readonly Attachment[] {
    const all = this.#all
    this.#become([])
    return all
  }

  /** Puts back what was taken, or what an earlier prompt had. */
  putBack(attachments: readonly Attachment[], key = this.#key): void {
    if (key === this.#key) this.#become(attachments)
    else this.#kept.write(key, attachments)
  }

  /** What came with an earlier prompt goes with this one. */
  recall(prompt: Prompt): void {
    this.putBack(attachedIn(prompt).map((part) => ({ id: crypto.randomUUID(), name: part.name ?? (part.type === 'file' ? part.uri : 'image'), bytes: bytesOf(part) ?? 0, part })))
  }

  #admit(attachment: Attachment): void {
    const { name } = attachment
    if (this.#all.length >= mostAttachments) throw new NotAttached(`${name} was not attached: a prompt may have ${mostAttachments} attachments.`)
    const together = this.#all.reduce((sum, { bytes }) => sum + bytes, attachment.bytes)
    if (together > mostBytes) throw new NotAttached(`${name} was not attached: with it there would be ${formatBytes(together)}, and a prompt may have ${formatBytes(mostBytes)}.`)
    this.#become([...this.#all, attachment])
  }

  #become(all: readonly Attachment[]): void {
    this.#all = all
    this.#kept.write(this.#key, all)
  }
}

/** A prompt of words and of what goes with them; the words alone where that is all. */
export const promptOf = (words: string, attachments: readonly Attachment[]): Prompt =>
  attachments.length === 0 ? words : [...(words === '' ? [] : [{ type: 'text', text: words } as const]), ...attachments.map(({ part }) => part)]
