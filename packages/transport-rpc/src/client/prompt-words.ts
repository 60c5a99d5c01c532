import type { Prompt } from '@agent-session/core'

/** A prompt as the text that this wire carries, files by their text; `undefined` where there is an image in it. */
export function promptWords(prompt: Prompt): string | undefined {
  if (typeof prompt === 'string') return prompt
  const words: string[] = []
  for (const part of prompt) {
    switch (part.type) {
      case 'text':
        words.push(part.text)
        break
      case 'image':
        return undefined
      case 'file': {
        const { uri, name = uri, text } = part
        words.push(text === undefined ? `[file: ${name}]` : `${name}:\n${text}`)
      }
    }
  }
  return words.join('\n')
}
