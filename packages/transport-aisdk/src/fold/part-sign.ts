import { textField } from '@agent-session/core/transport'

/** What stands in the conversation for a part that has no words; `undefined` for parts that nothing stands for. */
export function signOf(part: unknown): string | undefined {
  const [url, title] = [textField(part, 'url'), textField(part, 'title')]
  switch (textField(part, 'type')) {
    case 'file':
      return sign('file', textField(part, 'filename') ?? textField(part, 'mediaType'), url?.startsWith('data:') ? undefined : url)
    case 'source-url':
      return sign('source', title, url)
    case 'source-document':
      return sign('source', title, textField(part, 'filename'))
    default:
      return undefined
  }
}

const sign = (what: string, ...words: readonly (string | undefined)[]): string => `[${what}: ${words.filter((word) => word !== undefined && word !== '').join(', ')}]`
