import { optional, shaped, string } from '../shape.ts'
import { textField } from '../raw-content.ts'

/** A prompt: plain text, or parts where the agent takes them. */
export type Prompt = string | readonly PromptPart[]

/** A part of a prompt. Which of them an agent takes, its transport says. */
export type PromptPart =
  | { readonly type: 'text'; readonly text: string }
  /** `data` is base64. */
  | { readonly type: 'image'; readonly mimeType: string; readonly data: string; readonly name?: string }
  /** A file by its `uri`; `text` where its content goes with the prompt. */
  | { readonly type: 'file'; readonly uri: string; readonly name?: string; readonly mimeType?: string; readonly text?: string }

/** A prompt as the conversation shows it: its text, and a word for each part that is none. */
export function promptText(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt
  return prompt
    .map((part) => {
      switch (part.type) {
        case 'text':
          return part.text
        case 'image':
          return `[image${part.name === undefined ? '' : `: ${part.name}`}]`
        case 'file':
          return `[file: ${part.name ?? part.uri}]`
      }
    })
    .join('\n')
}

const part = {
  text: shaped({ text: string }),
  image: shaped({ mimeType: string, data: string, name: optional(string) }),
  file: shaped({ uri: string, name: optional(string), mimeType: optional(string), text: optional(string) }),
}

const isPart = (value: unknown): boolean => {
  const type = textField(value, 'type')
  return (type === 'text' || type === 'image' || type === 'file') && part[type](value)
}

/** Whether this is a prompt; its sender may not have been type-checked. */
export const isPrompt = (value: unknown): value is Prompt =>
  typeof value === 'string' || (Array.isArray(value) && value.every(isPart))
