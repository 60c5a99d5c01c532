import { agentProblem } from '@agent-session/core/transport'
import type { ToolVerdict } from './fold/permission-question.ts'

/** As the SDK calls it. The third argument is read by its structure: it holds the call's id, suggestions and an `AbortSignal`. */
export type CanUseTool = (toolName: string, input: Record<string, unknown>, details: { readonly signal: AbortSignal }) => Promise<ToolVerdict>

/** One process of Claude Code, as far as it is used. What is optional is missing in older versions. */
export interface ClaudeQuery extends AsyncIterable<unknown> {
  interrupt(): Promise<unknown>
  setPermissionMode(mode: string): Promise<void>
  setModel(model?: string): Promise<void>
  /** Resolves once the process is up and has told what it offers. */
  initializationResult?(): Promise<unknown>
  /** Ends the process. */
  close?(): void
}

/**
 * The functions of `@anthropic-ai/claude-agent-sdk` that are used, declared by their structure: the package itself is
 * under a licence of its own, so nothing of it is in this one.
 */
export interface ClaudeSdk {
  query(parameters: { readonly prompt: string | AsyncIterable<unknown>; readonly options?: object }): ClaudeQuery
  /** The sessions that the program has on disk, newest first. */
  listSessions?(options: { readonly dir?: string; readonly limit?: number }): Promise<readonly unknown[]>
  /** The messages of one of them. */
  getSessionMessages?(sessionId: string, options: { readonly dir?: string }): Promise<readonly unknown[]>
  /** The ids of the sub-agents that worked for one of them. */
  listSubagents?(sessionId: string, options: { readonly dir?: string }): Promise<readonly string[]>
  /** What one of those said and did: each message names the call that it is under. */
  getSubagentMessages?(sessionId: string, agentId: string, options: { readonly dir?: string }): Promise<readonly unknown[]>
  /** A copy of one, that goes on by itself. */
  forkSession?(sessionId: string, options: { readonly dir?: string }): Promise<{ readonly sessionId: string }>
  /** Removes one for good. */
  deleteSession?(sessionId: string, options: { readonly dir?: string }): Promise<void>
}

/** The SDK as it is installed beside the app. Rejects with `agent-not-found` where it is not. */
export async function loadClaudeSdk(): Promise<ClaudeSdk> {
  let sdk: unknown
  try {
    sdk = await import('@anthropic-ai/claude-agent-sdk')
  } catch (cause) {
    throw agentProblem('agent-not-found', 'The Claude Agent SDK was not found. Install it: npm install @anthropic-ai/claude-agent-sdk', cause)
  }
  if (!isSdk(sdk)) throw agentProblem('agent-not-found', 'What is installed as @anthropic-ai/claude-agent-sdk has no query(). Install a newer version of it.')
  return sdk
}

/** Whether it is the SDK, as far as can be told. An app's own may have its functions from a class. */
export const isSdk = (value: unknown): value is ClaudeSdk => typeof value === 'object' && value !== null && 'query' in value && typeof value.query === 'function'
