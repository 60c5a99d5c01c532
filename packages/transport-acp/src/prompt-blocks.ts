import { type Abilities, AgentSessionError, type Prompt } from '@agent-session/core'
import type { ContentBlock } from '@agentclientprotocol/sdk/unstable'

/** A prompt as ACP has it. Throws `not-supported` for what the agent says that it does not take. */
export function promptBlocks(prompt: Prompt, agent: string, abilities: Abilities): ContentBlock[] {
  if (typeof prompt === 'string') return [{ type: 'text', text: prompt }]
  return prompt.map((part): ContentBlock => {
    switch (part.type) {
      case 'text':
        return { type: 'text', text: part.text }
      case 'image':
        if (abilities.images !== true) {
          throw new AgentSessionError('not-supported', `The agent "${agent}" takes no images. Send the prompt without them.`)
        }
        return { type: 'image', mimeType: part.mimeType, data: part.data }
      case 'file': {
        const { uri, name = uri, mimeType, text } = part
        const typed = mimeType === undefined ? {} : { mimeType }
        if (text === undefined) return { type: 'resource_link', uri, name, ...typed }
        if (abilities.files === true) return { type: 'resource', resource: { uri, text, ...typed } }
        return { type: 'text', text: `${name}:\n${text}` }
      }
    }
  })
}
