import type { AgentSession, AgentStore, StoreChange } from '@agent-session/core'
import { createSubscriber } from 'svelte/reactivity'
import { attentionInWords } from './attention-in-words.ts'

const concerns = ({ changes }: StoreChange): boolean =>
  changes.some(
    (change) =>
      change.type === 'opened' ||
      change.type === 'removed' ||
      (change.type === 'session-updated' && ['live', 'status', 'permissions', 'stall', 'saved', 'endReason'].some((name) => name in change.patch)),
  )

interface AttentionOptions {
  readonly projectIds: () => readonly string[]
  /** Whether a session that has ended was looked at since: it waits for nobody then, whatever came of it. */
  readonly isSeen: (session: AgentSession) => boolean
}

/** A reactive reader of the sessions that need a person, the most pressing first: those at work, and the current ones of all projects. */
export function attentionOf(store: AgentStore, { projectIds, isSeen }: AttentionOptions): () => readonly AgentSession[] {
  const track = createSubscriber((update) => {
    const unsubscribe = [store.on('change', (change) => concerns(change) && update()), store.on('connection', update)]
    return () => unsubscribe.forEach((off) => off())
  })
  return () => {
    track()
    const current = projectIds().flatMap((id) => store.getSession(id) ?? [])
    return [...new Map([...store.liveSessions(), ...current].map((session) => [session.sessionId, session])).values()]
      .map((session) => ({ session, attention: store.sessionHealth(session.sessionId)?.attention }))
      .filter(({ attention }) => attentionInWords([attention]) !== undefined)
      .toSorted((a, b) => (b.attention?.score ?? 0) - (a.attention?.score ?? 0))
      .map(({ session }) => session)
      .filter((session) => session.live || !isSeen(session))
  }
}
