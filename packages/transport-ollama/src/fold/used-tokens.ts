import { amountField, type EventBody } from '@agent-session/core/transport'

const nanosecondsPerMs = 1_000_000

/** What the replies of a run used. Each reply tells of itself alone, so a run is their sum. */
export class UsedTokens {
  #inputTokens = 0
  #outputTokens = 0

  enterRun(): void {
    this.#inputTokens = 0
    this.#outputTokens = 0
  }

  /** The last chunk of a reply, which has its counts. A prompt that the server had in its cache may have none. */
  add(chunk: unknown): EventBody[] {
    const input = amountField(chunk, 'prompt_eval_count')
    const output = amountField(chunk, 'eval_count')
    if (input === undefined && output === undefined) return []
    this.#inputTokens += input ?? 0
    this.#outputTokens += output ?? 0
    return [
      {
        type: 'cost',
        scope: 'run',
        inputTokens: this.#inputTokens,
        outputTokens: this.#outputTokens,
        ...(input !== undefined && { contextUsed: input + (output ?? 0) }),
      },
    ]
  }
}

/** How long a reply took, in ms. What the server left out is absent. */
export interface ReplyDurations {
  readonly totalMs?: number
  readonly loadMs?: number
  readonly promptMs?: number
  readonly answerMs?: number
  readonly tokensPerSecond?: number
}

export function durationsOf(chunk: unknown): ReplyDurations {
  const totalMs = inMs(chunk, 'total_duration')
  const loadMs = inMs(chunk, 'load_duration')
  const promptMs = inMs(chunk, 'prompt_eval_duration')
  const answerMs = inMs(chunk, 'eval_duration')
  const tokens = amountField(chunk, 'eval_count')
  return {
    ...(totalMs !== undefined && { totalMs }),
    ...(loadMs !== undefined && { loadMs }),
    ...(promptMs !== undefined && { promptMs }),
    ...(answerMs !== undefined && { answerMs }),
    ...(answerMs !== undefined && answerMs > 0 && tokens !== undefined && { tokensPerSecond: (tokens / answerMs) * 1_000 }),
  }
}

function inMs(chunk: unknown, name: string): number | undefined {
  const found = amountField(chunk, name)
  return found === undefined ? undefined : found / nanosecondsPerMs
}
