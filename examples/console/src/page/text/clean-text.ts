// What an agent or a tool wrote may try to look like something else: escape sequences that move a cursor, marks that turn
// the direction of the text, characters that nobody sees.

const ansi = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g
/** All controls but tab and line feed; marks and isolates of direction; what takes no room. The joiner stays: emoji need it. */
const unseen = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u00AD\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB]/g

/** For reading: without what cannot be read. */
export function cleanText(text: string): string {
  return text.replace(ansi, '').replace(/\r\n?/g, '\n').replace(unseen, '')
}

/** For deciding: what cannot be seen is written out, such as `\u{202e}`, because it will be carried out with the rest. */
export function revealText(text: string): string {
  return text.replace(/\u001B/g, '\\u{1b}').replace(unseen, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
}
