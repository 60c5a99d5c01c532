import { AgentSessionError } from '../errors.ts'

/** Throws `invalid-argument` with these words unless it holds: they say what to write, to an app that no compiler has checked. */
export function expectOption(holds: boolean, words: string): void {
  if (!holds) throw new AgentSessionError('invalid-argument', words)
}

/** Throws `invalid-argument` for what is no number of ms above 0. `Infinity` is one: for ever. */
export function expectDurations(durations: Readonly<Record<string, unknown>>): void {
  for (const [name, ms] of Object.entries(durations)) expectOption(typeof ms === 'number' && ms > 0, `\`${name}\` is a number of milliseconds above 0, not ${String(ms)}`)
}
