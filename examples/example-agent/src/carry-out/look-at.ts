import type { Attached } from '../prompt-parts.ts'
import type { ActiveTurn } from '../turn.ts'
import { plural } from './plural.ts'

const LONGEST_BEGINNING = 80

/** Says what came with the prompt: proof that it came whole. */
export function lookAt(attached: readonly Attached[], turn: ActiveTurn): Promise<void> {
  const list = attached.map((one) => `- ${inWords(one)}`).join('\n')
  return turn.sayLines(`You sent me ${plural(attached.length, 'attachment')}:\n\n${list}\n`)
}

function inWords(attached: Attached): string {
  switch (attached.kind) {
    case 'image':
      return `an image, ${code(attached.mimeType)}, ${plural(attached.bytes, 'byte')}; I have no eyes to see what is on it`
    case 'file': {
      const { name, text } = attached
      const beginning = text.trimStart().split('\n', 1)[0]?.slice(0, LONGEST_BEGINNING) ?? ''
      const size = `${plural(text.split('\n').length, 'line')}, ${plural(text.length, 'character')}`
      return `the file ${code(name)}, ${size}${beginning === '' ? '' : `; it begins with ${code(beginning)}`}`
    }
    case 'link':
      return `the name ${code(attached.name)} and nothing of what is in it`
  }
}

/** In Markdown, whatever is in it. */
function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${fence.length > 1 ? ` ${text} ` : text}${fence}`
}
