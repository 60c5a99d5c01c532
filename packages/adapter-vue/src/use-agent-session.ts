import type { AgentSession, AgentStore, PermissionReply, Prompt, Refusal, StartRequest } from '@agent-session/core'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { useAgentStore } from './agent-store-plugin.ts'
import { currentSession } from './current-session.ts'
import { useLiveRefs } from './use-live-refs.ts'
import { useSession } from './use-session.ts'

/** What `useAgentSession` gives. */
export type CurrentAgentSession = ReturnType<typeof useAgentSession>

const noSession = async (): Promise<Refusal> => ({ ok: false, code: 'no-session', error: 'No session for project' })

/**
 * The current session of a project: a read-only ref for each part, and its commands. `projectId` may be a ref or a
 * getter: then it follows the project, as it follows the project from session to session. After cleanup, when the project
 * has no current session, it goes on showing the last one, until another takes its place or that one is purged. The store
 * is the provided one, unless one is given.
 */
export function useAgentSession(projectId: MaybeRefOrGetter<string>, { store = useAgentStore() }: { store?: AgentStore } = {}) {
  const currentOf = currentSession(store)
  const current = (): AgentSession | undefined => currentOf(toValue(projectId))
  const live = useLiveRefs()
  const session = live(() => toValue(projectId), currentOf, (id, changed) => store.subscribeProject(id, changed))
  const connection = live(() => store, () => store.connection, (_, changed) => store.on('connection', changed))
  return {
    ...useSession(session),
    /** The store's link to the agents. */
    connection,

    start: (request: StartRequest) => store.start(toValue(projectId), request),
    restore: () => store.restore(toValue(projectId)),
    prompt: async (prompt: Prompt) => current()?.prompt(prompt) ?? noSession(),
    stop: async () => current()?.stop() ?? noSession(),
    respond: async (requestId: string, reply: PermissionReply) => current()?.respond(requestId, reply) ?? noSession(),
    withdraw: async (messageId: string) => current()?.withdraw(messageId) ?? noSession(),
    loadOlder: async (count: number) => current()?.loadOlder(count) ?? 0,
  }
}
