import type { AgentSessionErrorCode } from '../errors.ts'

/** Refusals are answers, not exceptions: `error` is for people, `code` for programs. */
export interface Refusal {
  readonly ok: false
  readonly code: AgentSessionErrorCode
  readonly error: string
  /** Set when a session was opened before it was refused: it is there, in status `error`. */
  readonly sessionId?: string
}

/** `ok` with the session that was opened, once its transport has accepted it; else why not. */
export type StartResult = { readonly ok: true; readonly sessionId: string } | Refusal

/** `queued`: it waits for the run that is under way, and can be withdrawn by its `messageId`. */
export type PromptResult =
  | { readonly ok: true; readonly sessionId: string; readonly messageId: string; readonly queued: boolean }
  | Refusal

/** That it is done, or why not. */
export type CommandResult = { readonly ok: true } | Refusal
