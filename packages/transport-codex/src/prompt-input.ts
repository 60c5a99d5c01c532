import { AgentSessionError, type Prompt } from '@agent-session/core'

const fileScheme = 'file://'

/** A prompt as the app-server takes it. */
export function promptInput(prompt: Prompt): object[] {
  const parts = typeof prompt === 'string' ? [{ type: 'text' as const, text: prompt }] : prompt
  return parts.map((part): object => {
    switch (part.type) {
      case 'text':
        return textInput(part.text)
      case 'image':
        return { type: 'image', url: `data:${part.mimeType};base64,${part.data}` }
      case 'file': {
        const { uri, name = uri, text } = part
        if (text !== undefined) return textInput(`${name}:\n${text}`)
        const path = filePath(uri)
        return path === undefined ? textInput(uri) : { type: 'mention', name, path }
      }
    }
  })
}

/** A prompt as the one text that `codex exec` reads. Throws `not-supported` for images, which it takes as files only. */
export function promptWords(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt
  return prompt
    .map((part) => {
      switch (part.type) {
        case 'text':
          return part.text
        case 'image':
          throw new AgentSessionError('not-supported', 'This version of Codex takes no images here: it has no app-server. Update it (npm install -g @openai/codex), or send the prompt without them.')
        case 'file': {
          const { uri, name = uri, text } = part
          return text === undefined ? (filePath(uri) ?? uri) : `${name}:\n${text}`
        }
      }
    })
    .join('\n')
}

const textInput = (text: string): object => ({ type: 'text', text, text_elements: [] })

function filePath(uri: string): string | undefined {
  if (uri.startsWith('/')) return uri
  if (!uri.startsWith(fileScheme)) return undefined
  try {
    return decodeURIComponent(uri.slice(fileScheme.length))
  } catch {
    // Not encoded as a URI is: then it stands for itself.
    return uri.slice(fileScheme.length)
  }
}
