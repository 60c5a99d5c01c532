import { AgentSessionError, errorText, type AgentSessionErrorCode, type Reply } from '@agent-session/core'

/** Something went wrong with Codex, in words for a person. */
export const agentProblem = (code: AgentSessionErrorCode, words: string): AgentSessionError => new AgentSessionError(code, words)

/** A problem as the answer to a command. */
export function refusal(error: unknown, code = 'agent-protocol'): Reply {
  return { ok: false, error: errorText(error), code: AgentSessionError.isInstance(error) ? error.code : code }
}
