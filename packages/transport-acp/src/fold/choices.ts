import type { Choice } from '@agent-session/core'
import { field, listField, textField } from '@agent-session/core/transport'

/** Named values, which may be in groups. What has no id cannot be chosen. */
export function choicesOf(list: readonly unknown[], idField: string): Choice[] {
  const values = list.flatMap((value) => (Array.isArray(field(value, 'options')) ? listField(value, 'options') : [value]))
  return values.flatMap((item): Choice[] => {
    const id = textField(item, idField)
    if (id === undefined) return []
    const description = textField(item, 'description')
    return [{ id, label: textField(item, 'name') ?? id, ...(description !== undefined && { description }) }]
  })
}
