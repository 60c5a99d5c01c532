import { microtask } from '../defaults/system-clock.ts'

/** Something whose properties always tell how things stand, and which says when that changes. */
export interface Live {
  /** Called after each change; returns its own unsubscribe. What is read from elsewhere is kept up to date while somebody listens. */
  subscribe(listener: () => void): () => void
}

/** Who listens to one thing: what feeds it begins with the first, and ends with the last. */
export class LiveListeners {
  readonly #listeners = new Set<() => void>()
  readonly #begin: () => readonly (() => void)[]
  #ends: readonly (() => void)[] | undefined

  /** `begin` gives what ends it. */
  constructor(begin: () => readonly (() => void)[]) {
    this.#begin = begin
  }

  subscribe(listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners.add(own)
    this.#ends ??= this.#begin()
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size > 0) return
      for (const end of this.#ends ?? []) end()
      this.#ends = undefined
    }
  }

  /** Tells each, also after one that throws; what they threw is thrown then, for the store to report whose event it was. */
  tell(): void {
    const thrown: unknown[] = []
    // Who begins to listen meanwhile is told of what comes next.
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener()
      } catch (error) {
        thrown.push(error)
      }
    }
    if (thrown.length > 0) throw thrown.length === 1 ? thrown[0] : new AggregateError(thrown, 'Listeners threw.')
  }

  /** The same where no store hears what they throw: it goes where the app's uncaught errors go, and nothing waits for it. */
  tellApart(): void {
    try {
      this.tell()
    } catch (thrown) {
      microtask(() => {
        throw thrown
      })
    }
  }
}

/** Calls `changed` when one property of something live is another than it was. Returns its own unsubscribe. */
export function followPart<Source extends Live>(source: Source, name: string, changed: () => void): () => void {
  let last: unknown = Reflect.get(source, name)
  return source.subscribe(() => {
    const next: unknown = Reflect.get(source, name)
    if (next === last) return
    last = next
    changed()
  })
}
