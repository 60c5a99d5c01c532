import type { AgentSetting, Choice } from '@agent-session/core'
import { field, listField, textField } from '@agent-session/core/transport'

/** The id of the one thing that can be set beside the mode and the model. */
export const effortSetting = 'reasoning-effort'

interface CatalogueModel extends Choice {
  readonly efforts: readonly Choice[]
  readonly defaultEffort: string | undefined
}

/** The models that Codex offers, and how hard each can think. */
export class ModelCatalogue {
  #models: readonly CatalogueModel[] = []

  /** The answer to `model/list`. */
  take(result: unknown): void {
    this.#models = listField(result, 'data').flatMap((model): CatalogueModel[] => {
      const id = textField(model, 'model') ?? textField(model, 'id')
      if (id === undefined || field(model, 'hidden') === true) return []
      const efforts = listField(model, 'supportedReasoningEfforts').flatMap((effort): Choice[] => {
        const effortId = textField(effort, 'reasoningEffort')
        return effortId === undefined ? [] : [{ id: effortId, label: effortId, ...described(effort) }]
      })
      return [{ id, label: textField(model, 'displayName') ?? id, ...described(model), efforts, defaultEffort: textField(model, 'defaultReasoningEffort') }]
    })
  }

  get choices(): readonly Choice[] {
    return this.#models.map(({ id, label, description }) => ({ id, label, ...(description !== undefined && { description }) }))
  }

  /** What can be set of a model; `effort`: as it is set, absent where the model decides. */
  settings(model: string | undefined, effort: string | undefined): readonly AgentSetting[] {
    const { efforts = [], defaultEffort } = this.#models.find(({ id }) => id === model) ?? {}
    const value = effort ?? defaultEffort
    return efforts.length === 0 || value === undefined ? [] : [{ id: effortSetting, label: 'Reasoning effort', value, choices: efforts }]
  }
}

function described(value: unknown): { description?: string } {
  const description = textField(value, 'description')
  return description === undefined ? {} : { description }
}
