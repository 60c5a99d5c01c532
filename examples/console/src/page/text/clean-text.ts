// What an agent or a tool wrote may try to look like something else: escape sequences that move a cursor, marks that turn
// the direction of the text, characters that nobody sees.

const ansi = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g
/** All controls but tab and line feed; marks and isolates of direction; what takes no room. The joiner stays: emoji need it. */
const unseen = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u00AD\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB]/g

/** For reading: without what cannot be read. */
export function cleanText(text: string): string {
  return text.replace(ansi, '').replace(/\r\n?/g, '\n').replace(unseen, '')
}

/** The same text in its pieces: escape sequences, each for itself, and what stands between them. */
export function splitSequences(text: string): readonly { readonly sequence?: string; readonly text: string }[] {
  const pieces: { sequence?: string; text: string }[] = []
  let from = 0
  for (const match of text.matchAll(ansi)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) })
    pieces.push({ sequence: match[0], text: '' })
    from = match.index + match[0].length
  }
  if (from < text.length) pieces.push({ text: text.slice(from) })
  return pieces
}

/** Cleans one text that comes in pieces without escape sequences: the two halves of a line's end may be in two of them. */
export function joinLines(): (piece: string) => string {
  let returned = false
  return (piece) => {
    const rest = returned && piece.startsWith('\n') ? piece.slice(1) : piece
    returned = piece.endsWith('\r')
    return rest.replace(/\r\n?/g, '\n').replace(unseen, '')
  }
}

/** For deciding: what cannot be seen is written out, such as `\u{202e}`, because it will be carried out with the rest. */
export function revealText(text: string): string {
  return text.replace(/\u001B/g, '\\u{1b}').replace(unseen, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
}
