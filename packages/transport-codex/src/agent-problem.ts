import { AgentSessionError, errorText, type AgentSessionErrorCode, type Reply } from '@agent-session/core'

/** Something went wrong with Codex, in words for a person. */
export const agentProblem = (code: AgentSessionErrorCode, words: string): AgentSessionError => new AgentSessionError(code, words)

export type Refusal = Extract<Reply, { readonly ok: false }>

/** A problem as the answer to a command. */
export function refusal(error: unknown, code = 'agent-protocol'): Refusal {
  return { ok: false, error: errorText(error), code: AgentSessionError.isInstance(error) ? error.code : code }
}
