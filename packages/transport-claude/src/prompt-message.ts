import type { Prompt, PromptPart } from '@agent-session/core'

const uuidShape = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** The id of a prompt as the program takes it, where ours is one: its results, and its own record of the session, name it. */
export const isUuid = (messageId: string): boolean => uuidShape.test(messageId)

/** A prompt as the program reads it. */
export function promptMessage(prompt: Prompt, uuid: string): unknown {
  const content = typeof prompt === 'string' ? prompt : prompt.map(contentBlock)
  return { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, uuid }
}

function contentBlock(part: PromptPart): unknown {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image':
      return { type: 'image', source: { type: 'base64', media_type: part.mimeType, data: part.data } }
    case 'file': {
      const { uri, name = uri, text } = part
      // The program reads a file by itself where it is named with an @.
      return { type: 'text', text: text === undefined ? `@${uri.replace(/^file:\/\//, '')}` : `${name}:\n${text}` }
    }
  }
}
