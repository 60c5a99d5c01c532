// What a store has beside the session of a project. All of them are read while somebody looks, and leave nothing behind.

import { createNotificationList, createOpenedSession, createPermissionList, createProjectHealth, createSessionList, trackCommand } from '@agent-session/core'
import type { AgentStore, OpenedSession } from '@agent-session/core'
import { agentSession } from './agent-session.ts'
import { getterOf, reactive, reactiveLive, reactiveOf, type Given } from './reactive.ts'

type OfProject = { projectId?: Given<string | undefined> }

/** The sessions of a project, or of all where none is named, newest first. `projectId` may be a getter. */
export const useSessionList = (store: AgentStore, { projectId, pageSize }: OfProject & { pageSize?: number } = {}) =>
  reactiveOf(getterOf<string | undefined>(projectId), (project) => createSessionList(store, { projectId: project, pageSize }))

/** Any session by its id, which may be a getter; read from storage where it is not in memory. `session` is reactive in all its parts. */
export function useSessionById(store: AgentStore, sessionId: Given<string>): Pick<OpenedSession, 'session' | 'loading' | 'error'> {
  const opened = reactiveOf(getterOf(sessionId), (id) => createOpenedSession(store, id))
  return {
    get session() { return opened.session && agentSession(opened.session) },
    get loading() { return opened.loading },
    get error() { return opened.error },
  }
}

/** How a project's current session does; `projectId` may be a getter. What changes with time alone shows at the next event, or by `refresh`. */
export const useProjectHealth = (store: AgentStore, projectId: Given<string>) =>
  reactiveOf(getterOf(projectId), (project) => createProjectHealth(store, project))

/** The questions that wait for a person, of a project or of all; `projectId` may be a getter. */
export const usePermissions = (store: AgentStore, { projectId }: OfProject = {}) =>
  reactiveOf(getterOf<string | undefined>(projectId), (project) => createPermissionList(store, { projectId: project }))

/** What the store tells people, until it is dismissed; the newest `limit` (20). Nothing is kept while nobody reads it. */
export const useNotifications = (store: AgentStore, options?: { limit?: number }) =>
  reactiveLive(createNotificationList(store, options))

/** A command with its state, for the button that gives it: `const send = useCommand(agent.prompt)`, then `send.run('hello')`. */
export const useCommand = <Arguments extends readonly unknown[], Result>(command: (...given: Arguments) => Promise<Result>) =>
  reactiveLive(trackCommand(command))

/** How the store itself stands: its line to the agents, and whether it writes its storage. */
export const useStoreState = (store: AgentStore): Pick<AgentStore, 'connection' | 'writer'> =>
  reactive(store, (part, update) => store.on(part === 'writer' ? 'writer' : 'connection', update))
