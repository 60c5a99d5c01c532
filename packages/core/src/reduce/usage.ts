import type { Usage } from '../session/session-record.ts'

export const noUsage: Usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

export const usageOf = ({ costUsd, inputTokens, outputTokens, cachedInputTokens }: Usage): Usage => ({
  costUsd,
  inputTokens,
  outputTokens,
  cachedInputTokens,
})
