import type { Health } from '../health/health.ts'
import type { AgentStore } from '../store/agent-store.ts'
import { LiveListeners, type Live } from './live.ts'

/** How a project's current session does. */
export interface ProjectHealth extends Live {
  /** At the moment it is read; `undefined` where the project has no session. */
  readonly health: Health | undefined
  /** Tells who listens to read again: rates and silence change with time alone. For a timer of the app's own. */
  refresh(): void
}

/** Told to who listens at each notice of the session, and when the project has another or none. */
export function createProjectHealth(store: AgentStore, projectId: string): ProjectHealth {
  const listeners = new LiveListeners(() => [
    store.subscribeProject(projectId, refresh),
    store.on('change', ({ sessionId }) => sessionId === store.getSession(projectId)?.sessionId && refresh()),
    store.on('connection', refresh),
  ])
  const refresh = (): void => listeners.tell()
  return {
    get health() {
      return store.health(projectId)
    },
    refresh,
    subscribe: (listener) => listeners.subscribe(listener),
  }
}
