/** The text anywhere in another, for LIKE with `\` as its escape. */
export const likePattern = (text: string): string => `%${searchable(text).replace(/[\\%_]/g, '\\$&')}%`

/** More of them find nothing better. */
const trigramsAtMost = 24

/**
 * What the index is asked for, that holds each three characters in a row: all of those that the text has. `undefined` for
 * a text that is too short to have any. What is found is still to be compared with the text itself.
 */
export function trigramQuery(text: string): string | undefined {
  const characters = [...searchable(text)]
  const trigrams = new Set<string>()
  for (let at = 0; at + 3 <= characters.length && trigrams.size < trigramsAtMost; at += 1) {
    trigrams.add(characters.slice(at, at + 3).join('').replaceAll('"', '""'))
  }
  return trigrams.size === 0 ? undefined : [...trigrams].map((trigram) => `"${trigram}"`).join(' AND ')
}

/** A text as SQLite can hold it: half characters and NUL are in no index. */
export const searchable = (text: string): string => text.toWellFormed().replaceAll('\0', ' ')
