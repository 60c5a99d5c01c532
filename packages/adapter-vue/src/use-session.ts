import { followSessionPart, isSessionPart, sessionPart, withoutSession, type AgentSession, type SessionParts } from '@agent-session/core'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { useLiveRefs, type Refs } from './use-live-refs.ts'

/**
 * The parts of a session as read-only refs, each by itself: a reader of `status` does not run for a delta. A part is
 * subscribed when it is first read, once for all its readers, and until the scope ends.
 */
export function useSession(session: MaybeRefOrGetter<AgentSession | undefined>): Refs<SessionParts>
export function useSession(session: MaybeRefOrGetter<AgentSession | undefined>): object {
  const live = useLiveRefs()
  const part = (name: keyof SessionParts) =>
    live(
      () => toValue(session),
      (from) => sessionPart(from, name),
      (from, changed) => from && followSessionPart(from, name, changed),
    )
  const names = Object.keys(withoutSession).filter(isSessionPart)
  return Object.fromEntries(names.map((name) => [name, part(name)]))
}
