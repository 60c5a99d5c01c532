import type { Prompt, PromptPart } from '@agent-session/core'

/** A part of a prompt that is no text of the person's. */
export type AttachedPart = Exclude<PromptPart, { type: 'text' }>

/** Something that goes with a prompt, as it was picked. */
export interface Attachment {
  readonly id: string
  readonly name: string
  readonly bytes: number
  readonly part: AttachedPart
}

/** Images that every agent that takes images takes, and that a page shows without running anything. */
export const imageTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

/** The words of a prompt, without what came with them. */
export const wordsOf = (prompt: Prompt): string =>
  typeof prompt === 'string' ? prompt : prompt.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')

/** What came with a prompt beside its words. */
export const attachedIn = (prompt: Prompt): AttachedPart[] => (typeof prompt === 'string' ? [] : prompt.filter((part) => part.type !== 'text'))

/** An image as the page may show it; `undefined` for what no image is known to be safe in. */
export const imageUrl = (part: AttachedPart): string | undefined =>
  part.type === 'image' && imageTypes.has(part.mimeType) ? `data:${part.mimeType};base64,${part.data}` : undefined

/** How much came, in bytes; `undefined` where only a name did. */
export function bytesOf(part: AttachedPart): number | undefined {
  if (part.type === 'image') return Math.floor((part.data.length * 3) / 4) - (part.data.endsWith('==') ? 2 : part.data.endsWith('=') ? 1 : 0)
  return part.text === undefined ? undefined : new TextEncoder().encode(part.text).length
}
