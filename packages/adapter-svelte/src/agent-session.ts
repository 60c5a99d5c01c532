import { followSessionPart, type AgentSession } from '@agent-session/core'
import { createSubscribers } from './create-subscribers.ts'
import { reactive } from './reactive.ts'

/** One for each session, so that all its readers, in whatever component, share its subscriptions. */
const known = new WeakMap<AgentSession, AgentSession>()

/**
 * The same session, reactive: an effect or a template that reads a part of it runs again when that part changes, or whether
 * the session is its project's current one, and `findMessage(id)` when that message does. Nothing is subscribed before it
 * is read, nothing is left when its last reader has gone. In a server render, and outside of effects, it just tells how
 * things stand.
 */
export const agentSession = (session: AgentSession): AgentSession => known.get(session) ?? reactiveSession(session)

function reactiveSession(session: AgentSession): AgentSession {
  const trackMessage = createSubscribers((id, update) => session.subscribeMessage(id, update))
  const findMessage = (id: string) => {
    trackMessage(id)
    return session.findMessage(id)
  }
  const messageAt = (index: number) => findMessage(made.messageIds[index] ?? '')
  const made: AgentSession = reactive(session, (part, update) => followSessionPart(session, part, update), { findMessage, messageAt })
  known.set(session, made).set(made, made)
  return made
}
