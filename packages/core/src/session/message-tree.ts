import type { SessionMessage } from './session-message.ts'

/** A message with those that belong under it: what a sub-agent said under the tool call that began it. */
export interface MessageNode {
  readonly message: SessionMessage
  readonly children: readonly MessageNode[]
}

/**
 * The messages as a tree, by `parentId`, each level in seqId order. One whose parent is not among them, as when it has
 * left memory, stands at the top; so does one that would be under itself.
 */
export function messageTree(messages: readonly SessionMessage[]): readonly MessageNode[] {
  const roots: MessageNode[] = []
  const calls = new Map<string, MessageNode[]>()
  for (const message of messages) {
    const children: MessageNode[] = []
    const siblings = message.parentId === undefined ? undefined : calls.get(message.parentId)
    ;(siblings ?? roots).push({ message, children })
    // A parent comes before its children, so a message can never be put under itself or its own.
    if (message.role === 'tool-call' && message.toolCallId !== undefined) calls.set(message.toolCallId, children)
  }
  return roots
}
