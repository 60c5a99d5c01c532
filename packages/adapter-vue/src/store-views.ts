// What a store has beside the session of a project. Each part is subscribed when it is first read, and ends with the scope.

import { createNotificationList, createOpenedSession, createProjectHealth, createSessionList, trackCommand, type AgentStore, type Live } from '@agent-session/core'
import { computed, markRaw, toValue, type MaybeRefOrGetter, type Ref } from 'vue'
import { useAgentStore } from './agent-store-plugin.ts'
import { useLiveRefs } from './use-live-refs.ts'

type OfStore = { readonly store?: AgentStore }

/** Makes a read-only ref of a part of something live, and of what takes its place. */
function useParts<Source extends Live>(source: () => Source): <Value>(read: (source: Source) => Value) => Readonly<Ref<Value>> {
  const live = useLiveRefs()
  return (read) => live(source, read, (from, changed) => from.subscribe(changed))
}

/** The sessions of a project, or of all where none is named, newest first. */
export function useSessionList({ projectId, pageSize, store = useAgentStore() }: OfStore & { projectId?: MaybeRefOrGetter<string | undefined>; pageSize?: number } = {}) {
  const list = computed(() => createSessionList(store, { projectId: toValue(projectId), pageSize }))
  const part = useParts(() => list.value)
  return {
    sessions: part(({ sessions }) => sessions),
    hasMore: part(({ hasMore }) => hasMore),
    loading: part(({ loading }) => loading),
    error: part(({ error }) => error),
    refresh: () => list.value.refresh(),
    showMore: () => list.value.showMore(),
  }
}

/** Any session by its id; read from storage where it is not in memory. For its parts: `useSession(session)`. */
export function useSessionById(sessionId: MaybeRefOrGetter<string>, { store = useAgentStore() }: OfStore = {}) {
  const opened = computed(() => createOpenedSession(store, toValue(sessionId)))
  const part = useParts(() => opened.value)
  return {
    session: part(({ session }) => {
      // A deep `ref` or `reactive` of the app would put a proxy around it, which cannot reach its private fields.
      if (session) markRaw(session)
      return session
    }),
    loading: part(({ loading }) => loading),
    error: part(({ error }) => error),
  }
}

/** How a project's current session does. What changes with time alone shows at the next event, or by `refresh`. */
export function useProjectHealth(projectId: MaybeRefOrGetter<string>, { store = useAgentStore() }: OfStore = {}) {
  const project = computed(() => createProjectHealth(store, toValue(projectId)))
  return { health: useParts(() => project.value)(({ health }) => health), refresh: () => project.value.refresh() }
}

/** What the store tells people, until it is dismissed; the newest `limit` (20). Nothing is kept before it is read. */
export function useNotifications({ limit = 20, store = useAgentStore() }: OfStore & { limit?: number } = {}) {
  const list = createNotificationList(store, { limit })
  return { notifications: useParts(() => list)(({ notifications }) => notifications), dismiss: list.dismiss }
}

/** A command with its state, for the button that gives it: `const send = useCommand(prompt)`, then `send.run('hello')`. */
export function useCommand<Arguments extends readonly unknown[], Result>(command: (...given: Arguments) => Promise<Result>) {
  const tracked = trackCommand(command)
  const part = useParts(() => tracked)
  return { pending: part(({ pending }) => pending), refusal: part(({ refusal }) => refusal), run: tracked.run, reset: tracked.reset }
}

/** How the store itself stands: its line to the agents, and whether it writes its storage. */
export function useStoreState({ store = useAgentStore() }: OfStore = {}) {
  const live = useLiveRefs()
  return {
    connection: live(() => store, () => store.connection, (_, changed) => store.on('connection', changed)),
    writer: live(() => store, () => store.writer, (_, changed) => store.on('writer', changed)),
  }
}
