/** What a person sees (B1): `idle` rests, or was interrupted; `done` and `error` have ended. */
export type SessionStatus = 'idle' | 'running' | 'done' | 'error'

/** B1: a status that is unknown reads `idle`. */
export function readStatus(status: unknown): SessionStatus {
  return status === 'running' || status === 'done' || status === 'error' ? status : 'idle'
}
