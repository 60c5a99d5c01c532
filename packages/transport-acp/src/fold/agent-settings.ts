import type { AgentSetting } from '@agent-session/core'
import { field, listField, textField } from '@agent-session/core/transport'
import { choicesOf } from './choices.ts'

/** Those that have a place of their own with us. */
const placed = new Set(['mode', 'model'])

/** The config options that are neither the mode nor the model; `undefined` where the source has none to tell. */
export function readAgentSettings(source: unknown): AgentSetting[] | undefined {
  if (!Array.isArray(field(source, 'configOptions'))) return undefined
  return listField(source, 'configOptions').flatMap((option): AgentSetting[] => {
    const id = textField(option, 'id') ?? textField(option, 'configId')
    const value = field(option, 'currentValue')
    if (id === undefined || placed.has(textField(option, 'category') ?? '')) return []
    const choices = choicesOf(listField(option, 'options'), 'value')
    // A choice among nothing cannot be shown; a kind that is not known has no value that is understood.
    if (typeof value !== 'boolean' && (typeof value !== 'string' || choices.length === 0)) return []
    const description = textField(option, 'description')
    return [{ id, label: textField(option, 'name') ?? id, value, choices, ...(description !== undefined && { description }) }]
  })
}
