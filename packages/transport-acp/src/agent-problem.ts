import { AgentSessionError, errorText, type AgentSessionErrorCode, type Reply } from '@agent-session/core'

/** Something went wrong with an agent, in words for a person. */
export const agentProblem = (code: AgentSessionErrorCode, words: string): AgentSessionError => new AgentSessionError(code, words)

/** A refusal says it without the mark that errors of the library end with: the store puts its own. */
export function refusal(error: unknown, code = 'agent-protocol'): Reply {
  const words = errorText(error).replace(/ \[agent-session: [\w-]+\]$/, '')
  return { ok: false, error: words, code: AgentSessionError.isInstance(error) ? error.code : code }
}
