import { field, textField } from '@agent-session/core/transport'
import { contentText } from './content-text.ts'
import { diffText } from './diff-text.ts'

/** What the `content` of a tool call holds: words and proposed or made changes. Terminals are told of otherwise. */
export interface ToolContent {
  readonly text: string | undefined
  readonly diff: string | undefined
  /** The first file that is changed. */
  readonly path: string | undefined
}

export function readToolContent(blocks: readonly unknown[]): ToolContent {
  const texts: string[] = []
  const diffs: string[] = []
  let path: string | undefined
  for (const block of blocks) {
    switch (field(block, 'type')) {
      case 'content': {
        const text = contentText(field(block, 'content'))
        if (text !== undefined) texts.push(unfenced(text))
        break
      }
      case 'diff': {
        const file = textField(block, 'path') ?? 'file'
        path ??= file
        diffs.push(diffText(file, textField(block, 'oldText'), textField(block, 'newText') ?? ''))
        break
      }
      default:
        break
    }
  }
  return {
    text: texts.length > 0 ? texts.join('\n') : undefined,
    diff: diffs.length > 0 ? diffs.join('\n') : undefined,
    path,
  }
}

/** claude-agent-acp puts output into a Markdown fence; the output itself is what is wanted. */
function unfenced(text: string): string {
  const fenced = /^(`{3,})[\w-]*\n([\s\S]*?)\n?\1\s*$/.exec(text)
  const [, fence, inside] = fenced ?? []
  return fence === undefined || inside === undefined || inside.includes(`\n${fence}`) ? text : inside
}
