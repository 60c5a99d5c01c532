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

  tell(): void {
    // Who begins to listen meanwhile is told of what comes next.
    for (const listener of Array.from(this.#listeners)) listener()
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
