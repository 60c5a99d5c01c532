import { ownId } from '@agent-session/core/transport'

/**
 * Our ids by the agent's. Two different things never get the same one, although an agent may name a message and a
 * call alike, or use an id in two sessions: whoever comes second gets one that says what it is.
 */
export class OwnIds {
  readonly #owners = new Map<string, string>()

  /** `owner`: what the id is for; the same id for the same owner is the same thing. */
  of(scope: string, agentId: string, owner: string): string {
    const id = ownId(scope, agentId)
    const first = this.#owners.get(id)
    if (first === undefined) this.#owners.set(id, owner)
    return first === undefined || first === owner ? id : `${scope}/${agentId}/${owner}`
  }
}
