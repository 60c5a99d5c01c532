import { AgentSessionError, type AgentSessionErrorCode, errorText } from '../errors.ts'
import type { Reply } from '../ports/agent-transport.ts'

/** A command that was refused, as its answer. */
export type Refusal = Extract<Reply, { readonly ok: false }>

/** Something went wrong with an agent, in words for a person. `cause` absent: nothing was thrown. */
export const agentProblem = (code: AgentSessionErrorCode, words: string, cause?: unknown): AgentSessionError =>
  new AgentSessionError(code, words, cause === undefined ? {} : { cause })

/** A problem as the answer to a command; `code` is that of one that has none of its own. */
export function refusal(error: unknown, code = 'agent-protocol'): Refusal {
  return { ok: false, error: errorText(error), code: AgentSessionError.isInstance(error) ? error.code : code }
}
