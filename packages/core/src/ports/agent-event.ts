import type { Abilities, AgentSetting, Login } from '../session/agent-facts.ts'
import type { AvailableCommand, Choice, PermissionOption, PlanEntry } from '../session/session-record.ts'
import type { Cursor } from './cursor.ts'

/** The kinds of the first system's wire, with `user` beside them for replays. */
export type RawMessageType =
  | 'text'
  | 'thinking'
  | 'user'
  | 'tool_call'
  | 'tool_result'
  | 'init'
  | 'error'
  | 'cost'
  | 'status'
  | 'compaction'
  | 'unknown'

/**
 * One message as a transport tells it. What `content` holds goes by `type`:
 *
 * | type | content |
 * | --- | --- |
 * | text, thinking | `{ text }` |
 * | user | `{ text, messageId? }`: `messageId` is ours, when the agent echoes it |
 * | tool_call | `{ name, input, toolCallId? }` |
 * | tool_result | `{ output, toolCallId?, isError? }` |
 * | init | `{ model?, sessionId? }` |
 * | error | `{ message }` |
 *
 * The others show nothing in the conversation. Content that does not fit is read as far as it goes.
 */
export interface RawMessage {
  /** Given by the transport where the program has none; the same when the same thing is told again, and never that of another in the session. */
  readonly id: string
  readonly type: RawMessageType
  /** The tool call (by its `toolCallId`) that this belongs under, for sub-agents; absent at the top. */
  readonly parentId?: string
  readonly content: unknown
  /** Epoch ms as the provider says. Shown only: order is by seqId. */
  readonly timestamp: number
}

/** What an agent asks a person. */
export interface PermissionQuestion {
  /** Made by the transport, unique in the session for good: a program's own count may start again. */
  readonly id: string
  readonly title: string
  /** The call that waits for the answer; absent where it is about no call. */
  readonly toolCallId?: string
  /** The tool call (by its `toolCallId`) of the sub-agent that asks; absent at the top. */
  readonly parentId?: string
  /** The arguments that the answer covers, as the tool gets them. */
  readonly input?: unknown
  readonly options: readonly PermissionOption[]
}

interface SessionScoped {
  readonly sessionId: string
  /** The turn this belongs to; absent when the program does not say. */
  readonly run?: string
  /** Absent when the far side does not number its events: then ids and offsets alone tell what came twice. */
  readonly cursor?: Cursor
}

/** Whole messages, upserted by id. */
export interface MessageEvent extends SessionScoped {
  readonly type: 'message'
  readonly messages: readonly RawMessage[]
}

/** A piece of a message that is still coming. The first piece makes the message. */
export interface DeltaEvent extends SessionScoped {
  readonly type: 'delta'
  readonly id: string
  readonly kind: 'text' | 'thinking' | 'tool_result'
  readonly text: string
  /** Where `text` begins in the message, in UTF-16 units; with it a piece told twice counts once. Absent: it is appended. */
  readonly offset?: number
  /** As `RawMessage.parentId`; only the first piece's counts. */
  readonly parentId?: string
  /** The call whose output this is; only the first piece's counts. */
  readonly toolCallId?: string
}

/** The message is whole; `cut` says that it ended before its time. */
export interface MessageEndEvent extends SessionScoped {
  readonly type: 'message-end'
  readonly id: string
  /** Absent: it is whole. */
  readonly cut?: boolean
}

/** A replay of what was said before: aligned with what is there by id, else by position and text. */
export interface HistoryEvent extends SessionScoped {
  readonly type: 'history'
  readonly messages: readonly RawMessage[]
  /** Whether this is all that the agent remembers. */
  readonly complete: boolean
}

/** Takes messages back, for good: what is told again under one of these ids is not taken. What replaces it has an id of its own. */
export interface RetractEvent extends SessionScoped {
  readonly type: 'retract'
  readonly ids: readonly string[]
}

/** `idle`, `running`, `done` or `error`; any other word reads `idle`. `reason` becomes `endReason` where the run ends. */
export interface StatusEvent extends SessionScoped {
  readonly type: 'status'
  readonly status: string
  /** Why, for people. Absent: an error told before as a message, if any, is the reason. */
  readonly error?: string
  /** Absent: `completed` for done, `error` for error. */
  readonly reason?: string
}

/**
 * What the agent reports of cost. `scope` says of what: of the whole `session` (the default) or of the `run`, as totals of
 * which the newest wins; or of one `turn` within it, which is added to what is known, so it is told once.
 */
export interface CostEvent extends SessionScoped {
  readonly type: 'cost'
  /** USD. Absent where the agent does not know. */
  readonly costUsd?: number
  /** Tokens. Absent where this report does not say: then they stay as they are. */
  readonly inputTokens?: number
  /** Tokens, as `inputTokens`. */
  readonly outputTokens?: number
  /** Tokens of the input that came from the provider's cache; absent as `inputTokens`. */
  readonly cachedInputTokens?: number
  /** The model that was used. Taken as the session's where none is known yet. */
  readonly model?: string
  /** Absent: `session`. */
  readonly scope?: 'session' | 'run' | 'turn'
  /** Tokens in the model's context now, and how many fit. */
  readonly contextUsed?: number
  /** Tokens. Absent: it stays as it is. */
  readonly contextSize?: number
}

/** News of the session itself. What is absent stays as it is. */
export interface SessionEvent extends SessionScoped {
  readonly type: 'session'
  /** The agent's own id of the session, by which it can be resumed. */
  readonly agentSessionId?: string
  /** The model that answers from now on. */
  readonly model?: string
  /** What the session is about, in the agent's words. */
  readonly title?: string
  /** The `id` of the mode that is on now. */
  readonly mode?: string
  /** All modes there are; `[]` for none. */
  readonly modes?: readonly Choice[]
  /** All models there are; `[]` for none. */
  readonly models?: readonly Choice[]
  /** All commands there are; `[]` for none. */
  readonly commands?: readonly AvailableCommand[]
  /** All that the agent can do, as far as it says. */
  readonly abilities?: Abilities
  /** Whether somebody is logged in, and how to. */
  readonly login?: Login
  /** All that can be set, as it is now. */
  readonly settings?: readonly AgentSetting[]
  /** The agent began anew and remembers nothing of what the transcript shows (promise 13: never a lie). */
  readonly restarted?: boolean
}

/** The agent waits for a person's answer. Told again under the same id it changes nothing. */
export interface PermissionEvent extends SessionScoped {
  readonly type: 'permission'
  readonly request: PermissionQuestion
}

/** A question is open no longer: somebody answered it elsewhere, or its agent gave it up. */
export interface PermissionSettledEvent extends SessionScoped {
  readonly type: 'permission-settled'
  readonly requestId: string
  readonly outcome: 'selected' | 'cancelled' | 'expired'
  /** The option that was taken; absent where none was. */
  readonly optionId?: string
}

/** The whole plan, each time. */
export interface PlanEvent extends SessionScoped {
  readonly type: 'plan'
  readonly entries: readonly PlanEntry[]
}

/** The transport's own link to the agent. Of no session: it concerns them all. */
export interface ConnectionEvent {
  readonly type: 'connection'
  readonly state: 'connected' | 'reconnecting' | 'disconnected'
  /** Why it is not connected, for people; absent where nothing is known. */
  readonly error?: string
}

/** An event of one session. */
export type AgentSessionEvent =
  | MessageEvent
  | DeltaEvent
  | MessageEndEvent
  | HistoryEvent
  | RetractEvent
  | StatusEvent
  | CostEvent
  | SessionEvent
  | PermissionEvent
  | PermissionSettledEvent
  | PlanEvent

/** All that a transport can tell. */
export type AgentEvent = AgentSessionEvent | ConnectionEvent
