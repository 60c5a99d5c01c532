import { newId, type Clock } from '@agent-session/core'
import type { Connection, Statements, WriteStatements } from './connection.ts'
import { isNumber, isRow } from './row.ts'
import { readText, storedText } from './stored-text.ts'

export interface OtherWritesOptions {
  readonly clock: Clock
  /** Where there is one already: what is written from now on is then told, though it is written at once. */
  readonly connection: Connection | undefined
  readonly read: <Value>(work: (statements: Statements) => Value) => Promise<Value>
}

/** How often who listens looks. */
const lookMs = 250
/** How many writes are remembered, and how often those before are let go of. */
const rememberedWrites = 10_000
const forgetEvery = 1_000

type Listener = (sessionIds: readonly string[]) => void

/**
 * Which sessions were written through other connections: each write notes its session under the next number, in its own
 * transaction, and who listens asks again and again for what came after the number that it has seen.
 */
export class OtherWrites {
  readonly #options: OtherWritesOptions
  /** Tells this storage's writes from others. */
  readonly #writer = newId().slice(0, 8)
  readonly #listeners = new Set<Listener>()
  #timer: unknown
  #seen: number | undefined

  constructor(options: OtherWritesOptions) {
    this.#options = options
  }

  /** Inside the transaction that writes or deletes the session. */
  note({ noteWrite, forgetWrites }: WriteStatements, sessionId: string): void {
    const row = noteWrite.get(storedText(sessionId), this.#writer)
    const number = isRow(row) ? Number(row['number']) : NaN
    if (number % forgetEvery === 0) forgetWrites.run(number - rememberedWrites)
  }

  listen(listener: Listener): () => void {
    const own: Listener = (sessionIds) => listener(sessionIds)
    this.#listeners.add(own)
    if (this.#listeners.size === 1) this.#begin()
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.end()
    }
  }

  /** Nobody is told any more. */
  end(): void {
    this.#listeners.clear()
    this.#options.clock.clearTimeout(this.#timer)
  }

  #begin(): void {
    const { connection } = this.#options
    try {
      this.#seen = connection && newest(connection.statements)
    } catch {
      // It begins with the first look that works; what is wrong is told to whoever reads.
      this.#seen = undefined
    }
    void this.#look()
  }

  async #look(): Promise<void> {
    try {
      const written = await this.#options.read((statements) => this.#written(statements))
      if (written.size > 0) for (const listener of this.#listeners) listener([...written])
    } catch {
      // Locked, damaged or closed: told to whoever reads, and looked at again.
    }
    if (this.#listeners.size > 0) this.#timer = this.#options.clock.setTimeout(() => void this.#look(), lookMs)
  }

  #written(statements: Statements): ReadonlySet<string> {
    const { writesAfter, allSessionIds } = statements
    const written = new Set<string>()
    this.#seen ??= newest(statements)
    let next = this.#seen + 1
    for (const row of writesAfter.all(this.#seen)) {
      if (!isRow(row) || !isNumber(row['number'])) continue
      // Some are forgotten that were not seen: any session may have been written.
      if (row['number'] > next) for (const each of allSessionIds.all()) addId(written, each)
      if (row['writer'] !== this.#writer) addId(written, row)
      this.#seen = row['number']
      next = this.#seen + 1
    }
    return written
  }
}

const newest = ({ newestWrite }: Statements): number => {
  const row = newestWrite.get()
  return isRow(row) && isNumber(row['number']) ? row['number'] : 0
}

function addId(ids: Set<string>, row: unknown): void {
  const id = isRow(row) ? readText(row['session_id']) : undefined
  if (id !== undefined) ids.add(id)
}
