import type { KeepReason, RetentionPlan, RetentionPolicy, SessionSummary } from '@agent-session/core'

/** A session that a policy is about, for a person. */
export interface PlannedSession {
  readonly sessionId: string
  readonly title: string | undefined
  readonly goes: boolean
  readonly why: string
}

const keptBecause: Readonly<Record<KeepReason, string>> = {
  running: 'stays: it is at work',
  current: 'stays: it is the one that its project shows',
  watched: 'stays for now: it is open in a window',
  pinned: 'stays: it is pinned',
}

/** What a plan comes to: first those that go, then those that stay although they are past the bounds. */
export function planInWords({ remove, kept }: RetentionPlan, { count, days }: RetentionPolicy, sessions: readonly SessionSummary[]): PlannedSession[] {
  const titles = new Map(sessions.map(({ sessionId, title }) => [sessionId, title]))
  const past = { count: count === 1 ? 'not the newest' : `not among the newest ${count}`, age: days === 1 ? 'older than a day' : `older than ${days} days` }
  return [
    ...remove.map(({ sessionId, reason }) => ({ sessionId, title: titles.get(sessionId), goes: true, why: `goes: ${past[reason]}` })),
    ...kept.map(({ sessionId, reason }) => ({ sessionId, title: titles.get(sessionId), goes: false, why: keptBecause[reason] })),
  ]
}
