import type { PromptPart } from './prompt.ts'

/** Who speaks (B2); `system` is what the agent program or this library says of the session itself. */
export type MessageRole = 'user' | 'assistant' | 'tool-call' | 'tool-result' | 'thinking' | 'system'

/**
 * How far one of the person's own messages got. `queued`: waits for the turn that is under way; `sending`: given to
 * the transport; `sent`: accepted; `failed`: refused, and can be sent again.
 */
export type Delivery = 'queued' | 'sending' | 'sent' | 'failed'

/** What a long output lost, so that the text can say so and nobody takes it for whole. */
export interface Truncation {
  /** Length of the whole output, in characters (UTF-16 units). */
  readonly characters: number
  /** Lines of the whole output. */
  readonly lines: number
}

/** One message of a session. Never changed in place: what changes is replaced by a new object. */
export interface SessionMessage {
  readonly id: string
  /** Its place in the session: from 1, rising. A hole is a retracted message. */
  readonly seqId: number
  readonly role: MessageRole
  /** Plain text, not to be trusted as markup. */
  readonly content: string
  /**
   * Of the person's own prompts that are more than text: their parts as they were given, to show them and to send them again.
   * `content` has a word for each part that is no text. Absent: `content` is all there is.
   */
  readonly prompt?: readonly PromptPart[]
  /** Of tool calls and, where the call is known, of their results. */
  readonly toolName?: string
  /** The arguments as JSON text; absent when the call had none. */
  readonly toolInput?: string
  /** The file or command that the call is about, short enough for a heading. */
  readonly toolPath?: string
  /** Pairs a call with its result. */
  readonly toolCallId?: string
  /** Of tool calls: how it goes. */
  readonly toolState?: 'running' | 'done' | 'failed' | 'cancelled'
  /** The `toolCallId` of the call that a sub-agent's message belongs under; absent at the top. */
  readonly parentId?: string
  /** Of the person's own messages. */
  readonly delivery?: Delivery
  /** Still coming. */
  readonly streaming?: true
  /** Ended before its time: the run stopped or the connection broke. */
  readonly cut?: true
  /** Of tool results and error messages. */
  readonly isError?: true
  /** Present when the output was too long to keep whole. */
  readonly truncated?: Truncation
  /** The turn that it came in; absent when the agent did not say and none was under way. */
  readonly run?: string
  /** When it began, in epoch ms, for showing; of a tool's result, once it is whole: when the tool ended. */
  readonly timestamp: number
}

/** Whether a message still comes, its tool still runs, or it is being sent. */
export const isOpen = ({ streaming, toolState, delivery }: SessionMessage): boolean => streaming === true || toolState === 'running' || delivery === 'sending'

/** A message that no event will end any more: what streamed is cut off where it is not whole, what ran is cancelled. */
export function endedMessage(message: SessionMessage, cut: boolean): SessionMessage {
  const { streaming, toolState, ...rest } = message
  return {
    ...rest,
    ...(toolState !== undefined && { toolState: toolState === 'running' ? 'cancelled' : toolState }),
    ...(streaming && cut && { cut }),
  }
}
