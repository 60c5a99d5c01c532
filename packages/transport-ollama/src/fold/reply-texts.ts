import type { EventBody } from '@agent-session/core/transport'

export type TextKind = 'text' | 'thinking'

interface OpenText {
  readonly kind: TextKind
  readonly id: string
  length: number
}

/** The chunks of one run made into messages. Ollama names none, so that each change of kind begins another one. */
export class ReplyTexts {
  #scope = ''
  #count = 0
  #open: OpenText | undefined

  enterRun(run: string): void {
    this.#scope = run
    this.#count = 0
    this.#open = undefined
  }

  push(kind: TextKind, text: string): EventBody[] {
    if (text === '') return []
    const bodies = this.#open?.kind === kind ? [] : this.close(false)
    this.#open ??= { kind, id: `${this.#scope}/${kind}-${(this.#count += 1)}`, length: 0 }
    bodies.push({ type: 'delta', id: this.#open.id, kind, text, offset: this.#open.length })
    this.#open.length += text.length
    return bodies
  }

  /** Ends what is being said; `cut`: before its time. */
  close(cut: boolean): EventBody[] {
    if (this.#open === undefined) return []
    const { id } = this.#open
    this.#open = undefined
    return [{ type: 'message-end', id, ...(cut && { cut }) }]
  }
}
