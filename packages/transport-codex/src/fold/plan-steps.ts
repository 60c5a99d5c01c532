import type { PlanEntry } from '@agent-session/core'
import { listField, textField } from '@agent-session/core/transport'

const states: Readonly<Record<string, PlanEntry['status']>> = { pending: 'pending', inProgress: 'in_progress', completed: 'completed' }

/** The plan of `turn/plan/updated`. A state that is not known has not been reached. */
export function readPlan(params: unknown): PlanEntry[] {
  return listField(params, 'plan').flatMap((entry): PlanEntry[] => {
    const content = textField(entry, 'step')
    const told = textField(entry, 'status') ?? ''
    return content === undefined ? [] : [{ content, status: (Object.hasOwn(states, told) ? states[told] : undefined) ?? 'pending' }]
  })
}
