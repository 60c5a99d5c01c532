import type { AgentSession, AgentStore, Notification } from '@agent-session/core'

/** Something of a session that a person may want to know who is not looking. */
export interface SessionNews {
  readonly sessionId: string
  readonly projectId: string
  /** `over`: what was told is no news any more, as a question that was answered. */
  readonly kind: 'asks' | 'ended' | 'failed' | 'stopped' | 'warned' | 'over'
}

const kinds: Readonly<Record<Notification['variant'], SessionNews['kind']>> = { success: 'ended', error: 'failed', info: 'stopped', warning: 'warned' }

/**
 * Tells of questions, each once, and of what the store notifies of; returns its own unsubscribe. Questions are found in how
 * the sessions stand, so that those that came while the line was down are told as well, and what was there at the beginning
 * is no news.
 */
export function watchSessionNews(store: AgentStore, tell: (news: SessionNews) => void): () => void {
  const asked = new Map<string, ReadonlySet<string>>()
  const pendingOf = ({ permissions }: AgentSession): Set<string> => new Set(permissions.filter(({ state }) => state === 'pending').map(({ id }) => id))
  for (const session of store.liveSessions()) asked.set(session.sessionId, pendingOf(session))

  function look(sessionId: string): void {
    const session = store.findSession(sessionId)
    const before = asked.get(sessionId) ?? new Set()
    const now = session === undefined ? new Set<string>() : pendingOf(session)
    if (now.size === 0) asked.delete(sessionId)
    else asked.set(sessionId, now)
    const about = { sessionId, projectId: session?.projectId ?? '' }
    if ([...now].some((id) => !before.has(id))) tell({ ...about, kind: 'asks' })
    else if (before.size > 0 && now.size === 0) tell({ ...about, kind: 'over' })
  }

  const concerns = new Set(['opened', 'removed', 'session-updated'])
  const ends = [
    store.on('change', ({ sessionId, changes }) => changes.some(({ type }) => concerns.has(type)) && look(sessionId)),
    store.on('notification', ({ sessionId, projectId, variant }) => tell({ sessionId, projectId, kind: kinds[variant] })),
  ]
  return () => ends.forEach((end) => end())
}

/** A few words and nothing of what the agent or its tools have said: others may see the screen. */
export const newsInWords: Readonly<Record<Exclude<SessionNews['kind'], 'over'>, string>> = {
  asks: 'Waits for your answer',
  ended: 'Is done',
  failed: 'Ended with an error',
  stopped: 'Was stopped',
  warned: 'Needs a look: it has been silent for long, or its budget is nearly used up',
}
