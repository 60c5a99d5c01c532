const mostCharacters = 4_000
const mostLines = 12

/** The end of what a program wrote to its standard error, which most often says why it died. */
export class LastWords {
  #text = ''

  add(text: string): void {
    this.#text = (this.#text + text).slice(-mostCharacters)
  }

  /** The last lines, without colours and other controls. */
  toString(): string {
    const plain = this.#text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
    return plain.trim().split('\n').slice(-mostLines).join('\n')
  }
}
