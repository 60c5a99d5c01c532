import type { Abilities, AgentSetting, Login } from '../session/agent-facts.ts'
import type { AvailableCommand, Choice, PermissionOption, PlanEntry } from '../session/session-record.ts'

/** A place in the far side's own numbering of one session's events: `seq` rises by 1 within an `epoch`. */
export interface Cursor {
  /** Names one numbering. A host that begins again from 1 takes a new epoch. */
  readonly epoch: string
  readonly seq: number
}

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
  /** Given by the transport where the program has none; the same when the same thing is told again. */
  readonly id: string
  readonly type: RawMessageType
  /** The tool call (by its `toolCallId`) that this belongs under, for sub-agents; absent at the top. */
  readonly parentId?: string
  readonly content: unknown
  /** Epoch ms as the provider says. Shown only: order is by seqId. */
  readonly timestamp: number
}

export interface PermissionQuestion {
  /** Made by the transport, unique in the session for good: a program's own count may start again. */
  readonly id: string
  readonly title: string
  readonly toolCallId?: string
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
  readonly parentId?: string
  readonly toolCallId?: string
}

/** The message is whole; `cut` says that it ended before its time. */
export interface MessageEndEvent extends SessionScoped {
  readonly type: 'message-end'
  readonly id: string
  readonly cut?: boolean
}

/** A replay of what was said before: aligned with what is there by id, else by position and text. */
export interface HistoryEvent extends SessionScoped {
  readonly type: 'history'
  readonly messages: readonly RawMessage[]
  /** Whether this is all that the agent remembers. */
  readonly complete: boolean
}

export interface RetractEvent extends SessionScoped {
  readonly type: 'retract'
  readonly ids: readonly string[]
}

/** `idle`, `running`, `done` or `error`; any other word reads `idle`. `reason` becomes `endReason` where the run ends. */
export interface StatusEvent extends SessionScoped {
  readonly type: 'status'
  readonly status: string
  readonly error?: string
  readonly reason?: string
}

/**
 * What the agent reports of cost, always totals, the newest wins.
 * `scope` says of what: the whole `session` (the default), the `run`, or one `turn` within it.
 */
export interface CostEvent extends SessionScoped {
  readonly type: 'cost'
  /** USD. Absent where the agent does not know. */
  readonly costUsd?: number
  /** Tokens. Absent where this report does not say: then they stay as they are. */
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cachedInputTokens?: number
  readonly model?: string
  readonly scope?: 'session' | 'run' | 'turn'
  /** Tokens in the model's context now, and how many fit. */
  readonly contextUsed?: number
  readonly contextSize?: number
}

/** News of the session itself. What is absent stays as it is. */
export interface SessionEvent extends SessionScoped {
  readonly type: 'session'
  readonly agentSessionId?: string
  readonly model?: string
  readonly title?: string
  readonly mode?: string
  readonly modes?: readonly Choice[]
  readonly models?: readonly Choice[]
  readonly commands?: readonly AvailableCommand[]
  readonly abilities?: Abilities
  readonly login?: Login
  /** All that can be set, as it is now. */
  readonly settings?: readonly AgentSetting[]
  /** The agent began anew and remembers nothing of what the transcript shows (promise 13: never a lie). */
  readonly restarted?: boolean
}

export interface PermissionEvent extends SessionScoped {
  readonly type: 'permission'
  readonly request: PermissionQuestion
}

export interface PermissionSettledEvent extends SessionScoped {
  readonly type: 'permission-settled'
  readonly requestId: string
  readonly outcome: 'selected' | 'cancelled' | 'expired'
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
