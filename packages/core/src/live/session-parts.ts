import type { AgentSession } from '../session/agent-session.ts'
import type { SessionMessage } from '../session/session-message.ts'
import type { EndReason, PermissionRequest, PlanEntry, QueuedPrompt } from '../session/session-record.ts'
import type { SavedState, Stall } from '../session/session-state.ts'
import type { SessionStatus } from '../session/session-status.ts'

/** What a screen shows of a session, part by part, whether there is one or not: adapters make each reactive by itself. */
export interface SessionParts {
  /** The whole session, for what is not here; `undefined` while there is none. */
  readonly session: AgentSession | undefined
  /** Its id; `undefined` without a session. */
  readonly sessionId: string | undefined
  /** `running`, `idle` (rests, or was interrupted), `done` or `error`; `undefined` without a session. */
  readonly status: SessionStatus | undefined
  /** Whether its run is under way, so that it can be stopped; `false` without a session. */
  readonly live: boolean
  /** Given by a person, else by the agent; `undefined` until then, and without a session. */
  readonly title: string | undefined
  /** The model's id; `''` until the agent or the caller names one, `undefined` without a session. */
  readonly model: string | undefined
  /** Why the last run failed, for people; `undefined` where it did not. */
  readonly error: string | undefined
  /** Why the last run ended; `undefined` while one is under way, and before the first. */
  readonly endReason: EndReason | undefined
  /** USD, of all its runs; 0 until the agent reports, and without a session. */
  readonly costUsd: number
  /** Tokens that went to the model, in all its runs. */
  readonly inputTokens: number
  /** Tokens that came from the model, in all its runs. */
  readonly outputTokens: number
  /** Questions of the newest run, in the order they were asked; those in state `pending` wait for a person. */
  readonly permissions: readonly PermissionRequest[]
  /** The agent's plan, step by step; empty where it has none. */
  readonly plan: readonly PlanEntry[]
  /** Prompts that wait for the run that is under way, in their order. */
  readonly queue: readonly QueuedPrompt[]
  /** Set while a run says nothing: why, and since when. */
  readonly stall: Stall | undefined
  /** Whether storage has all of it; `undefined` without a session. */
  readonly saved: SavedState | undefined
  /** `gapped`, `restarted`, or `undefined` where nothing is missing. */
  readonly continuity: 'gapped' | 'restarted' | undefined
  /** The resident messages, oldest first: a new array at each notice. For lists use `messageIds`. */
  readonly messages: readonly SessionMessage[]
  /** How many messages are resident. */
  readonly messageCount: number
  /** The newest message; `undefined` where there is none. */
  readonly lastMessage: SessionMessage | undefined
  /** Whether `loadOlder` would find more. */
  readonly hasOlder: boolean
  /** Changes only when messages come or go: with a row that reads its message by the id, a delta renders that row alone. */
  readonly messageIds: readonly string[]
}

/** The same array each time, so that what compares by identity sees no change. */
const none: readonly never[] = Object.freeze([])

/** What each part is while there is no session. */
export const withoutSession: SessionParts = Object.freeze({
  session: undefined,
  sessionId: undefined,
  status: undefined,
  live: false,
  title: undefined,
  model: undefined,
  error: undefined,
  endReason: undefined,
  costUsd: 0,
  inputTokens: 0,
  outputTokens: 0,
  permissions: none,
  plan: none,
  queue: none,
  stall: undefined,
  saved: undefined,
  continuity: undefined,
  messages: none,
  messageCount: 0,
  lastMessage: undefined,
  hasOlder: false,
  messageIds: none,
})

/** Whether a property of that name is a part of a session. */
export const isSessionPart = (name: string | symbol): name is keyof SessionParts => Object.hasOwn(withoutSession, name)

/** How one part stands. */
export function sessionPart(session: AgentSession | undefined, name: keyof SessionParts): SessionParts[keyof SessionParts] {
  if (session === undefined) return withoutSession[name]
  return name === 'session' ? session : session[name]
}

/** The parts whose notices bear another name. */
const noticeOf = new Map<string, string>([
  ['session', 'current'],
  ['lastMessage', 'messages'],
  ['messageCount', 'messageList'],
  ['messageIds', 'messageList'],
  ['hasOlder', 'messageList'],
])

/**
 * Calls `changed` at each notice of one part, whichever property of the session it is, and when the session is its
 * project's current one no more, is so again, or is purged: there may be another to read. Returns its own unsubscribe.
 */
export function followSessionPart(session: AgentSession, name: string, changed: () => void): () => void {
  const field = noticeOf.get(name) ?? name
  return session.subscribe(({ fields }: { readonly fields: ReadonlySet<string> }) => {
    if (fields.has(field) || fields.has('current')) changed()
  })
}
