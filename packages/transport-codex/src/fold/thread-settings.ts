import type { AgentSetting } from '@agent-session/core'
import { type EventBody, field, textField } from '@agent-session/core/transport'
import { readMode } from './codex-modes.ts'
import { ModelCatalogue } from './model-catalogue.ts'

interface Settings {
  readonly mode?: string | undefined
  readonly model?: string | undefined
  readonly effort?: string | undefined
}

/** How a thread is set: its mode, its model, how hard that thinks, and what there is to choose from. */
export class ThreadSettings {
  readonly #models = new ModelCatalogue()
  #model: string | undefined
  #effort: string | undefined

  /** What can be set beside the mode and the model. */
  get choices(): readonly AgentSetting[] {
    return this.#models.settings(this.#model, this.#effort)
  }

  /** The answer to `model/list`. */
  offered(result: unknown): EventBody[] {
    this.#models.take(result)
    return [{ type: 'session', models: this.#models.choices }, ...this.are({})]
  }

  /** `thread/settings/updated`. */
  updated(settings: unknown): EventBody[] {
    const mode = readMode(field(settings, 'sandboxPolicy'), field(settings, 'approvalPolicy'))
    return this.are({ model: textField(settings, 'model'), mode: mode?.id, effort: textField(settings, 'effort') })
  }

  /** What is not named stays as it is. */
  are({ mode, model, effort }: Settings): EventBody[] {
    this.#model = model ?? this.#model
    this.#effort = effort ?? this.#effort
    const { choices } = this
    const news = { ...(mode !== undefined && { mode }), ...(model !== undefined && { model }), ...(choices.length > 0 && { settings: choices }) }
    return Object.keys(news).length > 0 ? [{ type: 'session', ...news }] : []
  }
}
