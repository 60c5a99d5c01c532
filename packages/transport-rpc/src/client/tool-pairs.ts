import type { RawMessage } from '@agent-session/core'
import { isFields, textField } from '@agent-session/core/transport'

/** Messages that are remembered, so that one that is told again is paired as it was. */
const remembered = 1_000

/**
 * Finds the call of a result. Not every host of this wire names its calls: then a call is named by its message, and a
 * result belongs to the one call that waits. Where several wait nothing is guessed.
 */
export class ToolPairs {
  readonly #open = new Map<string, string | undefined>()
  /** By the id of the message. */
  readonly #known = new Map<string, string>()

  /** The message with a `toolCallId`, where one is known. */
  pair(message: RawMessage): RawMessage {
    if (message.type !== 'tool_call' && message.type !== 'tool_result') return message
    const given = textField(message.content, 'toolCallId')
    const toolCallId = given ?? this.#known.get(message.id) ?? this.#guess(message)
    if (message.type === 'tool_call' && !this.#known.has(message.id)) this.#open.set(toolCallId ?? message.id, message.parentId)
    if (message.type === 'tool_result' && toolCallId !== undefined) this.#open.delete(toolCallId)
    if (toolCallId === undefined) return message
    this.#remember(message.id, toolCallId)
    return given === undefined ? { ...message, content: { ...(isFields(message.content) && message.content), toolCallId } } : message
  }

  /** The run is over: what waits has no result any more. */
  runEnded(): void {
    this.#open.clear()
  }

  #guess({ type, id, parentId }: RawMessage): string | undefined {
    if (type === 'tool_call') return id
    const waiting = [...this.#open].filter(([, parent]) => parent === parentId)
    return waiting.length === 1 ? waiting[0]?.[0] : undefined
  }

  #remember(messageId: string, toolCallId: string): void {
    this.#known.set(messageId, toolCallId)
    const [oldest] = this.#known.keys()
    if (this.#known.size > remembered && oldest !== undefined) this.#known.delete(oldest)
  }
}
