// What a store has beside the session of a project. All of them are read while somebody looks, and leave nothing behind.

import { createNotificationList, createOpenedSession, createProjectHealth, createSessionList, trackCommand, type AgentStore } from '@agent-session/core'
import { agentSession } from './agent-session.ts'
import { createSubscribers } from './create-subscribers.ts'
import { reactive } from './reactive.ts'

const getterOf = <Value extends string | undefined>(value: Value | (() => Value)): (() => Value) => (typeof value === 'function' ? value : () => value)

/** The sessions of a project, or of all where none is named, newest first. `projectId` may be a getter. */
export const useSessionList = (store: AgentStore, { projectId, pageSize }: { projectId?: string | (() => string | undefined); pageSize?: number } = {}) =>
  reactive(getterOf<string | undefined>(projectId), (project) => createSessionList(store, { projectId: project, pageSize }))

/** Any session by its id, which may be a getter; read from storage where it is not in memory. `session` is reactive in all its parts. */
export function useSessionById(store: AgentStore, sessionId: string | (() => string)) {
  const opened = reactive(getterOf(sessionId), (id) => createOpenedSession(store, id))
  return {
    get session() {
      const { session } = opened
      return session && agentSession(session)
    },
    get loading() { return opened.loading },
    get error() { return opened.error },
  }
}

/** How a project's current session does; `projectId` may be a getter. What changes with time alone shows at the next event, or by `refresh`. */
export const useProjectHealth = (store: AgentStore, projectId: string | (() => string)) =>
  reactive(getterOf(projectId), (project) => createProjectHealth(store, project))

/** What the store tells people, until it is dismissed; the newest `limit` (20). Nothing is kept while nobody reads it. */
export const useNotifications = (store: AgentStore, options?: { limit?: number }) => reactive(() => store, () => createNotificationList(store, options))

/** A command with its state, for the button that gives it: `const send = useCommand(agent.prompt)`, then `send.run('hello')`. */
export const useCommand = <Arguments extends readonly unknown[], Result>(command: (...given: Arguments) => Promise<Result>) =>
  reactive(() => command, trackCommand<Arguments, Result>)

/** How the store itself stands: its line to the agents, and whether it writes its storage. */
export function useStoreState(store: AgentStore) {
  const track = createSubscribers((event: 'connection' | 'writer', update) => store.on(event, update))
  return {
    get connection() { track('connection'); return store.connection },
    get writer() { track('writer'); return store.writer },
  }
}
