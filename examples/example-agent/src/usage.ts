import type { Cost, Usage } from '@agentclientprotocol/sdk/unstable'

/**
 * The price is made up, the counting is not: a word that was truly sent, as text or as thought, costs this much.
 * A divisor and not a factor, so that 300 words cost 0.03 and not 0.030000000000000002.
 */
export const WORDS_PER_USD = 10_000

/** The size of the context that the agent says it has, in words. It has no model, so nothing ends there. */
export const CONTEXT_SIZE = 100_000

/** Words of a whole session. A word counts as a token. */
export interface WordCount {
  heard: number
  said: number
}

export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0
}

export function costOf(words: WordCount): Cost {
  return { amount: words.said / WORDS_PER_USD, currency: 'USD' }
}

/** What one turn used: the difference of two counts. */
export function usageBetween(before: WordCount, after: WordCount): Usage {
  const inputTokens = after.heard - before.heard
  const outputTokens = after.said - before.said
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
}
