/** Shorter than any id that is made to be unique, longer than any counter. */
const shortestUnique = 16

/**
 * An id of the agent's as ours. Most are unique for good and stay as they are, so that a replay names the same
 * things by the same ids. A short one may be a count that begins again with each turn or process (`call_1`): it is
 * made unique by its scope, the run.
 */
export function ownId(scope: string, agentId: string): string {
  return agentId.length < shortestUnique ? `${scope}/${agentId}` : agentId
}
