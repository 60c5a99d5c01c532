import type { Choice } from '@agent-session/core'
import { field, listField, textField } from '@agent-session/core/transport'
import type { Ollama } from 'ollama/browser'

/** A model of the server's, and what it can do. */
export interface OllamaModel {
  readonly name: string
  /** Servers older than 0.6.4 do not say what a model can do: then it is taken to do everything but think and see. */
  readonly usesTools: boolean
  readonly thinks: boolean
  readonly seesImages: boolean
}

/** Rejects where the server has no such model. */
export async function lookUpModel(client: Ollama, name: string): Promise<OllamaModel> {
  const shown: unknown = await client.show({ model: name })
  const told = listField(shown, 'capabilities')
  return {
    name,
    usesTools: told.length === 0 || told.includes('tools'),
    thinks: told.includes('thinking'),
    seesImages: told.includes('vision'),
  }
}

/** What there is to choose from, the one that was changed last first. */
export async function listModels(client: Ollama): Promise<Choice[]> {
  const listed: unknown = await client.list()
  return listField(listed, 'models').flatMap((item): Choice[] => {
    const id = textField(item, 'model') ?? textField(item, 'name')
    if (id === undefined) return []
    const details = [textField(detailsOf(item), 'parameter_size'), textField(detailsOf(item), 'quantization_level')].filter((text) => text !== undefined && text !== '')
    return [{ id, label: textField(item, 'name') ?? id, ...(details.length > 0 && { description: details.join(', ') }) }]
  })
}

const detailsOf = (item: unknown): unknown => field(item, 'details')
