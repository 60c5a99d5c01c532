import { agentSession, useAgentSession } from '@agent-session/adapter-svelte'
import { errorText, type AgentSession, type AgentStore } from '@agent-session/core'
import type { Route } from './route.ts'

/**
 * The session that the route names, found or fetched: the project's current one, or one of its history. Make it while a
 * component initialises.
 */
export class ViewedSession {
  readonly #current: ReturnType<typeof useAgentSession>
  readonly #route: () => Route
  readonly #projectId: () => string
  #fetched = $state.raw<AgentSession>()
  #failure = $state<string>()
  #busy = $state(true)
  /** Of what was asked for, only the newest counts. */
  #latest = 0

  constructor(store: AgentStore, projectId: () => string, route: () => Route) {
    this.#route = route
    this.#projectId = projectId
    this.#current = useAgentSession(store, projectId)
    $effect(() => {
      const wanted = route()
      // A lost line may have brought another mirror of the session.
      void this.#current.connection.state
      void this.#fetch(store, projectId(), wanted.view === 'session' ? wanted.sessionId : undefined)
    })
  }

  /** `undefined` while it is fetched, and where there is none. */
  get session(): AgentSession | undefined {
    const { view, sessionId } = this.#route()
    if (view === 'new') return undefined
    if (view === 'current') return this.#current.session
    const fetched = this.#fetched
    return fetched?.sessionId === sessionId && fetched?.projectId === this.#projectId() ? agentSession(fetched) : undefined
  }

  /** Storage is being asked. */
  get busy(): boolean {
    return this.#busy
  }

  /** Why there is nothing to show. */
  get failure(): string | undefined {
    return this.#failure
  }

  async #fetch(store: AgentStore, projectId: string, sessionId: string | undefined): Promise<void> {
    const latest = (this.#latest += 1)
    this.#failure = undefined
    this.#fetched = sessionId === undefined ? undefined : store.findSession(sessionId)
    this.#busy = this.#fetched === undefined
    try {
      const restored = await store.restore(projectId)
      const session = sessionId === undefined ? undefined : await store.openSession(sessionId)
      if (latest !== this.#latest) return
      this.#fetched = session
      if (sessionId !== undefined && session === undefined) this.#failure = 'There is no such session any more.'
      else if (restored.outcome === 'failed') this.#failure = restored.error.message
    } catch (thrown) {
      if (latest === this.#latest) this.#failure = errorText(thrown)
    } finally {
      if (latest === this.#latest) this.#busy = false
    }
  }
}
