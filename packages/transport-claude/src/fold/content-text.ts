import { field, textField } from '@agent-session/core/transport'

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
    case 'search_result':
      return [textField(block, 'title'), textField(block, 'source'), contentText(field(block, 'content'))].filter(Boolean).join('\n')
    case 'web_search_result':
      return [textField(block, 'title'), textField(block, 'url')].filter(Boolean).join('\n')
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

/** What a tool gave, in words: a block that has none is named by its kind. `undefined` where no block has any. */
export function outputText(content: unknown): string | undefined {
  if (!Array.isArray(content) || content.every((block) => blockText(block) === undefined)) return contentText(content)
  return content.map((block) => blockText(block) ?? `[${textField(block, 'type') ?? 'unknown'}]`).join('\n')
}
