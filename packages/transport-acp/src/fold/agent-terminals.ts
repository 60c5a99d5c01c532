import { field, textField } from '@agent-session/core/transport'
import { BoundedText } from './bounded-text.ts'

interface Terminal {
  readonly decoder: TextDecoder
  readonly text: BoundedText
}

/** What a terminal has printed since it was last told. */
export interface Printed {
  readonly terminalId: string
  readonly text: string
}

/** More terminals than a session has use for. */
const mostTerminals = 1_000

/**
 * What terminals print that a tool call shows: those that the agent runs by itself and tells of in bytes (the second
 * version of the protocol), and those that the host ran for it, whose output is in the host's own answers.
 */
export class AgentTerminals {
  readonly #terminals = new Map<string, Terminal>()

  /** A `terminal_output_chunk`: bytes in base64, at the end of what was printed. `undefined` where it is none. */
  append(update: unknown): Printed | undefined {
    const terminalId = textField(update, 'terminalId')
    const bytes = bytesOf(textField(update, 'data'))
    const terminal = terminalId === undefined ? undefined : this.#terminal(terminalId)
    if (terminalId === undefined || bytes === undefined || terminal === undefined) return undefined
    // A character may be split between two chunks.
    const text = terminal.decoder.decode(bytes, { stream: true })
    terminal.text.append(text)
    return { terminalId, text }
  }

  /** A `terminal_update`, with all that was printed or nothing of it. `undefined` where it is none. */
  update(update: unknown): Printed | undefined {
    const terminalId = textField(update, 'terminalId')
    if (terminalId === undefined) return undefined
    const bytes = bytesOf(textField(field(update, 'output'), 'data'))
    return bytes === undefined ? { terminalId, text: '' } : this.whole(terminalId, new TextDecoder().decode(bytes))
  }

  /** All that was printed, as text. What does not go on from what was told before is told at the call's end. */
  whole(terminalId: string, output: string): Printed | undefined {
    const terminal = this.#terminal(terminalId)
    if (terminal === undefined) return undefined
    const before = terminal.text.toString()
    if (!output.startsWith(before)) return { terminalId, text: '' }
    const text = output.slice(before.length)
    terminal.text.append(text)
    return { terminalId, text }
  }

  /** What it has printed so far, as far as it is kept. */
  outputOf(terminalId: string): string {
    return this.#terminals.get(terminalId)?.text.toString() ?? ''
  }

  #terminal(terminalId: string): Terminal | undefined {
    const known = this.#terminals.get(terminalId)
    if (known !== undefined || this.#terminals.size >= mostTerminals) return known
    const made = { decoder: new TextDecoder(), text: new BoundedText() }
    this.#terminals.set(terminalId, made)
    return made
  }
}

function bytesOf(data: string | undefined): Uint8Array | undefined {
  if (data === undefined) return undefined
  try {
    return Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
  } catch {
    // It is no base64: whoever asked reports it.
    return undefined
  }
}
