import type { AgentSession, AgentStore, PermissionReply, Prompt, Refusal, StartRequest } from '@agent-session/core'
import { untrack } from 'svelte'
import { agentSession } from './agent-session.ts'
import { createSubscribers } from './create-subscribers.ts'

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
  const trackProject = createSubscribers((id, update) => store.subscribeProject(id, update))
  const trackStore = createSubscribers((event: 'connection', update) => store.on(event, update))
  const lastShown = new Map<string, string>()
  const shown = (): AgentSession | undefined => {
    const id = project()
    const current = store.getSession(id)
    // One that loses its place says so itself, to all who read of it. So a read costs Svelte one effect, and not two.
    if (current === undefined) trackProject(id)
    const found = current ?? store.findSession(lastShown.get(id) ?? '')
    if (found === undefined) return undefined
    lastShown.set(id, found.sessionId)
    return agentSession(found)
  }
  /** For readers of no part of it: tracks whether it is the one that is meant. */
  const whole = (): AgentSession | undefined => {
    const session = shown()
    void session?.current
    return session
  }
  return {
    /** The whole session, reactive as the parts below; `undefined` when the project has had none. */
    get session() { return whole() },
    get sessionId() { return shown()?.sessionId },
    get status() { return shown()?.status },
    get live() { return shown()?.live ?? false },
    get title() { return shown()?.title },
    get model() { return shown()?.model },
    get error() { return shown()?.error },
    get endReason() { return shown()?.endReason },
    get costUsd() { return shown()?.costUsd ?? 0 },
    get inputTokens() { return shown()?.inputTokens ?? 0 },
    get outputTokens() { return shown()?.outputTokens ?? 0 },
    get permissions() { return shown()?.permissions ?? none },
    get plan() { return shown()?.plan ?? none },
    get queue() { return shown()?.queue ?? none },
    get stall() { return shown()?.stall },
    get saved() { return shown()?.saved },
    get continuity() { return shown()?.continuity },
    get messages() { return shown()?.messages ?? none },
    get messageCount() { return shown()?.messageCount ?? 0 },
    get lastMessage() { return shown()?.lastMessage },
    get hasOlder() { return shown()?.hasOlder ?? false },
    /** Changes only when messages come or go. For lists: with `message(id)`, a delta re-renders its row alone. */
    get messageIds() { return shown()?.messageIds ?? none },
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
