import { field, textField } from '@agent-session/core/transport'

/** What tools give beside words, by the kinds of MCP and of Codex' own. */
const names: Readonly<Record<string, string>> = { image: 'image', inputImage: 'image', input_image: 'image', audio: 'audio', inputAudio: 'audio', input_audio: 'audio' }

/** What content blocks say: one that has no words is named by its kind. `undefined` where none of them has any. */
export function contentWords(blocks: readonly unknown[]): string | undefined {
  const words = blocks.map(blockWords)
  if (words.every((said) => said === undefined)) return undefined
  return words.map((said, index) => said ?? `[${textField(blocks[index], 'type') ?? 'unknown'}]`).join('\n')
}

function blockWords(block: unknown): string | undefined {
  const text = textField(block, 'text') ?? textField(field(block, 'resource'), 'text')
  if (text !== undefined) return text
  const type = textField(block, 'type') ?? ''
  if (Object.hasOwn(names, type)) return `[${names[type]}]`
  const uri = textField(block, 'uri') ?? textField(field(block, 'resource'), 'uri')
  return uri === undefined ? undefined : `[file: ${textField(block, 'name') ?? uri}]`
}
