import type { PlanEntry } from '@agent-session/core'
import { listField, textField } from '@agent-session/core/transport'

const states = ['pending', 'in_progress', 'completed'] as const

export function readPlan(update: unknown): PlanEntry[] {
  return listField(update, 'entries').flatMap((entry): PlanEntry[] => {
    const content = textField(entry, 'content')
    if (content === undefined) return []
    const told = textField(entry, 'status')
    const priority = textField(entry, 'priority')
    // A state that is not known has not been reached.
    return [{ content, status: states.find((state) => state === told) ?? 'pending', ...(priority !== undefined && { priority }) }]
  })
}
