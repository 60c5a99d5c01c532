import { AgentSessionError } from '../errors.ts'

/** How many sessions of a project stay, and for how long. */
export interface RetentionPolicy {
  /** The newest so many stay. 1 to 50. */
  readonly count: number
  /** None older than so many days. 1 to 365. */
  readonly days: number
}

/** What holds where neither options nor settings say otherwise. */
export const defaultRetention: RetentionPolicy = { count: 5, days: 30 }

const bounds = { count: [1, 50], days: [1, 365] } as const

/** B22: values outside the bounds are clamped. Throws `invalid-argument` for what is no number. */
export function resolveRetention(given: Partial<RetentionPolicy>, base: RetentionPolicy = defaultRetention): RetentionPolicy {
  return { count: resolve('count', given.count, base), days: resolve('days', given.days, base) }
}

function resolve(name: keyof RetentionPolicy, value: number | undefined, base: RetentionPolicy): number {
  if (value === undefined) return base[name]
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new AgentSessionError('invalid-argument', `The retention's ${name} must be a number, not ${String(value)}.`)
  }
  const [lowest, highest] = bounds[name]
  return Math.min(highest, Math.max(lowest, Math.floor(value)))
}

/** B22, T21: a setting; what is no number, `0` and what is empty (which reads as `0`) are passed over for the default. */
export function retentionSetting(name: keyof RetentionPolicy, text: string | undefined): number | undefined {
  const value = Number(text)
  return Number.isFinite(value) && value !== 0 ? resolve(name, value, defaultRetention) : undefined
}
