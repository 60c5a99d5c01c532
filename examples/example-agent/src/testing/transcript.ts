import type { SessionUpdate, ToolCall } from '@agentclientprotocol/sdk/unstable'

export type Entry =
  | { readonly kind: string; readonly messageId: string | null | undefined; text: string }
  | { readonly kind: 'tool'; call: Partial<ToolCall> }
  | { readonly kind: 'plan'; entries: unknown }

/** What a client shows after these updates: chunks joined, tool calls merged, the last plan of a turn. */
export function transcriptOf(updates: readonly SessionUpdate[]): Entry[] {
  const entries: Entry[] = []
  for (const update of updates) {
    switch (update.sessionUpdate) {
      case 'user_message_chunk':
      case 'agent_message_chunk':
      case 'agent_thought_chunk': {
        const { content, messageId, sessionUpdate } = update
        const text = content.type === 'text' ? content.text : ''
        const last = entries.at(-1)
        if (last !== undefined && 'text' in last && last.messageId === messageId) last.text += text
        else entries.push({ kind: sessionUpdate, messageId, text })
        break
      }
      case 'tool_call': {
        const { sessionUpdate: _is, ...call } = update
        entries.push({ kind: 'tool', call })
        break
      }
      case 'tool_call_update': {
        const { sessionUpdate: _is, ...change } = update
        for (const entry of entries) {
          if ('call' in entry && entry.call.toolCallId === change.toolCallId) Object.assign(entry.call, change)
        }
        break
      }
      case 'plan': {
        const last = entries.findLast((entry) => 'entries' in entry)
        if (last === undefined) entries.push({ kind: 'plan', entries: update.entries })
        else if ('entries' in last) last.entries = update.entries
        break
      }
      default:
        break
    }
  }
  return entries
}

/** The text of the last message. */
export function lastText(updates: readonly SessionUpdate[]): string {
  const last = transcriptOf(updates).findLast((entry) => entry.kind === 'agent_message_chunk')
  return last !== undefined && 'text' in last ? last.text : ''
}

/** The tool calls as they ended. */
export function toolsOf(updates: readonly SessionUpdate[]): Partial<ToolCall>[] {
  return transcriptOf(updates).flatMap((entry) => ('call' in entry ? [entry.call] : []))
}

/** All text that a tool call shows. */
export function shownBy(call: Partial<ToolCall> | undefined): string {
  return (call?.content ?? [])
    .map((part) => (part.type === 'content' && part.content.type === 'text' ? part.content.text : ''))
    .join('\n')
}
