// What a store has beside the session of a project. Each part is subscribed when it is first read, and ends with the scope.

import { createNotificationList, createOpenedSession, createPermissionList, createProjectHealth, createSessionList, trackCommand } from '@agent-session/core'
import type { AgentStore } from '@agent-session/core'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useAgentStore } from './agent-store-plugin.ts'
import { raw } from './raw.ts'
import { useLiveRefs } from './use-live-refs.ts'
import { useParts } from './use-parts.ts'

/** The provided store, unless one is given. */
export type OfStore = { readonly store?: AgentStore }
type OfProject = OfStore & { readonly projectId?: MaybeRefOrGetter<string | undefined> }

/** The sessions of a project, or of all where none is named, newest first. */
export function useSessionList({ projectId, pageSize, store = useAgentStore() }: OfProject & { readonly pageSize?: number } = {}) {
  const list = computed(() => createSessionList(store, { projectId: toValue(projectId), pageSize }))
  return {
    ...useParts(() => list.value, ['sessions', 'hasMore', 'loading', 'error']),
    refresh: () => list.value.refresh(),
    showMore: () => list.value.showMore(),
  }
}

/** Any session by its id; read from storage where it is not in memory. For its parts: `useSession(session)`. */
export function useSessionById(sessionId: MaybeRefOrGetter<string>, { store = useAgentStore() }: OfStore = {}) {
  const opened = computed(() => createOpenedSession(store, toValue(sessionId)))
  const { session, loading, error } = useParts(() => opened.value, ['session', 'loading', 'error'])
  return { session: computed(() => raw(session.value)), loading, error }
}

/** How a project's current session does. What changes with time alone shows at the next event, or by `refresh`. */
export function useProjectHealth(projectId: MaybeRefOrGetter<string>, { store = useAgentStore() }: OfStore = {}) {
  const project = computed(() => createProjectHealth(store, toValue(projectId)))
  return { ...useParts(() => project.value, ['health']), refresh: () => project.value.refresh() }
}

/** The questions that wait for a person, of a project or of all. */
export function usePermissions({ projectId, store = useAgentStore() }: OfProject = {}) {
  const list = computed(() => createPermissionList(store, { projectId: toValue(projectId) }))
  return { ...useParts(() => list.value, ['permissions']), respond: list.value.respond }
}

/** What the store tells people, until it is dismissed; the newest `limit` (20). Nothing is kept before it is read. */
export function useNotifications({ store = useAgentStore(), ...options }: OfStore & { readonly limit?: number } = {}) {
  const list = createNotificationList(store, options)
  return { ...useParts(() => list, ['notifications']), dismiss: list.dismiss }
}

/** A command with its state, for the button that gives it: `const send = useCommand(prompt)`, then `send.run('hello')`. */
export function useCommand<Arguments extends readonly unknown[], Result>(command: (...given: Arguments) => Promise<Result>) {
  const tracked = trackCommand(command)
  return { ...useParts(() => tracked, ['pending', 'refusal']), run: tracked.run, reset: tracked.reset }
}

/** How the store itself stands: its line to the agents, and whether it writes its storage. */
export function useStoreState({ store = useAgentStore() }: OfStore = {}) {
  const live = useLiveRefs()
  return {
    connection: live(() => store, () => store.connection, (_, changed) => store.on('connection', changed)),
    writer: live(() => store, () => store.writer, (_, changed) => store.on('writer', changed)),
  }
}
