import type { AgentSession, PermissionReply } from '../session/agent-session.ts'
import type { CommandResult, PromptResult, StartResult } from '../session/command-result.ts'
import type { Prompt } from '../session/prompt.ts'
import type { AgentStore, RestoreResult, StartRequest } from '../store/agent-store.ts'
import { noSession } from '../store/refusals.ts'

/** What can be done with the session that a project shows. They answer with a refusal where they cannot do their work, and never reject. */
export interface CurrentSessionCommands {
  /** Opens a session and makes it the project's current one; as `AgentStore.start`. */
  start(request: StartRequest): Promise<StartResult>
  /** Brings the project's last session back from storage; as `AgentStore.restore`. */
  restore(): Promise<RestoreResult>
  /** Begins a run, or waits for the one that is under way. `no-session` where none is shown, here and below. */
  prompt(prompt: Prompt): Promise<PromptResult>
  /** Ends the run that is under way. */
  stop(): Promise<CommandResult>
  /** Answers a question: `respond(request.id, { optionId: option.id })`. */
  respond(requestId: string, reply: PermissionReply): Promise<CommandResult>
  /** Takes back a prompt that is still queued. */
  withdraw(messageId: string): Promise<CommandResult>
  /** Brings up to `count` older messages back from storage; resolves to how many came. Rejects when the storage fails. */
  loadOlder(count: number): Promise<number>
}

/**
 * Tells the session that a project shows: its current one; after cleanup, when it has none, the last one, until another
 * takes its place or that one is purged.
 */
export function createShownSession(store: AgentStore): (projectId: string) => AgentSession | undefined {
  const lastShown = new Map<string, string>()
  return (projectId) => {
    const session = store.getSession(projectId) ?? store.findSession(lastShown.get(projectId) ?? '')
    if (session !== undefined) lastShown.set(projectId, session.sessionId)
    return session
  }
}

/** Commands of whatever project and session these tell when one is called. */
export function currentSessionCommands(
  store: AgentStore,
  projectId: () => string,
  shown: () => AgentSession | undefined,
): CurrentSessionCommands {
  return {
    start: (request) => store.start(projectId(), request),
    restore: () => store.restore(projectId()),
    prompt: async (prompt) => shown()?.prompt(prompt) ?? noSession(),
    stop: async () => shown()?.stop() ?? noSession(),
    respond: async (requestId, reply) => shown()?.respond(requestId, reply) ?? noSession(),
    withdraw: async (messageId) => shown()?.withdraw(messageId) ?? noSession(),
    loadOlder: async (count) => shown()?.loadOlder(count) ?? 0,
  }
}
