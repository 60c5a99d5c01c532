import type { AgentSession, AgentStore } from '@agent-session/core'
import { createSubscribers } from './create-subscribers.ts'

/**
 * Tells the session that a project shows, and tracks the part of it that is read. After cleanup, when the project has none,
 * it is the last one, until another takes its place or that one is purged. However many parts are read, they share one
 * subscription of the project and one of the session; each read costs Svelte an effect, so it is one for both.
 */
export function followProject(store: AgentStore, projectId: string): (part: string) => AgentSession | undefined {
  const updates = new Map<string, () => void>()
  let lastShown = ''
  let stopProject: (() => void) | undefined
  let stopSession: (() => void) | undefined

  const find = (): AgentSession | undefined => {
    const session = store.getSession(projectId) ?? store.findSession(lastShown)
    if (session) lastShown = session.sessionId
    return session
  }
  const followSession = (): void => {
    stopSession?.()
    stopSession = find()?.subscribe(({ fields }: { readonly fields: ReadonlySet<string> }) => {
      // `current`: it is its project's no more, or purged, and there may be another to read.
      for (const [part, update] of updates) if (fields.has(part) || fields.has('current')) update()
    })
  }
  const track = createSubscribers((part, update) => {
    if (updates.size === 0) {
      followSession()
      stopProject = store.subscribeProject(projectId, () => {
        followSession()
        for (const update of updates.values()) update()
      })
    }
    updates.set(part, update)
    return () => {
      updates.delete(part)
      if (updates.size > 0) return
      stopSession?.()
      stopSession = undefined
      stopProject?.()
    }
  })

  return (part) => {
    track(part)
    return find()
  }
}
