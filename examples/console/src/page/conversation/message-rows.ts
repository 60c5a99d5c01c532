import type { SessionMessage } from '@agent-session/core'

/** One row of the conversation: a message, and the result of the call where it is one. */
export interface MessageRow {
  readonly id: string
  readonly resultId: string | undefined
}

/**
 * Makes rows of messages: a tool's result stands with its call. A row that stays as it was is the same object, so that
 * nothing of it is looked at again.
 */
export function messageRows(): (ids: readonly string[], find: (id: string) => SessionMessage | undefined) => readonly MessageRow[] {
  let known = new Map<string, MessageRow>()
  return (ids, find) => {
    const calls = new Map<string, string>()
    const results = new Map<string, string>()
    const own: string[] = []
    for (const id of ids) {
      const message = find(id)
      if (message === undefined) continue
      const { role, toolCallId } = message
      const call = role === 'tool-result' && toolCallId !== undefined ? calls.get(toolCallId) : undefined
      if (call !== undefined) {
        results.set(call, id)
        continue
      }
      if (role === 'tool-call' && toolCallId !== undefined) calls.set(toolCallId, id)
      own.push(id)
    }
    const rows = own.map((id) => {
      const resultId = results.get(id)
      const before = known.get(id)
      return before !== undefined && before.resultId === resultId ? before : { id, resultId }
    })
    known = new Map(rows.map((row) => [row.id, row]))
    return rows
  }
}
