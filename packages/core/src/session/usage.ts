/** Sums of what a session has used. Tokens are counted by the agent. */
export interface Usage {
  /** USD. */
  readonly costUsd: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
}

export const noUsage: Usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

export const usageOf = ({ costUsd, inputTokens, outputTokens, cachedInputTokens }: Usage): Usage => ({
  costUsd,
  inputTokens,
  outputTokens,
  cachedInputTokens,
})
