import type { EventBody } from '@agent-session/core/transport'

export type TextKind = 'text' | 'thinking'

interface OpenText {
  readonly id: string
  length: number
}

/**
 * The texts of one request made into messages. A back end's ids begin again with each step, so that each text gets an id
 * of ours by its place: the same stream told again gives the same ids.
 */
export class StreamTexts {
  #scope = ''
  #count = 0
  readonly #open = new Map<string, OpenText>()

  enter(scope: string): void {
    this.#scope = scope
    this.#count = 0
    this.#open.clear()
  }

  /** The same id begun again, with something said, is another text. */
  begin(kind: TextKind, id: string): EventBody[] {
    return (this.#open.get(`${kind} ${id}`)?.length ?? 0) > 0 ? this.end(kind, id) : []
  }

  push(kind: TextKind, id: string, text: string): EventBody[] {
    if (text === '') return []
    const key = `${kind} ${id}`
    // A text that was never begun is shown all the same.
    const open = this.#open.get(key) ?? { id: `${this.#scope}/${kind}-${(this.#count += 1)}`, length: 0 }
    this.#open.set(key, open)
    const offset = open.length
    open.length += text.length
    return [{ type: 'delta', id: open.id, kind, text, offset }]
  }

  end(kind: TextKind, id: string): EventBody[] {
    const open = this.#open.get(`${kind} ${id}`)
    this.#open.delete(`${kind} ${id}`)
    return open ? [{ type: 'message-end', id: open.id }] : []
  }

  /** Ends all that is being said; `cut`: before its time. */
  close(cut: boolean): EventBody[] {
    const ends = [...this.#open.values()].map(({ id }): EventBody => ({ type: 'message-end', id, ...(cut && { cut }) }))
    this.#open.clear()
    return ends
  }
}
