import type { AgentSession, Notification } from '@agent-session/core'
import { endNotification } from '@agent-session/core/replica'

type Run = Pick<AgentSession, 'run' | 'live'>

/**
 * A host tells that a run has ended to those who are there, once. A mirror that comes back compares what it had with what
 * the host has: of a run that ended meanwhile it tells by itself, unless it had heard of it just before the line was lost.
 */
export class MissedEnds {
  /** The runs whose end was told, by their session. */
  readonly #told = new Map<string, string | undefined>()

  /** The host told something of a session. */
  heard({ sessionId, variant }: Notification, session: Run | undefined): void {
    // Warnings are of a run that goes on.
    if (session?.live && variant !== 'warning') this.#told.set(sessionId, session.run)
  }

  /** How the runs stand, for `missed`. */
  before(sessions: Iterable<AgentSession>): ReadonlyMap<string, Run> {
    return new Map(Array.from(sessions, ({ sessionId, run, live }) => [sessionId, { run, live }]))
  }

  /** What is to be told of the runs that have ended since. Of a session that was not known nothing is news. */
  missed(before: ReadonlyMap<string, Run>, sessions: Iterable<AgentSession>): Notification[] {
    return Array.from(sessions).flatMap((session) => {
      const then = before.get(session.sessionId)
      const isNews = then !== undefined && !session.live && (then.live || then.run !== session.run)
      if (!isNews || (this.#told.has(session.sessionId) && this.#told.get(session.sessionId) === session.run)) return []
      return endNotification(session) ?? []
    })
  }
}
