import type { Prompt } from '@agent-session/core'
import type { UiMessage, UiMessagePart } from './fold/ui-message.ts'

/**
 * A prompt as a message of the user: text, images as data URLs, files by their address where a back end can fetch it.
 * A file's words go as text: most models take no text files.
 */
export function promptMessage(id: string, prompt: Prompt): UiMessage {
  return { id, role: 'user', parts: typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : prompt.map(promptPart) }
}

function promptPart(part: Exclude<Prompt, string>[number]): UiMessagePart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image': {
      const { mimeType, data, name } = part
      return { type: 'file', mediaType: mimeType, url: `data:${mimeType};base64,${data}`, ...(name !== undefined && { filename: name }) }
    }
    case 'file': {
      const { uri, name, mimeType, text } = part
      if (text !== undefined) return { type: 'text', text: `${name ?? uri}:\n${text}` }
      if (mimeType !== undefined && /^(?:https?|data):/i.test(uri)) return { type: 'file', mediaType: mimeType, url: uri, ...(name !== undefined && { filename: name }) }
      return { type: 'text', text: `[file: ${name ?? uri}]` }
    }
  }
}
