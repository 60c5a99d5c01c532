import type { AgentSession, SessionMessage } from '@agent-session/core'
import { toValue, type MaybeRefOrGetter, type Ref } from 'vue'
import { useLiveRefs } from './use-live-refs.ts'

/** One message of a session, for the row that shows it: `undefined` while the session has none of this id. */
export function useMessage(
  session: MaybeRefOrGetter<AgentSession | undefined>,
  id: MaybeRefOrGetter<string>,
): Readonly<Ref<SessionMessage | undefined>> {
  return useLiveRefs()(
    () => [toValue(session), toValue(id)],
    (session, id) => session?.findMessage(id),
    (changed, session, id) => session?.subscribeMessage(id, changed),
  )
}
