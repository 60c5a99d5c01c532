import type { AgentSession, AgentStore } from '@agent-session/core'
import { markRaw } from 'vue'

/**
 * Tells a project's current session. After cleanup, when the project has none, it goes on telling the last one, until
 * another takes its place or that one is purged.
 */
export function currentSession(store: AgentStore): (projectId: string) => AgentSession | undefined {
  const lastShown = new Map<string, string>()
  let shown: AgentSession | undefined
  return (projectId) => {
    const session = store.getSession(projectId) ?? store.findSession(lastShown.get(projectId) ?? '')
    if (session && session !== shown) {
      lastShown.set(projectId, session.sessionId)
      // A deep `ref` or `reactive` of the app would put a proxy around it, which cannot reach its private fields.
      shown = markRaw(session)
    }
    return session
  }
}
