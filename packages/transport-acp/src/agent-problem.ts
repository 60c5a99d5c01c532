import { AgentSessionError, errorText, type AgentSessionErrorCode, type Reply } from '@agent-session/core'

/** Something went wrong with an agent, in words for a person. */
export const agentProblem = (code: AgentSessionErrorCode, words: string): AgentSessionError => new AgentSessionError(code, words)

/** A problem as the answer to a command. */
export function refusal(error: unknown, code = 'agent-protocol'): Extract<Reply, { ok: false }> {
  return { ok: false, error: errorText(error), code: AgentSessionError.isInstance(error) ? error.code : code }
}
