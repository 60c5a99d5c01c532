import { editChange } from './edit-change.ts'
import { revealText } from '../text/clean-text.ts'

export interface ToolArgument {
  /** Absent for the one thing that a call is about. */
  readonly name?: string
  readonly text: string
}

/** The arguments of a tool call, each for itself: nothing is left out, nothing hides. What they change is shown as a diff. */
export function toolArguments(input: unknown): readonly ToolArgument[] {
  if (input === undefined || input === null) return []
  if (typeof input !== 'object' || Array.isArray(input)) return [{ text: shown(input) }]
  const change = editChange(input)
  const others = Object.entries(input).filter(([name]) => change?.told.has(name) !== true)
  return [...others.map(([name, value]) => ({ name: revealText(name), text: shown(value) })), ...(change === undefined ? [] : [{ name: 'change', text: revealText(change.text) }])]
}

/** Of the JSON that a message keeps. */
export function parsedArguments(json: string | undefined): readonly ToolArgument[] {
  if (json === undefined) return []
  try {
    return toolArguments(JSON.parse(json))
  } catch {
    return [{ text: revealText(json) }]
  }
}

const shown = (value: unknown): string => revealText(typeof value === 'string' ? value : (JSON.stringify(value, undefined, 2) ?? String(value)))

/** The one argument that tells most of a call, where the library names none. */
export function mainArgument(args: readonly ToolArgument[]): string | undefined {
  const telling = ['command', 'cmd', 'query', 'pattern', 'text', 'url', 'title', 'description']
  const found = telling.map((name) => args.find((argument) => argument.name === name)).find((argument) => argument !== undefined)
  return (found ?? (args.length === 1 ? args[0] : undefined))?.text
}
