import { ownId } from '@agent-session/core/transport'

/** A call of a tool, from its announcement to its result. */
export interface ToolCall {
  readonly id: string
  /** As it was announced last. */
  name: string
  /** Absent until the call is told as a whole. */
  input: unknown
  readonly parentId: string | undefined
  readonly run: string | undefined
  ended: boolean
}

/** The calls of a session by the program's ids. A short id may be a count that begins again: it is made unique by its scope. */
export class ToolCalls {
  readonly #calls = new Map<string, ToolCall>()
  /** Those that ended in earlier runs: announced again, it is another call. */
  readonly #past = new Set<string>()

  get(agentId: string | undefined): ToolCall | undefined {
    return agentId === undefined ? undefined : this.#calls.get(agentId)
  }

  /** Our id for a call, whether it is known or not. */
  idOf(agentId: string): string {
    return this.#calls.get(agentId)?.id ?? agentId
  }

  open(scope: string, agentId: string, name: string, parentId: string | undefined, run: string | undefined): ToolCall {
    const known = this.#calls.get(agentId)
    if (known !== undefined) {
      known.name = name
      return known
    }
    const id = this.#past.has(agentId) ? `${scope}/${agentId}` : ownId(scope, agentId)
    const call: ToolCall = { id, name, input: undefined, parentId, run, ended: false }
    this.#calls.set(agentId, call)
    return call
  }

  /** It was never called: the model gave up in the middle of saying so. */
  forget(id: string): void {
    for (const [agentId, call] of this.#calls) if (call.id === id) this.#calls.delete(agentId)
  }

  beginRun(): void {
    for (const [agentId, { ended }] of this.#calls) {
      if (!ended) continue
      this.#calls.delete(agentId)
      this.#past.add(agentId)
    }
  }
}
