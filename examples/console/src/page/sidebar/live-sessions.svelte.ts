import type { AgentSession, AgentStore, StoreChange } from '@agent-session/core'
import { createSubscriber } from 'svelte/reactivity'

const concerns = ({ changes }: StoreChange): boolean =>
  changes.some(
    (change) =>
      change.type === 'opened' ||
      change.type === 'removed' ||
      (change.type === 'session-updated' && (change.patch.live !== undefined || change.patch.permissions !== undefined || 'stall' in change.patch)),
  )

/** A reactive reader of the sessions of a project whose run is under way. */
export function liveSessions(store: AgentStore): (projectId: string) => readonly AgentSession[] {
  const track = createSubscriber((update) => {
    const unsubscribe = [store.on('change', (change) => concerns(change) && update()), store.on('connection', update)]
    return () => unsubscribe.forEach((off) => off())
  })
  return (projectId) => {
    track()
    return store.liveSessions(projectId)
  }
}
