import { amountField, type EventBody, field, textField } from '@agent-session/core/transport'

/**
 * What a session uses. ACP tells it in two places: `usage_update` has the context and the cost of the whole session so
 * far, the answer to a prompt has the tokens of that turn. Each is an event in its own scope.
 */
export class CostMeter {
  /** The agent began anew in the middle: its sum counts from there, not from the session's beginning. */
  #restarted = false
  #amount = 0
  #amountBeforeRun = 0

  beginRun(): void {
    this.#amountBeforeRun = this.#amount
  }

  restart(): void {
    this.#restarted = true
    this.#amount = 0
    this.#amountBeforeRun = 0
  }

  usageUpdate(update: unknown): EventBody[] {
    const contextUsed = amountField(update, 'used')
    const contextSize = amountField(update, 'size')
    const model = textField(field(update, '_meta'), '_claude/model')
    const cost = field(update, 'cost')
    const amount = textField(cost, 'currency')?.toUpperCase() === 'USD' ? amountField(cost, 'amount') : undefined
    if (amount !== undefined) this.#amount = amount
    const costUsd = this.#restarted && amount !== undefined ? Math.max(0, amount - this.#amountBeforeRun) : amount
    return [
      {
        type: 'cost',
        scope: this.#restarted ? 'run' : 'session',
        ...(costUsd !== undefined && { costUsd }),
        ...(contextUsed !== undefined && { contextUsed }),
        ...(contextSize !== undefined && { contextSize }),
        ...(model !== undefined && { model }),
      },
    ]
  }

  /** The `usage` of a prompt's answer. */
  turnUsage(usage: unknown): EventBody[] {
    const inputTokens = amountField(usage, 'inputTokens')
    const outputTokens = amountField(usage, 'outputTokens')
    if (inputTokens === undefined || outputTokens === undefined) return []
    const cachedInputTokens = amountField(usage, 'cachedReadTokens')
    return [{ type: 'cost', scope: 'run', inputTokens, outputTokens, ...(cachedInputTokens !== undefined && { cachedInputTokens }) }]
  }
}
