import type { AvailableCommand, Choice } from '@agent-session/core'
import { field, fieldsOf, listField, textField } from '@agent-session/core/transport'
import { choicesOf } from './choices.ts'

/** A setting that is a choice among named values. */
export interface Selection {
  readonly current: string | undefined
  readonly choices: readonly Choice[]
  /** The config option that it is set by; absent where it has a method of its own. */
  readonly configId?: string
}

/** The settings of a session that have a place of their own with us. */
export interface SessionSettings {
  readonly mode?: Selection
  readonly model?: Selection
}

/** Reads them from any result or update that carries them; what is not in it is absent. */
export function readSettings(source: unknown): SessionSettings {
  const mode = readModes(field(source, 'modes'))
  const model = readModels(field(source, 'models'))
  const options = listField(source, 'configOptions')
  // Config options are the newer way, and say it finer where an agent has both. A mode keeps its own method.
  const modeOption = mode === undefined ? readOption(options, 'mode') : undefined
  const modelOption = readOption(options, 'model')
  const found = { mode: mode ?? modeOption, model: modelOption ?? model }
  return { ...(found.mode && { mode: found.mode }), ...(found.model && { model: found.model }) }
}

/** The current mode as a config option tells it: it changes there too where the agent has both ways. */
export function readModeOption(source: unknown): string | undefined {
  return readOption(listField(source, 'configOptions'), 'mode')?.current
}

function readModes(modes: unknown): Selection | undefined {
  if (fieldsOf(modes) === undefined) return undefined
  return { current: textField(modes, 'currentModeId'), choices: choicesOf(listField(modes, 'availableModes'), 'id') }
}

function readModels(models: unknown): Selection | undefined {
  if (fieldsOf(models) === undefined) return undefined
  return { current: textField(models, 'currentModelId'), choices: choicesOf(listField(models, 'availableModels'), 'modelId') }
}

function readOption(options: readonly unknown[], category: string): Selection | undefined {
  const option = options.find((option) => textField(option, 'category') === category && Array.isArray(field(option, 'options')))
  // The second version of the protocol names it otherwise.
  const configId = textField(option, 'id') ?? textField(option, 'configId')
  if (configId === undefined) return undefined
  return { current: textField(option, 'currentValue'), choices: choicesOf(listField(option, 'options'), 'value'), configId }
}

export function readCommands(update: unknown): AvailableCommand[] {
  return listField(update, 'availableCommands').flatMap((item): AvailableCommand[] => {
    const name = textField(item, 'name')
    if (name === undefined) return []
    const description = textField(item, 'description')
    const hint = textField(field(item, 'input'), 'hint')
    return [{ name, ...(description !== undefined && { description }), ...(hint !== undefined && { hint }) }]
  })
}
