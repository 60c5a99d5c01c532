import type { AgentSession, AgentStore, PermissionReply, Prompt, Refusal, StartRequest } from '@agent-session/core'
import { untrack } from 'svelte'
import { agentSession } from './agent-session.ts'
import { createSubscribers } from './create-subscribers.ts'
import { followProject } from './follow-project.ts'
import { noticeOf } from './notice-of.ts'

/** What `useAgentSession` gives. */
export type CurrentAgentSession = ReturnType<typeof useAgentSession>

/** The same array each time, so that what compares by identity sees no change. */
const none: readonly never[] = Object.freeze([])

const noSession = async (): Promise<Refusal> => ({ ok: false, code: 'no-session', error: 'No session for project' })

/**
 * The current session of a project, each part a reactive getter, with its commands. `projectId` may be a getter: then it
 * follows the project, as it follows the project from session to session. After cleanup, when the project has no current
 * session, it goes on showing the last one, until another takes its place or that one is purged. Don't destructure it:
 * a getter is reactive where it is read.
 */
export function useAgentSession(store: AgentStore, projectId: string | (() => string)) {
  const project = (): string => (typeof projectId === 'function' ? projectId() : projectId)
  const trackStore = createSubscribers((event: 'connection', update) => store.on(event, update))
  const projects = new Map<string, ReturnType<typeof followProject>>()
  const shown = (part = 'current'): AgentSession | undefined => {
    const id = project()
    const follow = projects.get(id) ?? followProject(store, id)
    projects.set(id, follow)
    return follow(part)
  }
  const whole = (): AgentSession | undefined => {
    const session = shown()
    return session && agentSession(session)
  }
  /** `empty` is what it reads while there is no session. */
  const part = <Name extends keyof AgentSession, Empty>(name: Name, empty: Empty): AgentSession[Name] | Empty => {
    const session = shown(noticeOf(name))
    return session ? session[name] : empty
  }
  return {
    /** The whole session, reactive as the parts below; `undefined` when the project has had none. */
    get session() { return whole() },
    get sessionId() { return part('sessionId', undefined) },
    get status() { return part('status', undefined) },
    get live() { return part('live', false) },
    get title() { return part('title', undefined) },
    get model() { return part('model', undefined) },
    get error() { return part('error', undefined) },
    get endReason() { return part('endReason', undefined) },
    get costUsd() { return part('costUsd', 0) },
    get inputTokens() { return part('inputTokens', 0) },
    get outputTokens() { return part('outputTokens', 0) },
    get permissions() { return part('permissions', none) },
    get plan() { return part('plan', none) },
    get queue() { return part('queue', none) },
    get stall() { return part('stall', undefined) },
    get saved() { return part('saved', undefined) },
    get continuity() { return part('continuity', undefined) },
    get messages() { return part('messages', none) },
    get messageCount() { return part('messageCount', 0) },
    get lastMessage() { return part('lastMessage', undefined) },
    get hasOlder() { return part('hasOlder', false) },
    /** Changes only when messages come or go. For lists: with `message(id)`, a delta re-renders its row alone. */
    get messageIds() { return part('messageIds', none) },
    message: (id: string) => whole()?.findMessage(id),
    /** The store's link to the agents. */
    get connection() { trackStore('connection'); return store.connection },

    start: (request: StartRequest) => store.start(project(), request),
    restore: () => store.restore(project()),
    prompt: async (prompt: Prompt) => untrack(shown)?.prompt(prompt) ?? noSession(),
    stop: async () => untrack(shown)?.stop() ?? noSession(),
    respond: async (requestId: string, reply: PermissionReply) => untrack(shown)?.respond(requestId, reply) ?? noSession(),
    withdraw: async (messageId: string) => untrack(shown)?.withdraw(messageId) ?? noSession(),
    loadOlder: async (count: number) => untrack(shown)?.loadOlder(count) ?? 0,
  }
}
