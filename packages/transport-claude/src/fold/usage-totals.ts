import { amountField, type EventBody, field, fieldsOf } from '@agent-session/core/transport'

interface Totals {
  readonly costUsd: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
}

const none: Totals = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

/**
 * What a session uses. A result has the sums of the whole session so far, over resumes too, and for all models and
 * sub-agents (`total_cost_usd`, `modelUsage`); its `usage` leaves the sub-agents out. Until it comes, the tokens of
 * the run are counted from the API's own messages as they stream by.
 */
export class UsageTotals {
  #last = none
  #beforeRun = none
  /** The agent began anew in the middle: its sums count from there, not from the session's beginning. */
  #restarted = false
  /** The tokens of each message of the API in this run, and their sum. */
  readonly #ofRun = new Map<string, Totals>()
  #runSum = none
  #contextUsed: number | undefined

  beginRun(): void {
    this.#beforeRun = this.#last
    this.#forgetRun()
  }

  restart(): void {
    this.#restarted = true
    this.#last = none
    this.#beforeRun = none
  }

  /** The `usage` of one message of the API, once it is whole. `top`: of the conversation itself, whose context it fills. */
  message(messageId: string, usage: unknown, top: boolean): EventBody[] {
    const inputTokens = amountField(usage, 'input_tokens')
    const outputTokens = amountField(usage, 'output_tokens')
    if (inputTokens === undefined || outputTokens === undefined) return []
    const cachedInputTokens = amountField(usage, 'cache_read_input_tokens') ?? 0
    const told: Totals = { costUsd: 0, inputTokens, outputTokens, cachedInputTokens }
    this.#runSum = added(this.#runSum, told, this.#ofRun.get(messageId) ?? none)
    this.#ofRun.set(messageId, told)
    if (top) this.#contextUsed = inputTokens + outputTokens + cachedInputTokens + (amountField(usage, 'cache_creation_input_tokens') ?? 0)
    return [{ type: 'cost', scope: 'run', ...withoutCost(this.#runSum), ...this.#context }]
  }

  /** Of a message of the conversation itself that is told whole: what went in is known by then, what comes out is not yet. */
  noteContext(usage: unknown): void {
    const inputTokens = amountField(usage, 'input_tokens')
    if (inputTokens === undefined) return
    const cached = (amountField(usage, 'cache_read_input_tokens') ?? 0) + (amountField(usage, 'cache_creation_input_tokens') ?? 0)
    this.#contextUsed = inputTokens + cached
  }

  /** After a compaction. */
  contextIs(used: number | undefined): EventBody[] {
    if (used === undefined) return []
    this.#contextUsed = used
    return [{ type: 'cost', scope: 'session', contextUsed: used }]
  }

  /** Of a result. A program that failed to start tells zeros, which are no sums. */
  result(result: unknown, model: string | undefined): EventBody[] {
    const costUsd = amountField(result, 'total_cost_usd')
    const models = Object.entries(fieldsOf(field(result, 'modelUsage')) ?? {})
    const sum = (name: string): number => models.reduce((total, [, usage]) => total + (amountField(usage, name) ?? 0), 0)
    const told: Totals = {
      costUsd: costUsd ?? this.#last.costUsd,
      inputTokens: sum('inputTokens'),
      outputTokens: sum('outputTokens'),
      cachedInputTokens: sum('cacheReadInputTokens'),
    }
    if (models.length === 0) return this.#withoutModels(result, costUsd)
    this.#last = told
    const [, ofModel] = models.find(([name]) => name === model) ?? models[0] ?? []
    const contextSize = amountField(ofModel, 'contextWindow')
    const counted = this.#restarted ? difference(told, this.#beforeRun) : told
    return [
      {
        type: 'cost',
        scope: this.#restarted ? 'run' : 'session',
        ...(costUsd === undefined ? withoutCost(counted) : counted),
        ...this.#context,
        ...(contextSize !== undefined && contextSize > 0 && { contextSize }),
      },
    ]
  }

  /** Programs before `modelUsage`: the tokens are those of the turn. */
  #withoutModels(result: unknown, costUsd: number | undefined): EventBody[] {
    this.#forgetRun()
    const bodies = this.message('result', field(result, 'usage'), false)
    const isNothing = costUsd === undefined || costUsd === 0 || costUsd < this.#last.costUsd
    if (isNothing) return bodies.filter((body) => body.type === 'cost' && (body.inputTokens ?? 0) + (body.outputTokens ?? 0) > 0)
    this.#last = { ...this.#last, costUsd }
    const counted = this.#restarted ? costUsd - this.#beforeRun.costUsd : costUsd
    return [...bodies, { type: 'cost', scope: this.#restarted ? 'run' : 'session', costUsd: counted }]
  }

  #forgetRun(): void {
    this.#ofRun.clear()
    this.#runSum = none
  }

  get #context(): { contextUsed?: number } {
    return this.#contextUsed === undefined ? {} : { contextUsed: this.#contextUsed }
  }
}

const each = (value: (name: keyof Totals) => number): Totals => ({
  costUsd: value('costUsd'),
  inputTokens: value('inputTokens'),
  outputTokens: value('outputTokens'),
  cachedInputTokens: value('cachedInputTokens'),
})

const difference = (totals: Totals, before: Totals): Totals => each((name) => Math.max(0, totals[name] - before[name]))

/** A sum in which one part takes the place of another. */
const added = (sum: Totals, part: Totals, instead: Totals): Totals => each((name) => sum[name] + part[name] - instead[name])

const withoutCost = ({ inputTokens, outputTokens, cachedInputTokens }: Totals): Omit<Totals, 'costUsd'> => ({ inputTokens, outputTokens, cachedInputTokens })

