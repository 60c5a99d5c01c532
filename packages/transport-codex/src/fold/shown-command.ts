/**
 * A command without the shell that Codex runs it in (`/bin/bash -lc 'ls -l'`), as the model wrote it. What is not of
 * that form stays as it is: better too much than something that was not run.
 */
export function shownCommand(command: string): string {
  const [, word] = /^\S*\/?(?:ba|z|da)?sh -l?c ([\s\S]+)$/.exec(command) ?? []
  return word === undefined ? command : (unquoted(word) ?? command)
}

/** One shell word as the shell would take it; `undefined` where it is more than one, or says more than text. */
function unquoted(word: string): string | undefined {
  let text = ''
  let rest = word
  while (rest !== '') {
    const [piece, single, double, plain] = /^(?:'([^']*)'|"((?:[^"\\$`]|\\[\s\S])*)"|([^\s'"\\$`&|;<>()]+))/.exec(rest) ?? []
    if (piece === undefined) return undefined
    text += single ?? double?.replace(/\\([\\"$`])/g, '$1') ?? plain ?? ''
    rest = rest.slice(piece.length)
  }
  return text
}
