import { AgentSessionError, errorText } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { SettingsSource } from '../ports/settings-source.ts'
import { field, textField } from '../raw-content.ts'
import type { StartOptions } from '../session/start-options.ts'
import { within } from '../timers/deadline.ts'

export interface StartDefaultsOptions {
  readonly settings?: SettingsSource | undefined
  readonly clock: Clock
  readonly timeoutMs: number
  readonly onWarning: (warning: AgentSessionError) => void
}

/** B8: what a start takes from the settings where its caller says nothing. Settings that fail are passed over with a warning. */
export async function startDefaults(provider: string, options: StartDefaultsOptions): Promise<StartOptions> {
  const settings = await readSettings(options)
  const model = settings.provider_settings === undefined ? undefined : defaultModel(provider, settings.provider_settings, options)
  return {
    ...(settings.permission_mode && { permissionMode: settings.permission_mode }),
    ...(settings.system_prompt_template && { systemPrompt: settings.system_prompt_template }),
    ...(settings.default_cwd && { cwd: settings.default_cwd }),
    ...(model && { model }),
  }
}

interface StartSettings {
  readonly permission_mode?: string | undefined
  readonly system_prompt_template?: string | undefined
  readonly default_cwd?: string | undefined
  readonly provider_settings?: string | undefined
}

async function readSettings({ settings, clock, timeoutMs, onWarning }: StartDefaultsOptions): Promise<StartSettings> {
  if (settings === undefined) return {}
  try {
    const answer = await within(clock, timeoutMs, settings.getAll())
    if (!answer.timely) {
      onWarning(new AgentSessionError('settings-failed', `The settings did not answer within ${timeoutMs} ms; the session starts without them.`))
      return {}
    }
    const all: unknown = answer.value
    const invalid = (what: string): void =>
      onWarning(new AgentSessionError('settings-invalid', `${what}; it is passed over.`, { detail: all }))
    if (typeof all !== 'object' || all === null || Array.isArray(all)) {
      invalid('The settings are no object')
      return {}
    }
    const text = (name: string): string | undefined => {
      if (field(all, name) !== undefined && textField(all, name) === undefined) invalid(`The setting ${name} is not text`)
      return textField(all, name)
    }
    return {
      permission_mode: text('permission_mode'),
      system_prompt_template: text('system_prompt_template'),
      default_cwd: text('default_cwd'),
      provider_settings: text('provider_settings'),
    }
  } catch (cause) {
    onWarning(new AgentSessionError('settings-failed', `The settings could not be read; the session starts without them: ${errorText(cause)}`, { cause }))
    return {}
  }
}

function defaultModel(provider: string, json: string, { onWarning }: StartDefaultsOptions): string | undefined {
  const invalid = (why: string, cause?: unknown): undefined => {
    onWarning(new AgentSessionError('settings-invalid', `The setting provider_settings is passed over: ${why}.`, { cause, detail: json }))
    return undefined
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch (cause) {
    return invalid('it is not JSON', cause)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return invalid('it is not an object')
  const own = field(parsed, provider)
  if (own === undefined) return undefined
  if (typeof own !== 'object' || own === null || Array.isArray(own)) return invalid(`its "${provider}" is not an object`)
  const model = field(own, 'defaultModel')
  if (model === undefined || typeof model === 'string') return model
  return invalid(`the defaultModel of "${provider}" is not text`)
}
