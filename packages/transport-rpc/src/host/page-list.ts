import { AgentSessionError, errorText } from '@agent-session/core'
import type { AgentRpcEvents, EventName } from '../wire.ts'

/** The host's end of an RPC to one page, by what is used of it: what Electrobun's `BrowserView.defineRPC` gives has it. */
export interface AgentRpcPage {
  /** Tells the page an event. */
  send(name: EventName, payload: AgentRpcEvents[EventName]): void
}

/** The pages that hear what happens. One that cannot be told holds up none of the others. */
export class PageList {
  /** With whether the last event could not be told, so that a window that is gone is reported once. */
  readonly #pages = new Map<AgentRpcPage, boolean>()
  readonly #onProblem: (problem: AgentSessionError) => void

  constructor(onProblem: (problem: AgentSessionError) => void) {
    this.#onProblem = onProblem
  }

  /** Returns its own remove. */
  add(page: AgentRpcPage): () => void {
    const own: AgentRpcPage = { send: (name, payload) => page.send(name, payload) }
    this.#pages.set(own, false)
    return () => void this.#pages.delete(own)
  }

  tell<Name extends EventName>(name: Name, payload: AgentRpcEvents[Name]): void {
    for (const [page, failing] of this.#pages) {
      try {
        page.send(name, payload)
        if (failing) this.#pages.set(page, false)
      } catch (cause) {
        this.#pages.set(page, true)
        if (!failing) this.#onProblem(new AgentSessionError('disconnected', `A page could not be told of ${name}: ${errorText(cause)}`, { cause }))
      }
    }
  }

  clear(): void {
    this.#pages.clear()
  }
}
