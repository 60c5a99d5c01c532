import type { AgentStore } from '@agent-session/core'

/** An app's own rule: an agent that has been silent for too long is told of, and stopped. Gives the end of it. */
export function watchForStalls(store: AgentStore, tell: (text: string) => void): () => void {
  return store.on('change', ({ sessionId, changes }) => {
    const stalled = changes.some((change) => change.type === 'session-updated' && change.patch.stall !== undefined && change.patch.stall.cause !== 'person')
    if (!stalled) return
    tell(`${store.findSession(sessionId)?.title ?? 'A session'} has been silent for a quarter of an hour. It is stopped.`)
    void store.stopSession(sessionId)
  })
}
