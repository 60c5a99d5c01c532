import { amountField, field, textField } from '@agent-session/core/transport'

/** What one request used, as far as a back end says. What is absent is not known. */
export interface ReportedUsage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** Of the input, those that came from the provider's cache. */
  readonly cachedInputTokens?: number
  /** USD. */
  readonly costUsd?: number
  /** The model that answered. */
  readonly model?: string
  /** Tokens in the model's context now. */
  readonly contextUsed?: number
  /** Tokens that fit. */
  readonly contextSize?: number
}

/**
 * The usage in a message's metadata, where a back end puts the SDK's own `totalUsage` or `usage` there, and `model` or
 * `modelId` beside it; `undefined` where there is none of them.
 */
export function reportedUsage(metadata: unknown): ReportedUsage | undefined {
  const usage = field(metadata, 'totalUsage') ?? field(metadata, 'usage')
  const inputTokens = amountField(usage, 'inputTokens')
  const outputTokens = amountField(usage, 'outputTokens')
  const cachedInputTokens = amountField(field(usage, 'inputTokenDetails'), 'cacheReadTokens') ?? amountField(usage, 'cachedInputTokens')
  const model = textField(metadata, 'model') ?? textField(metadata, 'modelId')
  const found: ReportedUsage = {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedInputTokens !== undefined && { cachedInputTokens }),
    ...(model !== undefined && { model }),
  }
  return Object.keys(found).length > 0 ? found : undefined
}

const amounts = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'costUsd', 'contextUsed', 'contextSize'] as const

/** The amounts of a usage that are amounts: it comes from a function of the host's, and may have been read from anywhere. */
export function amountsOf(usage: ReportedUsage): Partial<Record<(typeof amounts)[number], number>> {
  const found: Partial<Record<(typeof amounts)[number], number>> = {}
  for (const name of amounts) {
    const amount = amountField(usage, name)
    if (amount !== undefined) found[name] = amount
  }
  return found
}
