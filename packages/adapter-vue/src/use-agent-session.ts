import { createShownSession, currentSessionCommands, type Connection, type CurrentSessionCommands, type SessionParts } from '@agent-session/core'
import { toValue, type MaybeRefOrGetter, type Ref } from 'vue'
import { useAgentStore } from './agent-store-plugin.ts'
import { raw } from './raw.ts'
import { useStoreState, type OfStore } from './store-views.ts'
import { useLiveRefs, type Refs } from './use-live-refs.ts'
import { useSession } from './use-session.ts'

/** What `useAgentSession` gives: a read-only ref for each part of the session, and its commands. */
export interface CurrentAgentSession extends Refs<SessionParts>, CurrentSessionCommands {
  /** The store's line to the agents. */
  readonly connection: Readonly<Ref<Connection>>
}

/**
 * The current session of a project. `projectId` may be a ref or a getter: then it follows the project, as it follows the
 * project from session to session. After cleanup, when the project has no current session, it goes on showing the last
 * one, until another takes its place or that one is purged. The store is the provided one, unless one is given.
 */
export function useAgentSession(projectId: MaybeRefOrGetter<string>, { store = useAgentStore() }: OfStore = {}): CurrentAgentSession {
  const project = () => toValue(projectId)
  const shownOf = createShownSession(store)
  const shown = (id: string) => raw(shownOf(id))
  const session = useLiveRefs()(project, shown, (id, changed) => store.subscribeProject(id, changed))
  return {
    ...useSession(session),
    ...currentSessionCommands(store, project, () => shown(project())),
    connection: useStoreState({ store }).connection,
  }
}
