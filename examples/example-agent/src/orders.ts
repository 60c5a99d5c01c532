/** What a prompt asks for. `unknown` is everything that is no order; `incomplete` is an order with a part missing. */
export type Order =
  | { readonly verb: 'list'; readonly folder: string }
  | { readonly verb: 'read'; readonly file: string }
  | { readonly verb: 'search'; readonly text: string }
  | { readonly verb: 'write'; readonly file: string; readonly text: string }
  | { readonly verb: 'run'; readonly command: string }
  | { readonly verb: 'story'; readonly words: number | undefined }
  | { readonly verb: 'plan' }
  | { readonly verb: 'think'; readonly about: string | undefined }
  | { readonly verb: 'fail' }
  | { readonly verb: 'crash' }
  | { readonly verb: 'hang'; readonly hard: boolean }
  | { readonly verb: 'mode'; readonly mode: string | undefined }
  | { readonly verb: 'recall' }
  | { readonly verb: 'help' }
  | { readonly verb: 'unknown' }
  | { readonly verb: 'incomplete'; readonly usage: string }

export type OrderOf<Verb extends Order['verb']> = Extract<Order, { verb: Verb }>

/** The order as the list shows it: how it is written, and what it does. */
export interface OrderDescription {
  readonly name: string
  /** What comes after the name; absent where nothing does. */
  readonly hint?: string
  readonly does: string
}

export const ORDERS: readonly OrderDescription[] = [
  { name: 'list', hint: '[files] [FOLDER]', does: 'shows the files of the sandbox' },
  { name: 'read', hint: 'FILE', does: 'shows what is in a file' },
  { name: 'search', hint: 'TEXT', does: 'finds the lines that have the text in them' },
  { name: 'write', hint: 'FILE: TEXT', does: 'writes the text into a file, and asks before it does' },
  { name: 'run', hint: 'COMMAND', does: 'runs a shell command in the sandbox, and asks before it does' },
  { name: 'story', hint: '[N]', does: 'tells a story word by word, all of it or N words' },
  { name: 'plan', does: 'makes a plan of four steps and carries it out' },
  { name: 'think', hint: '[about SOMETHING]', does: 'thinks aloud, then answers' },
  { name: 'mode', hint: '[ask | auto]', does: 'says or changes the mode; in auto nothing is asked' },
  { name: 'recall', does: 'lists what you have asked in this session' },
  { name: 'fail', does: 'ends the turn with an error' },
  { name: 'crash', does: 'ends the whole program in the middle of a sentence, with exit code 3' },
  { name: 'hang', hint: '[hard]', does: 'does nothing until it is cancelled; hard: not even then' },
  { name: 'help', does: 'shows this list' },
]

/** More would only fill the disk; it takes an hour at the default pace as it is. */
export const MOST_STORY_WORDS = 100_000

export function parseOrder(prompt: string): Order {
  // Editors send a command of the list as `/name`.
  const [, verb = '', rest = ''] = /^\/?(\S*)\s*([\s\S]*)$/.exec(prompt.trim()) ?? []
  switch (verb.toLowerCase()) {
    case 'list':
    case 'ls':
      return { verb: 'list', folder: unquoted(rest.replace(/^files\b\s*/i, '').replace(/^in\s+/i, '')) || '.' }
    case 'read':
      return rest === '' ? incomplete('read') : { verb: 'read', file: unquoted(rest) }
    case 'search':
      return rest === '' ? incomplete('search') : { verb: 'search', text: unquoted(rest) }
    case 'write':
      return writeOrder(rest)
    case 'run':
      return rest === '' ? incomplete('run') : { verb: 'run', command: rest }
    case 'story':
      return storyOrder(rest)
    case 'think':
      return { verb: 'think', about: rest.replace(/^(about|of)\s+/i, '') || undefined }
    case 'mode':
      return { verb: 'mode', mode: rest.toLowerCase() || undefined }
    case 'hang':
      if (rest === '') return { verb: 'hang', hard: false }
      return rest.toLowerCase() === 'hard' ? { verb: 'hang', hard: true } : { verb: 'unknown' }
    // These take nothing, so that "crash courses for beginners" does not crash anything.
    case 'plan':
      return rest === '' ? { verb: 'plan' } : { verb: 'unknown' }
    case 'fail':
      return rest === '' ? { verb: 'fail' } : { verb: 'unknown' }
    case 'crash':
      return rest === '' ? { verb: 'crash' } : { verb: 'unknown' }
    case 'recall':
      return rest === '' ? { verb: 'recall' } : { verb: 'unknown' }
    case 'help':
      return rest === '' ? { verb: 'help' } : { verb: 'unknown' }
    default:
      return { verb: 'unknown' }
  }
}

function usageOf(order: OrderDescription): string {
  return order.hint === undefined ? order.name : `${order.name} ${order.hint}`
}

/** The list of orders in Markdown. */
export function orderList(): string {
  return ORDERS.map((order) => `- \`${usageOf(order)}\` – ${order.does}`).join('\n')
}

function writeOrder(rest: string): Order {
  const colon = rest.indexOf(':')
  const file = unquoted(rest.slice(0, Math.max(0, colon)).trim())
  if (file === '') return incomplete('write')
  // One blank after the colon belongs to the order; everything else is the text, to the letter.
  return { verb: 'write', file, text: rest.slice(colon + 1).replace(/^[ \t]/, '') }
}

function storyOrder(rest: string): Order {
  if (rest === '') return { verb: 'story', words: undefined }
  const [, digits] = /^(\d{1,9})(?:\s+words?)?$/i.exec(rest) ?? []
  if (digits === undefined) return incomplete('story')
  return { verb: 'story', words: Math.min(Number(digits), MOST_STORY_WORDS) }
}

function incomplete(name: string): Order {
  const order = ORDERS.find((candidate) => candidate.name === name)
  return { verb: 'incomplete', usage: order === undefined ? name : usageOf(order) }
}

function unquoted(text: string): string {
  const [, , inner] = /^(["'`])([\s\S]+)\1$/.exec(text) ?? []
  return inner ?? text
}
