import { type Clock, errorText, within } from '@agent-session/core'
import type { CanUseTool, ClaudeQuery, ClaudeSdk } from './claude-sdk.ts'
import { PromptQueue } from './prompt-queue.ts'

/** Ms that a process which was closed has to end. */
const partingMs = 2_000
/** Of what it last wrote to its error output, this many characters are told. */
const lastWords = 2_000

export interface ProcessListener {
  received(message: unknown): void
  /** It is gone for good. `words` tell what happened, as a sentence. */
  gone(words: string): void
}

/** One process of Claude Code, from its start to its end. */
export class ClaudeProcess {
  /** Resolves, with what happened, when it is gone. Never rejects. */
  readonly gone: Promise<string>
  readonly #query: ClaudeQuery
  readonly #prompts = new PromptQueue()
  readonly #abort = new AbortController()
  readonly #clock: Clock
  #stderr = ''
  #isClosed = false

  /** Throws what the SDK throws when it cannot start the program. */
  constructor(sdk: ClaudeSdk, clock: Clock, options: Record<string, unknown>, canUseTool: CanUseTool, listener: ProcessListener) {
    this.#clock = clock
    this.#query = sdk.query({
      prompt: this.#prompts,
      options: {
        ...options,
        abortController: this.#abort,
        canUseTool,
        stderr: (text: unknown) => {
          this.#stderr = (this.#stderr + String(text)).slice(-lastWords)
        },
      },
    })
    this.gone = this.#read(listener)
  }

  /** Whether it is gone. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** What it offers, once it is up; `undefined` where its version does not say. Rejects when it is gone. */
  async offers(): Promise<unknown> {
    if (this.#query.initializationResult === undefined) return undefined
    return Promise.race([this.#query.initializationResult(), this.gone.then((words) => Promise.reject(new Error(words)))])
  }

  send(message: unknown): void {
    this.#prompts.push(message)
  }

  /** Asks it to stop what it does. Resolves to its receipt. */
  interrupt(): Promise<unknown> {
    return this.#query.interrupt()
  }

  async setMode(mode: string): Promise<void> {
    await this.#query.setPermissionMode(mode)
  }

  async setModel(model: string): Promise<void> {
    await this.#query.setModel(model)
  }

  /** Ends it, whether it wants to or not. */
  async kill(): Promise<void> {
    this.#prompts.end()
    if (this.#query.close === undefined) this.#abort.abort()
    else this.#query.close()
    const parted = await within(this.#clock, partingMs, this.gone)
    if (!parted.timely) this.#abort.abort()
  }

  async #read(listener: ProcessListener): Promise<string> {
    let words = 'Claude ended'
    try {
      for await (const message of this.#query) listener.received(message)
      if (this.#stderr.trim() !== '') words = `${words}. It last wrote: ${this.#stderr.trim()}`
    } catch (error) {
      words = errorText(error)
    }
    this.#isClosed = true
    this.#prompts.end()
    listener.gone(words)
    return words
  }
}
