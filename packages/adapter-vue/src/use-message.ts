import type { AgentSession, SessionMessage } from '@agent-session/core'
import { toValue, type MaybeRefOrGetter, type Ref } from 'vue'
import { useLiveRefs } from './use-live-refs.ts'

/** One message of a session, for the row that shows it: `undefined` while the session has none of this id. */
export function useMessage(
  session: MaybeRefOrGetter<AgentSession | undefined>,
  id: MaybeRefOrGetter<string>,
): Readonly<Ref<SessionMessage | undefined>> {
  let subject: { readonly session: AgentSession | undefined; readonly id: string } | undefined
  return useLiveRefs()(
    () => {
      const next = { session: toValue(session), id: toValue(id) }
      return subject?.session === next.session && subject?.id === next.id ? subject : (subject = next)
    },
    ({ session, id }) => session?.findMessage(id),
    ({ session, id }, changed) => session?.subscribeMessage(id, changed),
  )
}
