import type { ContentBlock } from '@agentclientprotocol/sdk/unstable'

/** Something that came with a prompt beside its words. */
export type Attached =
  | { readonly kind: 'image'; readonly mimeType: string; readonly bytes: number }
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  /** Named only: nothing of it came along. */
  | { readonly kind: 'link'; readonly name: string }

export interface PromptParts {
  /** The order. */
  readonly text: string
  readonly attached: readonly Attached[]
}

/** The order is plain text; what came with it is no part of the order. */
export function readPrompt(prompt: readonly ContentBlock[]): PromptParts {
  return {
    text: prompt.flatMap((block) => (block.type === 'text' && block.text !== '' ? [block.text] : [])).join('\n'),
    attached: prompt.flatMap(attachedIn),
  }
}

function attachedIn(block: ContentBlock): Attached[] {
  switch (block.type) {
    case 'image':
      return [{ kind: 'image', mimeType: block.mimeType, bytes: Buffer.byteLength(block.data, 'base64') }]
    case 'resource': {
      const name = nameOf(block.resource.uri)
      return ['text' in block.resource ? { kind: 'file', name, text: block.resource.text } : { kind: 'link', name }]
    }
    case 'resource_link':
      return [{ kind: 'link', name: block.name }]
    default:
      return []
  }
}

/** The last part of an address, as it is written where it cannot be decoded. */
function nameOf(uri: string): string {
  const last = uri.split(/[/\\]/).findLast((part) => part !== '') ?? uri
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}
