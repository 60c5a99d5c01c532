import type { AgentSessionEvent, Clock, ConfigureCommand, PermissionAnswer, Prompt, Reply, SessionContext } from '@agent-session/core'
import type { StartCodex } from './codex-programs.ts'
import type { McpServerConfig } from './mcp-servers.ts'

/** How to get Codex to do something: by its app-server, or by one process for each prompt. */
export type Route = 'app-server' | 'exec'

export interface CodexSessionOptions {
  readonly programs: StartCodex
  readonly clock: Clock
  readonly clientInfo: { readonly name: string; readonly title: string; readonly version: string }
  readonly mcpServers: Readonly<Record<string, McpServerConfig>>
  readonly handshakeMs: number
  readonly killAfterMs: number
  readonly idleMs: number
  emit(event: AgentSessionEvent): void
}

/**
 * - `begin`: a session that is new;
 * - `import`: one that Codex remembers and we do not, so that it is told again;
 * - `go on`: one that has been told.
 */
export type How = 'begin' | 'import' | 'go on'

/** What is to be set, for the next prompt. */
export type Change = Omit<ConfigureCommand, 'sessionId'>

/** One session on one route. */
export interface CodexSession {
  readonly context: SessionContext
  /** The thread of Codex', once it has one. */
  readonly threadId: string | undefined
  prompt(run: string, messageId: string, prompt: Prompt, how: How): Promise<Reply>
  /** Into the turn that is under way. */
  steer(messageId: string, prompt: Prompt): Promise<Reply>
  stop(run: string): Promise<Reply>
  respond(answer: PermissionAnswer): Promise<Reply>
  configure(change: Change): Reply
  /** Lets go of the thread, so that another program can have it; the next prompt takes it up again. Refused while it is at work. */
  release(): Promise<Reply>
  close(): Promise<void>
}

/** How Codex says that it does not know a thread. Any other refusal (another program writes it) is no reason to begin anew. */
export const unknownThread = /no rollout found|not found|no (?:recorded )?session/i

/** Codex cannot do it: its program is too old. Whoever asked may take the other route. */
export class NoAppServer extends Error {
  override readonly name = 'NoAppServer'
}
