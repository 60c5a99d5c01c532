import type { SessionSummary } from '../ports/session-storage.ts'
import type { RetentionPolicy } from './retention-policy.ts'

/** What keeps a session whatever the policy says; `undefined` where nothing does. */
export type KeepReason = 'running' | 'current' | 'watched' | 'pinned'

/** Which sessions would go, and which a policy would take but for a reason. */
export interface RetentionPlan {
  readonly remove: readonly { readonly sessionId: string; readonly reason: 'count' | 'age' }[]
  /** Those that the policy would take and something keeps. */
  readonly kept: readonly { readonly sessionId: string; readonly reason: KeepReason }[]
}

const dayMs = 24 * 60 * 60_000

/**
 * What would go, and why: of one project's sessions those past the newest `count`, and those older than `days`.
 * A session's age is its own `updatedAt`, so one without messages ages too (T15). Pure; `now` in epoch ms.
 */
export function planRetention(
  sessions: readonly SessionSummary[],
  policy: RetentionPolicy,
  now: number,
  keeps: (session: SessionSummary) => KeepReason | undefined,
): RetentionPlan {
  const remove: { sessionId: string; reason: 'count' | 'age' }[] = []
  const kept: { sessionId: string; reason: KeepReason }[] = []
  // Of two of the same moment the one in use is the newer.
  const inUse = (session: SessionSummary): number => (keeps(session) === undefined ? 0 : 1)
  const newestFirst = [...sessions].sort((a, b) => b.updatedAt - a.updatedAt || inUse(b) - inUse(a))
  newestFirst.forEach((session, index) => {
    const reason = index >= policy.count ? 'count' : now - session.updatedAt > policy.days * dayMs ? 'age' : undefined
    if (reason === undefined) return
    const keep = keeps(session)
    if (keep === undefined) remove.push({ sessionId: session.sessionId, reason })
    else kept.push({ sessionId: session.sessionId, reason: keep })
  })
  return { remove, kept }
}
