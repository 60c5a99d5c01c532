import { messageTree, type MessageNode, type SessionMessage } from '@agent-session/core'

/** One row of the conversation: a message, the result of the call where it is one, and what a sub-agent said under it. */
export interface MessageRow {
  readonly id: string
  /** Its message's place in the session. */
  readonly seqId: number
  readonly resultId: string | undefined
  readonly children: readonly MessageRow[]
}

const none: readonly MessageRow[] = []

/**
 * Makes rows of messages: a tool's result stands with its call, and so does what its sub-agent said. A row that stays as
 * it was is the same object, so that nothing of it is looked at again.
 */
export function messageRows(): (messages: readonly SessionMessage[]) => readonly MessageRow[] {
  let known = new Map<string, MessageRow>()
  return (messages) => {
    const calls = new Map<string, string>()
    const results = new Map<string, string>()
    const paired = new Set<string>()
    for (const { id, role, toolCallId } of messages) {
      if (toolCallId === undefined) continue
      if (role === 'tool-call') calls.set(toolCallId, id)
      const call = role === 'tool-result' ? calls.get(toolCallId) : undefined
      if (call === undefined) continue
      results.set(call, id)
      paired.add(id)
    }
    const now = new Map<string, MessageRow>()
    const rowsOf = (nodes: readonly MessageNode[]): readonly MessageRow[] =>
      nodes.flatMap(({ message: { id, seqId }, children: nested }) => {
        if (paired.has(id)) return []
        const resultId = results.get(id)
        const children = nested.length === 0 ? none : rowsOf(nested)
        const before = known.get(id)
        const row = before !== undefined && before.resultId === resultId && before.seqId === seqId && sameRows(before.children, children) ? before : { id, seqId, resultId, children }
        now.set(id, row)
        return [row]
      })
    const rows = rowsOf(messageTree(messages))
    known = now
    return rows
  }
}

/** How many messages there are in rows and below them, the results of calls not counted. */
export const countRows = (rows: readonly MessageRow[]): number => rows.reduce((count, { children }) => count + 1 + countRows(children), 0)

/** Whether a row is that of a message, or has it with it. */
export const holds = ({ id, resultId, children }: MessageRow, wanted: string): boolean =>
  id === wanted || resultId === wanted || children.some((child) => holds(child, wanted))

const sameRows = (some: readonly MessageRow[], others: readonly MessageRow[]): boolean =>
  some === others || (some.length === others.length && some.every((row, index) => row === others[index]))
