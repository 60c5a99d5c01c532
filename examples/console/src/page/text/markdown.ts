import DOMPurify from 'dompurify'
import { Marked, type Token } from 'marked'
import { cleanText } from './clean-text.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')

/** Where a link may lead. All else stays text: `javascript:`, `data:`, `file:`, paths of this host. */
function safeTarget(href: string): string | undefined {
  if (!/^(?:https?:|mailto:)/i.test(href)) return undefined
  try {
    return new URL(href).href
  } catch {
    return undefined
  }
}

const link = (href: string, inner: string): string => {
  const target = safeTarget(href)
  // The address stays in sight: a text may name another place than the link leads to.
  return target === undefined ? inner : `<a href="${escapeHtml(target)}" title="${escapeHtml(target)}" target="_blank" rel="noopener noreferrer nofollow">${inner}</a>`
}

const marked = new Marked({
  gfm: true,
  renderer: {
    // Raw HTML is text like any other.
    html: ({ text }) => escapeHtml(text),
    link({ href, tokens }) {
      return link(href, this.parser.parseInline(tokens))
    },
    // Nothing is fetched from elsewhere: an image is a link that a person may follow.
    image: ({ href, text }) => link(href, escapeHtml(`[image: ${text || href}]`)),
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
})

// A second look, by another's eyes: what the renderer makes is limited to this whatever it made.
const allowed = {
  ALLOWED_TAGS: ['p', 'br', 'hr', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'strong', 'em', 'del', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ALLOWED_ATTR: ['href', 'title', 'target', 'rel', 'start', 'align'],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  // Without this their values would have to look like links.
  ADD_URI_SAFE_ATTR: ['target', 'rel', 'start', 'align'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
}

interface Block {
  readonly raw: string
  readonly html: string
}

/** Of what has been read the last blocks may yet become others: a list goes on, a paragraph gets underlined. */
const unsettled = 2

/**
 * The blocks of one text that grows: paragraphs, lists, code, each as safe HTML. A block that was read before keeps its
 * HTML, and of a growing text only the end is read again, so that a long answer streams as lightly as a short one.
 */
export class MarkdownText {
  readonly #lex: (text: string) => readonly Token[]
  #source = ''
  #text = ''
  /** What is in the settled ones, in characters of the text. */
  #settledLength = 0
  #blocks: Block[] = []

  /** `lex` cuts Markdown into blocks; another one is for tests. */
  constructor(lex: (text: string) => readonly Token[] = (text) => marked.lexer(text)) {
    this.#lex = lex
  }

  /** `complete` reads all of it anew: a definition at the end may give a link in the beginning its target. */
  blocks(source: string, complete: boolean): readonly string[] {
    const text = this.#clean(source)
    if (complete || !text.startsWith(this.#text)) {
      this.#settledLength = 0
      this.#blocks = []
    }
    if (complete || text !== this.#text) this.#readEnd(text)
    this.#source = source
    this.#text = text
    return this.#blocks.map(({ html }) => html)
  }

  #readEnd(text: string): void {
    const open = this.#settledLength === 0 ? this.#blocks.splice(0) : this.#blocks.splice(-unsettled)
    const known = new Map(open.map((block) => [block.raw, block]))
    for (const { raw, tokens } of joinSpaces(this.#lex(text.slice(this.#settledLength)))) this.#blocks.push(known.get(raw) ?? { raw, html: render(tokens) })
    this.#settledLength = text.length - this.#blocks.slice(-unsettled).reduce((length, { raw }) => length + raw.length, 0)
  }

  /** What was clean stays so, unless what follows belongs to its end. */
  #clean(source: string): string {
    const grows = source.startsWith(this.#source) && !this.#source.endsWith('\r') && !source.includes('\u001B')
    return grows ? this.#text + cleanText(source.slice(this.#source.length)) : cleanText(source)
  }
}

/** What shows nothing belongs to the block before it, so that the blocks put together are the text. */
function joinSpaces(tokens: readonly Token[]): { raw: string; tokens: Token[] }[] {
  const blocks: { raw: string; tokens: Token[] }[] = []
  for (const token of tokens) {
    const last = blocks.at(-1)
    if ((token.type === 'space' || token.type === 'def') && last !== undefined) last.raw += token.raw
    else blocks.push({ raw: token.raw, tokens: [token] })
  }
  return blocks
}

// Marks of a list stand where its words begin, be that on the right.
const render = (tokens: Token[]): string => DOMPurify.sanitize(marked.parser(tokens), allowed).replaceAll(/<(?:ul|ol|table)(?=[ >])/g, '$& dir="auto"')
