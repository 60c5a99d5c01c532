import { createShownSession, currentSessionCommands, isSessionPart, sessionPart, withoutSession } from '@agent-session/core'
import type { AgentStore, Connection, CurrentSessionCommands, SessionMessage, SessionParts } from '@agent-session/core'
import { untrack } from 'svelte'
import { agentSession } from './agent-session.ts'
import { createSubscribers } from './create-subscribers.ts'
import { getterOf, type Given } from './reactive.ts'
import { useStoreState } from './store-views.ts'
import { view } from './view.ts'

/** What `useAgentSession` gives: the parts of the session, each reactive where it is read, and its commands. */
export interface CurrentAgentSession extends SessionParts, CurrentSessionCommands {
  /** One message by its id, for the row that shows it; `undefined` while the session has none of this id. */
  message(id: string): SessionMessage | undefined
  /** The store's line to the agents. */
  readonly connection: Connection
}

/**
 * The current session of a project. `projectId` may be a getter: then it follows the project, as it follows the project
 * from session to session. After cleanup, when the project has no current session, it goes on showing the last one, until
 * another takes its place or that one is purged. To destructure it: `const { status } = $derived(agent)`; a plain `const`
 * tells how things stood.
 */
export function useAgentSession(store: AgentStore, projectId: Given<string>): CurrentAgentSession {
  const project = getterOf(projectId)
  const sessionOf = createShownSession(store)
  const state = useStoreState(store)
  const trackProject = createSubscribers((id, update) => store.subscribeProject(id, update))
  const shown = () => {
    const id = project()
    // A session that loses its place says so itself, to all who read of it. So a read costs Svelte one effect, and not two.
    if (!store.hasSession(id)) trackProject(id)
    const session = sessionOf(id)
    return session && agentSession(session)
  }
  const whole = () => {
    const session = shown()
    // Who takes the whole of it reads no part, and is to know that another is meant.
    void session?.current
    return session
  }
  const own: CurrentAgentSession = {
    ...withoutSession,
    ...currentSessionCommands(store, () => untrack(project), () => untrack(shown)),
    message: (id) => whole()?.findMessage(id),
    get session() { return whole() },
    get connection() { return state.connection },
  }
  return view(own, (name) => (name !== 'session' && isSessionPart(name) ? sessionPart(shown(), name) : Reflect.get(own, name)))
}
