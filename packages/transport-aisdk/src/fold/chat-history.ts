import type { RawMessage } from '@agent-session/core'
import { signOf } from './part-sign.ts'
import { isToolPart, toolNameOf, type UiMessage, type UiMessagePart } from './ui-message.ts'

/** A chat that the app has kept, as the messages that a session shows of it; `now` in epoch ms: the parts have no times. */
export function chatHistory(messages: readonly UiMessage[], now: number): RawMessage[] {
  return messages.flatMap(({ id, role, parts }): RawMessage[] => {
    switch (role) {
      case 'user':
        return [{ id, type: 'user', content: { text: parts.flatMap(wordsOf).join('\n'), messageId: id }, timestamp: now }]
      case 'assistant':
        return parts.flatMap((part, index) => shownPart(part, `${id}/${index + 1}`, now))
      // What a back end tells its model is not for the person.
      case 'system':
        return []
    }
  })
}

function shownPart(part: UiMessagePart, id: string, timestamp: number): RawMessage[] {
  if (part.type === 'text' || part.type === 'reasoning') {
    const text = wordsOf(part).join('')
    return text === '' ? [] : [{ id, type: part.type === 'text' ? 'text' : 'thinking', content: { text }, timestamp }]
  }
  if (!isToolPart(part)) return wordsOf(part).map((text) => ({ id, type: 'text', content: { text }, timestamp }))
  const { state, input, output, errorText } = part
  const call: RawMessage = { id, type: 'tool_call', content: { name: toolNameOf(part), ...(input !== undefined && { input }), toolCallId: id }, timestamp }
  const result = (content: object): RawMessage[] => [call, { id: `${id}/result`, type: 'tool_result', content: { ...content, toolCallId: id }, timestamp }]
  switch (state) {
    case 'output-available':
      return result({ output: output === undefined ? '' : output })
    case 'output-error':
      return result({ output: errorText ?? '', isError: true })
    case 'output-denied':
      return result({ output: 'It was not allowed.', isError: true })
    default:
      return [call]
  }
}

/** What a part says in words; nothing for most that are none. */
function wordsOf(part: UiMessagePart): string[] {
  if ('text' in part && typeof part.text === 'string') return [part.text]
  const sign = signOf(part)
  return sign === undefined ? [] : [sign]
}
