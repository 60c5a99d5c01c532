/** Sums of what a session has used. Tokens are counted by the agent. */
export interface Usage {
  /** USD. */
  readonly costUsd: number
  /** Tokens that went into the model, as the provider counts them. */
  readonly inputTokens: number
  /** Tokens that came out of it. */
  readonly outputTokens: number
  /** Tokens of the input that came from the provider's cache. */
  readonly cachedInputTokens: number
}

export const noUsage: Usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

export const usageOf = ({ costUsd, inputTokens, outputTokens, cachedInputTokens }: Usage): Usage => ({
  costUsd,
  inputTokens,
  outputTokens,
  cachedInputTokens,
})
