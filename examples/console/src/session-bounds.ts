import * as v from 'valibot'

// What a person allows sessions. The page and its host both read it here.

const whole = (least: number, most: number, words: string) => v.pipe(v.number(words), v.integer(words), v.minValue(least, words), v.maxValue(most, words))
const between = (least: number, most: number, words: string) => v.pipe(v.number(words), v.minValue(least, words), v.maxValue(most, words))

/** Of one session; a use that is absent has no bound. */
const sessionBounds = v.strictObject({
  /** As the agent reports it. */
  costUsd: v.exactOptional(between(0.01, 10_000, 'The cost of a session is 0.01 to 10,000 USD, or empty for as much as it likes.')),
  /** Input and output together. */
  tokens: v.exactOptional(whole(1_000, 1_000_000_000, 'The tokens of a session are a whole number from 1,000 to 1,000,000,000, or empty for as many as it likes.')),
  /** Prompts that the agent takes up. */
  turns: v.exactOptional(whole(1, 10_000, 'The turns of a session are a whole number from 1 to 10,000, or empty for as many as it likes.')),
  stallMinutes: between(0.5, 1_440, 'A silence counts as a stall after 0.5 to 1,440 minutes.'),
  cleanupMinutes: between(0.1, 1_440, 'A project is free of a session that has ended after 0.1 to 1,440 minutes.'),
  queuedPrompts: whole(1, 1_000, 'Of prompts 1 to 1,000 may wait.'),
  toolOutputLines: whole(10, 100_000, 'Of the output of a tool 10 to 100,000 lines are kept.'),
})

export type SessionBounds = v.InferOutput<typeof sessionBounds>

/** The library's own, and no bound on use. */
export const defaultBounds: SessionBounds = { stallMinutes: 15, cleanupMinutes: 1, queuedPrompts: 32, toolOutputLines: 500 }

/** Throws a `ValiError` for what is none. */
export const parseBounds = (value: unknown): SessionBounds => v.parse(sessionBounds, value)

/** The bounds, or what is wrong with them: for people, by the field. */
export function checkBounds(value: unknown): { readonly bounds: SessionBounds } | { readonly problems: ReadonlyMap<string, string> } {
  const parsed = v.safeParse(sessionBounds, value)
  if (parsed.success) return { bounds: parsed.output }
  return { problems: new Map(parsed.issues.toReversed().map((issue) => [v.getDotPath(issue) ?? '', issue.message])) }
}
