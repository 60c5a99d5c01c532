import type { AgentSession } from '@agent-session/core'
import { toValue, type MaybeRefOrGetter, type Ref } from 'vue'
import { useLiveRefs } from './use-live-refs.ts'

/** The same array each time, so that what compares by identity sees no change. */
const none: readonly never[] = Object.freeze([])

/**
 * The parts of a session as read-only refs, each by itself: a reader of `status` does not run for a delta. A part is
 * subscribed when it is first read, once for all its readers, and until the scope ends.
 */
export function useSession(session: MaybeRefOrGetter<AgentSession | undefined>) {
  const live = useLiveRefs()

  /** `field` is what its notices bear. */
  const part = <Value>(field: string, read: (session: AgentSession | undefined) => Value): Readonly<Ref<Value>> =>
    live(
      () => toValue(session),
      read,
      (session, changed) =>
        session?.subscribe(({ fields }: { readonly fields: ReadonlySet<string> }) => {
          // `current`: it is its project's no more, or purged, and there may be another to read.
          if (fields.has(field) || fields.has('current')) changed()
        }),
    )

  /** `empty` is what it reads while there is no session. */
  const of = <Name extends keyof AgentSession, Empty>(name: Name, empty: Empty, field: string = name): Readonly<Ref<AgentSession[Name] | Empty>> =>
    part(field, (session) => (session ? session[name] : empty))

  return {
    /** The whole session; `undefined` while there is none. */
    session: part('current', (session) => session),
    sessionId: of('sessionId', undefined),
    status: of('status', undefined),
    live: of('live', false),
    title: of('title', undefined),
    model: of('model', undefined),
    error: of('error', undefined),
    endReason: of('endReason', undefined),
    costUsd: of('costUsd', 0),
    inputTokens: of('inputTokens', 0),
    outputTokens: of('outputTokens', 0),
    permissions: of('permissions', none),
    plan: of('plan', none),
    queue: of('queue', none),
    stall: of('stall', undefined),
    saved: of('saved', undefined),
    continuity: of('continuity', undefined),
    messages: of('messages', none),
    messageCount: of('messageCount', 0, 'messageList'),
    lastMessage: of('lastMessage', undefined, 'messages'),
    hasOlder: of('hasOlder', false, 'messageList'),
    /** Changes only when messages come or go. For lists: with `useMessage` in each row, a delta re-renders its row alone. */
    messageIds: of('messageIds', none, 'messageList'),
  }
}
