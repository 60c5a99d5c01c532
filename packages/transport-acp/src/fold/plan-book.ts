import type { PlanEntry } from '@agent-session/core'
import { field, textField } from '@agent-session/core/transport'
import { readPlan } from './plan-entries.ts'

/** A plan without an id, of agents that have one at most. No id is empty. */
const theOne = ''

/**
 * The plans of a session by their ids. An agent may hold several and tell each alone: what is shown is all of them,
 * one after the other in the order they came up.
 */
export class PlanBook {
  readonly #plans = new Map<string, readonly PlanEntry[]>()

  /** All entries as they are now. */
  get entries(): PlanEntry[] {
    return [...this.#plans.values()].flat()
  }

  /** A `plan` update: the whole plan. False where it is none. */
  takePlan(update: unknown): boolean {
    if (!Array.isArray(field(update, 'entries'))) return false
    this.#plans.set(theOne, readPlan(update))
    return true
  }

  /** A `plan_update`: the whole of one plan, as entries, as Markdown or as a file. False where it is none of them. */
  takeUpdate(update: unknown): boolean {
    const plan = field(update, 'plan')
    const planId = textField(plan, 'planId')
    const entries = entriesOf(plan)
    if (planId === undefined || planId === '' || entries === undefined) return false
    this.#plans.set(planId, entries)
    return true
  }

  /** A `plan_removed`. False where there is no such plan. */
  remove(update: unknown): boolean {
    return this.#plans.delete(textField(update, 'planId') ?? theOne)
  }
}

function entriesOf(plan: unknown): readonly PlanEntry[] | undefined {
  switch (field(plan, 'type')) {
    case 'items':
      return Array.isArray(field(plan, 'entries')) ? readPlan(plan) : undefined
    case 'markdown': {
      const content = textField(plan, 'content')
      return content === undefined ? undefined : markdownEntries(content)
    }
    case 'file': {
      const uri = textField(plan, 'uri')
      return uri === undefined ? undefined : [{ content: uri, status: 'pending' }]
    }
    default:
      return undefined
  }
}

/** A check list where the text is one, else the whole text as one entry. */
function markdownEntries(content: string): PlanEntry[] {
  const items = [...content.matchAll(/^\s*(?:[-*+]|\d+[.)])\s+\[([ xX])\]\s+(.+)$/gm)]
  if (items.length === 0) return content.trim() === '' ? [] : [{ content: content.trim(), status: 'pending' }]
  return items.map(([, mark = ' ', words = '']) => ({ content: words.trim(), status: mark === ' ' ? 'pending' : 'completed' }))
}
