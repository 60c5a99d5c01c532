import type { AgentSession } from '@agent-session/core'
import { createSubscribers } from './create-subscribers.ts'

/** The parts whose notices bear another name. */
const noticeOf = new Map<string | symbol, string>([
  ['lastMessage', 'messages'],
  ['messageCount', 'messageList'],
  ['messageIds', 'messageList'],
  ['hasOlder', 'messageList'],
])

/** One for each session, so that all its readers, in whatever component, share its subscriptions. */
const reactive = new WeakMap<AgentSession, AgentSession>()

/**
 * The same session, reactive: an effect or a template that reads a part of it runs again when that part changes, or whether
 * the session is its project's current one, and `findMessage(id)` when that message does. Nothing is subscribed before it is read, nothing is left when its last reader
 * has gone. In a server render, and outside of effects, it just tells how things stand.
 */
export function agentSession(session: AgentSession): AgentSession {
  let made = reactive.get(session)
  if (made === undefined) {
    made = reactiveSession(session)
    reactive.set(session, made).set(made, made)
  }
  return made
}

function reactiveSession(session: AgentSession): AgentSession {
  const trackMessage = createSubscribers((id, update) => session.subscribeMessage(id, update))
  const trackPart = createSubscribers((part, update) =>
    session.subscribe(({ fields }: { readonly fields: ReadonlySet<string> }) => {
      // `current`: its project may have another session now, or this one is purged.
      if (fields.has(part) || fields.has('current')) update()
    }),
  )
  const own: Pick<AgentSession, 'findMessage' | 'messageAt'> = {
    findMessage(id) {
      trackMessage(id)
      return session.findMessage(id)
    },
    messageAt(index) {
      trackPart('messageList')
      return own.findMessage(session.messageAt(index)?.id ?? '')
    },
  }
  return new Proxy(session, {
    get(_, name) {
      const value: unknown = Reflect.get(name in own ? own : session, name)
      // The session's private fields are within reach only where it is `this` itself.
      if (typeof value === 'function') return value.bind(session)
      if (typeof name === 'string') trackPart(noticeOf.get(name) ?? name)
      return value
    },
  })
}
