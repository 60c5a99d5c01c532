import type { SessionMessage } from '@agent-session/core'
import { fieldsOf } from '@agent-session/core/transport'
import type { Message } from 'ollama/browser'

/**
 * A saved conversation as a model is told it, so that a restored session goes on where it was. What was thought, what
 * a sub-agent said and notes of the system are left out; a call without a result says so, since models take a call
 * that nothing answers for one that they must answer.
 */
export function rememberedMessages(messages: readonly SessionMessage[]): Message[] {
  const results = new Map(messages.flatMap((message) => (message.role === 'tool-result' && message.toolCallId !== undefined ? [[message.toolCallId, message]] : [])))
  return messages.flatMap((message): Message[] => {
    const { role, content, parentId, toolName, toolInput, toolCallId, delivery } = message
    if (parentId !== undefined) return []
    switch (role) {
      case 'user':
        // What was never sent the model never heard.
        return delivery === 'failed' || delivery === 'queued' ? [] : [{ role: 'user', content }]
      case 'assistant':
        return [{ role: 'assistant', content }]
      case 'tool-call': {
        const name = toolName ?? 'tool'
        const result = toolCallId === undefined ? undefined : results.get(toolCallId)
        return [
          { role: 'assistant', content: '', tool_calls: [{ function: { name, arguments: argumentsOf(toolInput) } }] },
          { role: 'tool', tool_name: name, content: result?.content ?? 'It was stopped before it gave anything.' },
        ]
      }
      case 'tool-result':
      case 'thinking':
      case 'system':
        return []
    }
  })
}

function argumentsOf(toolInput: string | undefined): Record<string, unknown> {
  if (toolInput === undefined) return {}
  try {
    return { ...fieldsOf(JSON.parse(toolInput)) }
  } catch {
    // Cut to fit a storage, or written by something else: the model is told that there was a call.
    return {}
  }
}
