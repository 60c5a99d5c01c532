import { AgentSessionError } from '../errors.ts'
import type { Usage } from '../session/usage.ts'

/** What a session may use. A part that is absent has no bound. */
export interface Budget {
  /** USD, as the agent reports it. */
  readonly costUsd?: number
  /** Input and output tokens together. */
  readonly tokens?: number
  /** Runs, from a prompt to its end. */
  readonly turns?: number
  /** The part of a bound at which a warning is given, above 0 and below 1. Default 0.8. */
  readonly warnAt?: number
}

/** Where a session stands to its budget. */
export interface BudgetStanding {
  readonly level: 'within' | 'warned' | 'exceeded'
  /** The bound that is nearest, in words; absent where the budget has none. */
  readonly text?: string
}

const defaultWarnAt = 0.8

/** Pure. A turn counts when it begins, so the last one that is allowed may still be finished. */
export function budgetStanding(budget: Budget | undefined, usage: Usage, turns: number): BudgetStanding {
  if (budget === undefined) return { level: 'within' }
  const parts = [
    { used: usage.costUsd, bound: budget.costUsd, text: (bound: number) => `${usage.costUsd.toFixed(2)} of ${bound} USD` },
    { used: usage.inputTokens + usage.outputTokens, bound: budget.tokens, text: (bound: number) => `${usage.inputTokens + usage.outputTokens} of ${bound} tokens` },
    { used: turns, bound: budget.turns, text: (bound: number) => `${turns} of ${bound} turns`, whole: true },
  ]
  let nearest = 0
  let exceeded = false
  let text: string | undefined
  for (const { used, bound, text: say, whole } of parts) {
    if (bound === undefined) continue
    const share = used / bound
    exceeded ||= whole ? used > bound : used >= bound
    if (share > nearest || text === undefined) text = say(bound)
    nearest = Math.max(nearest, share)
  }
  const level = exceeded ? 'exceeded' : nearest >= (budget.warnAt ?? defaultWarnAt) ? 'warned' : 'within'
  return { level, ...(text !== undefined && { text }) }
}

const parts: ReadonlySet<string> = new Set<keyof Budget>(['costUsd', 'tokens', 'turns', 'warnAt'])

/** Throws `invalid-argument` for a bound that is none; its caller may not have been type-checked. */
export function checkBudget(budget: unknown): asserts budget is Budget | undefined {
  if (budget === undefined) return
  const wrong = (why: string): never => {
    throw new AgentSessionError('invalid-argument', why)
  }
  if (typeof budget !== 'object' || budget === null || Array.isArray(budget)) return wrong('A budget is an object, such as { costUsd: 5 }.')
  for (const [name, value] of Object.entries(budget)) {
    if (!parts.has(name)) wrong(`A budget has no "${name}"; its parts are ${[...parts].join(', ')}.`)
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0 || (name === 'warnAt' && value >= 1)) {
      wrong(`The budget's ${name} must be a number above 0${name === 'warnAt' ? ' and below 1' : ''}, not ${String(value)}.`)
    }
  }
}
