import type { CostEvent } from '@agent-session/core'
import { isAmount } from '../kinds-of-value.ts'

interface Sums {
  readonly costUsd: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** What a session has used in all, as the wire tells it: reports of a turn are added, those of a run count from its begin (T16). */
export class CostTotal {
  #total: Sums
  #beforeRun: Sums

  constructor({ costUsd, inputTokens, outputTokens }: Sums) {
    this.#total = { costUsd, inputTokens, outputTokens }
    this.#beforeRun = this.#total
  }

  runBegins(): void {
    this.#beforeRun = this.#total
  }

  /** The sums after this report. */
  take({ scope = 'session', ...report }: CostEvent): Sums {
    const base = scope === 'run' ? this.#beforeRun : scope === 'turn' ? this.#total : { costUsd: 0, inputTokens: 0, outputTokens: 0 }
    const sum = (name: keyof Sums): number => {
      const reported = report[name]
      return isAmount(reported) ? base[name] + reported : this.#total[name]
    }
    this.#total = { costUsd: sum('costUsd'), inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens') }
    return this.#total
  }
}
