import { amountField, type EventBody, field } from '@agent-session/core/transport'

interface Tokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
}

const none: Tokens = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

/**
 * What a session has used. Codex tells sums of its thread, over all of its turns. Where the thread is a new one in the
 * place of one that was lost, its sums are of less than the session: then each run is told by itself.
 */
export class SessionUsage {
  #isPart = false
  #sum = none
  #before = none

  beginRun(): void {
    this.#before = this.#sum
  }

  /** A thread begins that knows nothing of what was used before. */
  restart(): void {
    this.#isPart = true
    this.#sum = none
    this.#before = none
  }

  /** `thread/tokenUsage/updated` of the app-server. */
  tokenUsage(usage: unknown): EventBody[] {
    const total = field(usage, 'total')
    const inputTokens = amountField(total, 'inputTokens')
    const outputTokens = amountField(total, 'outputTokens')
    if (inputTokens === undefined || outputTokens === undefined) return []
    const contextUsed = amountField(field(usage, 'last'), 'totalTokens')
    const contextSize = amountField(usage, 'modelContextWindow')
    return this.#report({ inputTokens, outputTokens, cachedInputTokens: amountField(total, 'cachedInputTokens') ?? 0 }, {
      ...(contextUsed !== undefined && { contextUsed }),
      ...(contextSize !== undefined && { contextSize }),
    })
  }

  /** `usage` of `turn.completed` of `codex exec`. */
  turnUsage(usage: unknown): EventBody[] {
    const inputTokens = amountField(usage, 'input_tokens')
    const outputTokens = amountField(usage, 'output_tokens')
    if (inputTokens === undefined || outputTokens === undefined) return []
    return this.#report({ inputTokens, outputTokens, cachedInputTokens: amountField(usage, 'cached_input_tokens') ?? 0 }, {})
  }

  #report(sum: Tokens, context: { readonly contextUsed?: number; readonly contextSize?: number }): EventBody[] {
    this.#sum = sum
    if (!this.#isPart) return [{ type: 'cost', scope: 'session', ...sum, ...context }]
    const since = (name: keyof Tokens): number => Math.max(0, sum[name] - this.#before[name])
    return [{ type: 'cost', scope: 'run', inputTokens: since('inputTokens'), outputTokens: since('outputTokens'), cachedInputTokens: since('cachedInputTokens'), ...context }]
  }
}
