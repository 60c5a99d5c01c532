import type { SessionStorage } from '@agent-session/core'

/** No project keeps more. */
const most = 1_000

/** By what the agents call them, the sessions of a project that are kept here. */
export async function agentsSessions(storage: Pick<SessionStorage, 'listSessions' | 'loadSession'>, projectId: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { sessionId } of await storage.listSessions(projectId, { limit: most })) {
    const record = await storage.loadSession(sessionId)
    // The newest is the first: an older one of the same conversation is not gone on with.
    if (record?.agentSessionId !== undefined && !found.has(record.agentSessionId)) found.set(record.agentSessionId, sessionId)
  }
  return found
}
