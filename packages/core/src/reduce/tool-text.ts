import type { Limits } from '../limits.ts'
import type { Truncation } from '../session/session-message.ts'
import { plainData } from '../plain-data.ts'
import { textField } from '../raw-content.ts'

const commandHeadingCharacters = 80

function json(value: unknown, indent?: number): string {
  // `undefined`, a function and the like have no JSON; a BigInt or a cycle throws.
  try {
    return JSON.stringify(value, undefined, indent) ?? ''
  } catch {
    return JSON.stringify(plainData(value), undefined, indent) ?? ''
  }
}

/** What the agents that are known call a shell. */
const shells: ReadonlySet<string> = new Set(['bash', 'shell', 'exec', 'exec_command', 'run_command', 'command_execution', 'execute'])

const isShell = (name: string): boolean => shells.has(name.toLowerCase())

/** B14: what a tool call shows of its arguments. */
export function toolCallText(name: string, input: unknown): { content: string; toolInput?: string } {
  if (input === undefined || input === null) return { content: '' }
  const shown = (isShell(name) ? textField(input, 'command') : undefined) ?? textField(input, 'file_path')
  return { content: shown ?? (typeof input === 'string' ? input : json(input, 2)), toolInput: json(input) }
}

/** B13: the file that a tool call is about; for a shell its command, cut to fit a heading. */
export function toolPath(name: string, input: unknown): string | undefined {
  const file = textField(input, 'file_path') ?? textField(input, 'path')
  if (file !== undefined) return file
  const command = isShell(name) ? textField(input, 'command') : undefined
  if (command === undefined) return undefined
  return command.length > commandHeadingCharacters ? `${command.slice(0, commandHeadingCharacters)}...` : command
}

export function outputText(output: unknown): string {
  if (output === undefined || output === null) return ''
  return typeof output === 'string' ? output : json(output)
}

export interface ClippedOutput {
  readonly content: string
  readonly truncated?: Truncation
}

/** B15: the first lines, with the number of those that were left out; then head and tail by size. */
export function clipOutput(text: string, limits: Limits): ClippedOutput {
  if (text.length < limits.toolOutputLines && text.length <= limits.toolOutputCharacters) return { content: text }
  const lines = countLines(text)
  if (lines <= limits.toolOutputLines && text.length <= limits.toolOutputCharacters) return { content: text }
  let content = text
  if (lines > limits.toolOutputLines) {
    const kept = text.slice(0, lineOffset(text, limits.toolOutputLines))
    content = `${kept}\n... (${lines - limits.toolOutputLines} more lines)`
  }
  const truncated = { characters: text.length, lines }
  return { content: content.length > limits.toolOutputCharacters ? headAndTail(content, text.length, limits) : content, truncated }
}

/**
 * A stream that outgrew its limit: the head stays, and of the tail as much again is let grow before it is cut back, so
 * that a character costs the same however many came before it (F28).
 */
export function clipStream(content: string, characters: number, lines: number, limits: Limits): ClippedOutput | undefined {
  if (content.length <= limits.toolOutputCharacters * 1.5) return undefined
  return { content: headAndTail(content, characters, limits), truncated: { characters, lines } }
}

/** B15, F28: a streamed output at its end: its lines are counted when it is whole, and one that was cut says how long it became. */
export function clipEnded({ content, truncated }: ClippedOutput, limits: Limits): ClippedOutput {
  // What is left out of the middle holds the words that said how long it was before.
  return truncated === undefined ? clipOutput(content, limits) : { content: headAndTail(content, truncated.characters, limits), truncated }
}

function headAndTail(text: string, characters: number, limits: Limits): string {
  const half = Math.floor(limits.toolOutputCharacters / 2)
  return `${wholeCharactersHead(text, half)}\n... (${characters.toLocaleString('en')} characters in all, the middle is left out) ...\n${wholeCharactersTail(text, half)}`
}

// A cut between the two halves of a surrogate pair would leave a character that no encoder takes.
const wholeCharactersHead = (text: string, length: number): string =>
  text.slice(0, isHighSurrogate(text, length - 1) ? length - 1 : length)

const wholeCharactersTail = (text: string, length: number): string =>
  text.slice(isHighSurrogate(text, text.length - length - 1) ? text.length - length + 1 : text.length - length)

function isHighSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xd800 && unit <= 0xdbff
}

export function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}

function lineOffset(text: string, line: number): number {
  let at = -1
  for (let count = 0; count < line; count += 1) at = text.indexOf('\n', at + 1)
  return at
}
