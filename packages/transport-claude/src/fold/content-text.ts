import { field, textField } from './unknown-data.ts'

/** What a content block says in words; `undefined` where its kind is not known. */
export function blockText(block: unknown): string | undefined {
  switch (field(block, 'type')) {
    case 'text':
      return textField(block, 'text')
    case 'image':
      return '[image]'
    case 'document':
      return `[file: ${textField(block, 'title') ?? 'document'}]`
    case 'tool_reference':
      return textField(block, 'tool_name')
    default:
      return undefined
  }
}

/** The words of a message's content, which is text or blocks; `undefined` where a block is none that has words. */
export function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return undefined
  const texts = content.map(blockText)
  return texts.every((text) => text !== undefined) ? texts.join('\n') : undefined
}
