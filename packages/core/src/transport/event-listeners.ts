import type { AgentEvent } from '../ports/agent-event.ts'

/** Who listens to a transport. */
export interface EventListeners {
  /** Never throws. */
  emit(event: AgentEvent): void
  /** Returns its own unsubscribe. The same listener twice is two subscriptions. */
  subscribe(listener: (event: AgentEvent) => void): () => void
  /** Nobody hears anything any more. */
  clear(): void
}

/** No listeners yet; a transport's `subscribe` is its `subscribe`. */
export function eventListeners(): EventListeners {
  const listeners = new Set<(event: AgentEvent) => void>()
  return {
    emit(event) {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch {
          // Whoever listens answers for itself: the others hear it all the same, and the agent is read on.
        }
      }
    },
    subscribe(listener) {
      // A function of its own for each subscription.
      const own = (event: AgentEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    clear: () => listeners.clear(),
  }
}
