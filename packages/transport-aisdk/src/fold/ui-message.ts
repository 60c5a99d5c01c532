import type { Fields } from '@agent-session/core/transport'

/**
 * A message as the AI SDK's clients and back ends send it to each other (`UIMessage` of its versions 5 to 7), by
 * structure: nothing of the SDK is imported.
 */
export interface UiMessage {
  readonly id: string
  readonly role: 'system' | 'user' | 'assistant'
  /** What the back end says of the message; absent where it says nothing. */
  readonly metadata?: unknown
  readonly parts: readonly UiMessagePart[]
}

/** A part of a message. What only a back end understands is kept as it came, and goes back to it with the next request. */
export type UiMessagePart = UiTextPart | UiToolPart | UiFilePart | UiOtherPart

/** Words: an answer, or what was thought. */
export interface UiTextPart {
  readonly type: 'text' | 'reasoning'
  readonly text: string
  readonly state?: 'streaming' | 'done'
  readonly providerMetadata?: unknown
}

/** How far a tool call got, in the SDK's words. */
export type UiToolState =
  | 'input-streaming'
  | 'input-available'
  | 'approval-requested'
  | 'approval-responded'
  | 'output-available'
  | 'output-error'
  | 'output-denied'

/** A tool call with what became of it. */
export interface UiToolPart {
  readonly type: 'dynamic-tool' | `tool-${string}`
  /** Of `dynamic-tool` alone: the others have it in their type. */
  readonly toolName?: string
  readonly toolCallId: string
  readonly state: UiToolState
  readonly input?: unknown
  readonly output?: unknown
  readonly errorText?: string
  /** The output is not the last one. */
  readonly preliminary?: boolean
  /** The model's provider runs it: neither the back end nor this side does. */
  readonly providerExecuted?: boolean
  readonly approval?: UiApproval
}

/** A question about a tool call, and its answer. */
export interface UiApproval {
  readonly id: string
  /** Absent until it is answered. */
  readonly approved?: boolean
  readonly reason?: string
  /** Nobody needs to be asked: the back end answers by itself. */
  readonly isAutomatic?: boolean
}

/** A file or an image, by its address or as a data URL. */
export interface UiFilePart {
  readonly type: 'file'
  readonly mediaType: string
  readonly url: string
  readonly filename?: string
}

/** Everything else: steps, sources, data of the app's own. */
export type UiOtherPart = Fields & {
  readonly type: 'step-start' | 'source-url' | 'source-document' | 'reasoning-file' | 'custom' | 'steering-message' | `data-${string}`
}

export const isToolPart = (part: UiMessagePart): part is UiToolPart => part.type === 'dynamic-tool' || part.type.startsWith('tool-')

export const isTextPart = (part: UiMessagePart): part is UiTextPart => part.type === 'text' || part.type === 'reasoning'

/** The name of a part's tool. */
export const toolNameOf = (part: UiToolPart): string => part.toolName ?? part.type.slice('tool-'.length)
