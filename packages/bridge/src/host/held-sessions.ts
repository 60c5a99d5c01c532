import type { AgentStore } from '@agent-session/core'

/**
 * The sessions that a mirror holds. Somebody may be looking at them there, so each is looked at here too: retention
 * then leaves it alone.
 */
export class HeldSessions {
  readonly #store: AgentStore
  readonly #watches = new Map<string, () => void>()

  constructor(store: AgentStore) {
    this.#store = store
  }

  has(sessionId: string): boolean {
    return this.#watches.has(sessionId)
  }

  add(sessionId: string): void {
    if (this.has(sessionId)) return
    this.#watches.set(sessionId, this.#store.findSession(sessionId)?.subscribe(() => {}) ?? (() => {}))
  }

  delete(sessionId: string): void {
    this.#watches.get(sessionId)?.()
    this.#watches.delete(sessionId)
  }

  /** Holds these, and no others. */
  replace(sessionIds: readonly string[]): void {
    for (const sessionId of this.#watches.keys()) if (!sessionIds.includes(sessionId)) this.delete(sessionId)
    for (const sessionId of sessionIds) this.add(sessionId)
  }
}
