import { AgentSessionError, type AgentSessionErrorCode, errorText, type Reply } from '@agent-session/core'

/** Something went wrong with Claude, in words for a person. */
export const claudeProblem = (code: AgentSessionErrorCode, words: string, cause?: unknown): AgentSessionError =>
  new AgentSessionError(code, words, cause === undefined ? {} : { cause })

/** A problem as the answer to a command. */
export function refusal(error: unknown, code = 'agent-protocol'): Extract<Reply, { ok: false }> {
  return { ok: false, error: errorText(error), code: AgentSessionError.isInstance(error) ? error.code : code }
}
