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

  /** `empty` is what it reads while there is no session; `field` is what its notices bear. */
  function part<Name extends keyof AgentSession>(name: Name, empty?: undefined, field?: string): Readonly<Ref<AgentSession[Name] | undefined>>
  function part<Name extends keyof AgentSession, Empty>(name: Name, empty: Empty, field?: string): Readonly<Ref<AgentSession[Name] | Empty>>
  function part(name: keyof AgentSession, empty?: unknown, field: string = name): Readonly<Ref<unknown>> {
    return follow(field, (session) => session?.[name] ?? empty)
  }

  const follow = <Value>(field: string, read: (session: AgentSession | undefined) => Value): Readonly<Ref<Value>> =>
    live(
      () => toValue(session),
      read,
      (session, changed) =>
        session?.subscribe(({ fields }: { readonly fields: ReadonlySet<string> }) => {
          // `current`: it is its project's no more, or purged, and there may be another to read.
          if (fields.has(field) || fields.has('current')) changed()
        }),
    )

  return {
    /** The whole session; `undefined` while there is none. */
    session: follow('current', (session) => session),
    sessionId: part('sessionId'),
    status: part('status'),
    live: part('live', false),
    title: part('title'),
    model: part('model'),
    error: part('error'),
    endReason: part('endReason'),
    costUsd: part('costUsd', 0),
    inputTokens: part('inputTokens', 0),
    outputTokens: part('outputTokens', 0),
    permissions: part('permissions', none),
    plan: part('plan', none),
    queue: part('queue', none),
    stall: part('stall'),
    saved: part('saved'),
    continuity: part('continuity'),
    messages: part('messages', none),
    messageCount: part('messageCount', 0, 'messageList'),
    lastMessage: part('lastMessage', undefined, 'messages'),
    hasOlder: part('hasOlder', false, 'messageList'),
    /** Changes only when messages come or go. For lists: with `useMessage` in each row, a delta re-renders its row alone. */
    messageIds: part('messageIds', none, 'messageList'),
  }
}
