import type { RawMessage, SessionMessage, SessionRecord } from '@agent-session/core'

/** What a page asks its host to start. Beside the first three, all is left to the host where it is absent. */
export interface StartParams {
  readonly sessionId: string
  /** `claude`, `codex`, `ollama`, or whatever name the host has for an agent. */
  readonly provider: string
  readonly prompt: string
  /** The folder that the agent works in. */
  readonly cwd?: string
  readonly model?: string
  readonly systemPrompt?: string
  /** Steps of the model in one run. */
  readonly maxTurns?: number
  readonly permissionMode?: string
  readonly claudeConfigDir?: string
  readonly extraEnv?: Readonly<Record<string, string>>
  /** An extra of the wire: not every host knows it. */
  readonly additionalDirectories?: readonly string[]
  /** An extra of the wire: not every host knows it. */
  readonly worktreeName?: string
  /** Of this library, sent only where a start has it: a host that does not know it passes it over. */
  readonly mcpServers?: readonly string[]
  /** As `mcpServers`. */
  readonly agentSessionId?: string
}

/** A further prompt of a session. */
export interface PromptParams {
  readonly sessionId: string
  readonly prompt: string
}

/** Accepted, or why not. */
export interface RpcReply {
  readonly ok: boolean
  /** Absent where it is accepted. */
  readonly error?: string
  /** An extra of this library's host: the reason as a word. */
  readonly code?: string
}

/** A session as it is saved and loaded. */
export interface SessionRow {
  readonly projectId: string
  readonly sessionId: string
  readonly provider: string
  readonly status: string
  /** USD. */
  readonly costUsd: number
  /** Tokens. */
  readonly inputTokens: number
  /** Tokens. */
  readonly outputTokens: number
  readonly model: string
  /** Absent, or null in the answers of some hosts: none. */
  readonly error?: string | null
  /** Epoch ms. */
  readonly createdAt: number
  /** Epoch ms. */
  readonly updatedAt: number
  /** An extra of this library: all that is known of the session (T11). A host that does not keep it gives back the rest. */
  readonly record?: SessionRecord
}

/** A message as it is saved and loaded; what it has beside the wire's own fields are extras, that a host may keep or not. */
export type MessageRow = Omit<SessionMessage, 'id'> & {
  readonly sessionId: string
  readonly msgId: string
}

/** What a page may ask: each request with what it takes and gives, as RPC schemas have it. */
export type AgentRpcRequests = {
  'agent.start': { params: StartParams; response: RpcReply }
  'agent.prompt': { params: PromptParams; response: RpcReply }
  'agent.stop': { params: { readonly sessionId: string }; response: RpcReply }
  'session.save': { params: SessionRow; response: void }
  'session.messages.save': { params: { readonly messages: readonly MessageRow[] }; response: void }
  'session.load': { params: { readonly projectId: string }; response: { readonly session: SessionRow | null } }
  'session.messages.load': { params: { readonly sessionId: string }; response: { readonly messages: readonly MessageRow[] } }
  'settings.getAll': { params: Readonly<Record<string, never>>; response: { readonly settings: Readonly<Record<string, string>> } }
}

/** What a host tells its pages, by name. */
export type AgentRpcEvents = {
  'agent.message': { readonly sessionId: string; readonly messages: readonly RawMessage[] }
  'agent.status': { readonly sessionId: string; readonly status: string; readonly error?: string }
  'agent.cost': { readonly sessionId: string; readonly costUsd: number; readonly inputTokens: number; readonly outputTokens: number }
}

/** Both sides of the wire, to be merged with an app's own requests: `bun` is what the host answers, `webview` what the page hears. */
export type AgentRpcSchema = {
  bun: { requests: AgentRpcRequests; messages: Readonly<Record<never, unknown>> }
  webview: { requests: Readonly<Record<never, { params: unknown; response: unknown }>>; messages: AgentRpcEvents }
}

/** Names of requests. */
export type RequestName = keyof AgentRpcRequests
/** Names of events. */
export type EventName = keyof AgentRpcEvents

export const eventNames: readonly EventName[] = ['agent.message', 'agent.status', 'agent.cost']
