import type { HeldMessage } from '../held-message.ts'

/**
 * The least that does the job: it swaps one row, and coalesces its notices. No check of what comes in, no order, no run,
 * no timer, nothing saved.
 */
export class FloorStore {
  status = 'running'
  readonly rows: HeldMessage[] = []
  readonly #index = new Map<string, number>()
  readonly #listeners = new Set<() => void>()
  readonly #rowListeners = new Map<string, () => void>()
  readonly #schedule: (flush: () => void) => void
  readonly #changed = new Set<string>()
  #scheduled = false

  constructor(held: readonly HeldMessage[], schedule: (flush: () => void) => void) {
    this.#schedule = schedule
    for (const row of held) this.append(row)
  }

  get last(): HeldMessage | undefined {
    return this.rows.at(-1)
  }

  get(id: string): HeldMessage | undefined {
    return this.rows[this.#index.get(id) ?? -1]
  }

  append(row: HeldMessage): void {
    this.#index.set(row.id, this.rows.length)
    this.rows.push(row)
    this.#note(row.id)
  }

  extend(id: string, text: string): void {
    const index = this.#index.get(id)
    const row = index === undefined ? undefined : this.rows[index]
    if (index === undefined || row === undefined) return this.append({ id, role: 'assistant', content: text })
    this.rows[index] = { ...row, content: row.content + text }
    this.#note(id)
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  subscribeRow(id: string, listener: () => void): () => void {
    this.#rowListeners.set(id, listener)
    return () => void this.#rowListeners.delete(id)
  }

  #note(id: string): void {
    this.#changed.add(id)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#schedule(() => {
      this.#scheduled = false
      for (const id of this.#changed) this.#rowListeners.get(id)?.()
      this.#changed.clear()
      for (const listener of this.#listeners) listener()
    })
  }
}
