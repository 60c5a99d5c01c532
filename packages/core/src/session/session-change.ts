import type { SessionSummary } from '../ports/session-storage.ts'
import type { SessionMessage } from './session-message.ts'
import type { SessionState } from './session-state.ts'

type OptionalField = { [F in keyof SessionState]-?: Record<never, never> extends Pick<SessionState, F> ? F : never }[keyof SessionState]

/** New values of some fields; `undefined` takes an optional field away. */
export type StatePatch = Partial<Omit<SessionState, OptionalField>> & {
  readonly [F in OptionalField]?: SessionState[F] | undefined
}

/**
 * All that can happen to a session. The screen, the storage and the mirrors live on these alone, so a new feature is
 * written once, in `reduce`.
 */
export type SessionChange =
  /** It is there now, new or read back; `messages` are those that are resident, `hasOlder` tells of more before them. */
  | {
      readonly type: 'opened'
      readonly state: SessionState
      readonly messages: readonly SessionMessage[]
      readonly hasOlder: boolean
      /** What is open and older than `messages`, and so still changes; absent: nothing. */
      readonly aside?: readonly SessionMessage[]
    }
  /** At the end, with rising seqIds. */
  | { readonly type: 'messages-appended'; readonly messages: readonly SessionMessage[] }
  /** Text at the end of one message, whose length was `offset` (UTF-16 units) before. */
  | { readonly type: 'message-extended'; readonly id: string; readonly offset: number; readonly text: string }
  /** The message of the same id and seqId. */
  | { readonly type: 'message-replaced'; readonly message: SessionMessage }
  | { readonly type: 'messages-retracted'; readonly ids: readonly string[] }
  | { readonly type: 'session-updated'; readonly patch: StatePatch }
  /** Forgotten, here and in storage; told of one too that was in storage alone. */
  | { readonly type: 'removed' }
  /** It is not in memory, and was taken in or written by another process: so it stands in storage now. */
  | { readonly type: 'listed'; readonly summary: SessionSummary }
