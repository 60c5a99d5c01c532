import { field, textField } from '@agent-session/core/transport'

/** What a content block says in words; `undefined` where its kind is not known. */
export function contentText(block: unknown): string | undefined {
  switch (field(block, 'type')) {
    case 'text':
      return textField(block, 'text')
    case 'image':
      return '[image]'
    case 'audio':
      return '[audio]'
    case 'resource_link':
      return `[file: ${textField(block, 'name') ?? textField(block, 'uri') ?? '?'}]`
    case 'resource': {
      const resource = field(block, 'resource')
      return textField(resource, 'text') ?? `[file: ${textField(resource, 'uri') ?? '?'}]`
    }
    default:
      return undefined
  }
}
