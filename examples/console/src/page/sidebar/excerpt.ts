/** The place where a text was found, with what stands around it. */
export interface Excerpt {
  readonly before: string
  readonly found: string
  readonly after: string
}

const charactersBefore = 30
const charactersAfter = 120

/** Of the first place, whatever its case; one without it is shown from its beginning. */
export function excerptOf(text: string, wanted: string): Excerpt {
  const match = new RegExp(wanted.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu').exec(text)
  const from = match?.index ?? 0
  const to = from + (match?.[0].length ?? 0)
  const begin = Math.max(0, from - charactersBefore)
  const end = to + charactersAfter
  const flat = (part: string): string => part.replaceAll(/\s+/g, ' ')
  return {
    before: (begin > 0 ? '…' : '') + flat(text.slice(begin, from)),
    found: flat(text.slice(from, to)),
    after: flat(text.slice(to, end)) + (end < text.length ? '…' : ''),
  }
}
