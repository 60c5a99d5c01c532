import type { AvailableCommand, Choice } from '@agent-session/core'
import { listField, textField } from '@agent-session/core/transport'

/** The program's permission modes; it has no call that lists them. `bypassPermissions` is there only where the host allows it. */
export const permissionModes: readonly Choice[] = [
  { id: 'default', label: 'Ask', description: 'Asks before anything that could do harm' },
  { id: 'acceptEdits', label: 'Accept edits', description: 'Edits files in the folder without asking' },
  { id: 'plan', label: 'Plan', description: 'Looks and plans, changes nothing' },
  { id: 'dontAsk', label: 'Do not ask', description: 'What would be asked is denied' },
  { id: 'auto', label: 'Auto', description: 'A classifier decides, and asks when it cannot' },
]

export const bypassMode: Choice = { id: 'bypassPermissions', label: 'Bypass', description: 'Asks for nothing' }

/** Of an initialisation's answer. */
export function readModels(answer: unknown): Choice[] {
  return listField(answer, 'models').flatMap((model): Choice[] => {
    const id = textField(model, 'value')
    if (id === undefined) return []
    const description = textField(model, 'description')
    return [{ id, label: textField(model, 'displayName') ?? id, ...(description !== undefined && { description }) }]
  })
}

/** Of an initialisation's answer, or of `commands_changed`. */
export function readCommands(answer: unknown): AvailableCommand[] {
  return listField(answer, 'commands').flatMap((command): AvailableCommand[] => {
    const name = textField(command, 'name')
    if (name === undefined) return []
    const description = textField(command, 'description')
    const hint = textField(command, 'argumentHint')
    return [{ name, ...(description !== undefined && { description }), ...(hint !== undefined && hint !== '' && { hint }) }]
  })
}

/** Of an `init`: names alone, but for those that only a terminal can show. */
export function readCommandNames(init: unknown): AvailableCommand[] {
  const terminal = new Set(listField(init, 'terminal_slash_commands'))
  return listField(init, 'slash_commands').flatMap((name) => (typeof name === 'string' && !terminal.has(name) ? [{ name }] : []))
}
