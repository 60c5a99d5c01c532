import { AgentSessionError, errorText, type SettingsSource } from '@agent-session/core'
import { field, isFields } from '@agent-session/core/transport'
import type { PageLine } from '../page-line.ts'
import { plainCopy } from '../plain-copy.ts'

/** The settings that a host keeps. Numbers and switches come as their text; what else is no text is left out and told. */
export function rpcSettings(line: PageLine, onProblem: (problem: AgentSessionError) => void): SettingsSource {
  return {
    async getAll() {
      const reply = await line.ask('settings.getAll', {}).catch((cause: unknown) => {
        throw new AgentSessionError('settings-failed', `The host failed on settings.getAll: ${errorText(cause)}`, { cause })
      })
      const settings = plainCopy(field(reply, 'settings'))
      if (!isFields(settings)) {
        throw new AgentSessionError('settings-failed', 'The host answered settings.getAll with what are no settings.', { detail: plainCopy(reply) })
      }
      const texts: Record<string, string> = {}
      for (const [name, value] of Object.entries(settings)) {
        if (typeof value === 'string') texts[name] = value
        else if (typeof value === 'number' || typeof value === 'boolean') texts[name] = String(value)
        else if (value !== null) onProblem(new AgentSessionError('settings-invalid', `The setting ${name} is no text; it is passed over.`, { detail: value }))
      }
      return texts
    },
  }
}
