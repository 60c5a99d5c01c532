import { AgentSessionError, type Prompt } from '@agent-session/core'
import type { Message } from 'ollama/browser'

/** A prompt as Ollama has it: one text, with the images beside it. Throws `not-supported` for images where the model sees none. */
export function promptMessage(prompt: Prompt, model: string, seesImages: boolean): Message {
  if (typeof prompt === 'string') return { role: 'user', content: prompt }
  const texts: string[] = []
  const images: string[] = []
  for (const part of prompt) {
    switch (part.type) {
      case 'text':
        texts.push(part.text)
        break
      case 'image':
        if (!seesImages) throw new AgentSessionError('not-supported', `The model "${model}" takes no images. Send the prompt without them, or choose a model with vision.`)
        images.push(part.data)
        break
      case 'file': {
        const { uri, name = uri, text } = part
        texts.push(text === undefined ? `[file: ${name}]` : `${name}:\n${text}`)
        break
      }
    }
  }
  return { role: 'user', content: texts.join('\n'), ...(images.length > 0 && { images }) }
}
