import type { EventBody } from '@agent-session/core/transport'
import { amountsOf, type ReportedUsage } from './reported-usage.ts'

const summed = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'costUsd'] as const

type Sums = Partial<Record<(typeof summed)[number], number>>

/** What the requests of a run used. Each tells of itself alone, the newest report wins, and a run is their sum. */
export class RunUsage {
  #before: Sums = {}
  #request: Sums = {}

  enterRun(): void {
    this.#before = {}
    this.#request = {}
  }

  enterRequest(): void {
    this.#before = this.#total()
    this.#request = {}
  }

  /** The same request's answer is told again. */
  enterAgain(): void {
    this.#request = {}
  }

  report(usage: ReportedUsage): EventBody[] {
    const { contextUsed, contextSize, ...news } = amountsOf(usage)
    this.#request = { ...this.#request, ...news }
    const told = { ...this.#total(), ...(contextUsed !== undefined && { contextUsed }), ...(contextSize !== undefined && { contextSize }) }
    return Object.keys(told).length > 0 ? [{ type: 'cost', scope: 'run', ...told }] : []
  }

  #total(): Sums {
    const total: Sums = {}
    for (const name of summed) {
      const [before, now] = [this.#before[name], this.#request[name]]
      if (before !== undefined || now !== undefined) total[name] = (before ?? 0) + (now ?? 0)
    }
    return total
  }
}
