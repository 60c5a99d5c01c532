import type { Budget, LiveLimits, OwnedAgentStore } from '@agent-session/core'
import type { SessionBounds } from '../session-bounds.ts'

const minuteMs = 60_000

/** What of the bounds is the store's. */
export const limitsOf = ({ stallMinutes, cleanupMinutes, queuedPrompts, toolOutputLines }: SessionBounds): Partial<LiveLimits> => ({
  stallMs: stallMinutes * minuteMs,
  cleanupMs: cleanupMinutes * minuteMs,
  queuedPrompts,
  toolOutputLines,
})

/** What of the bounds is each session's; `undefined` where it may use as much as it likes. */
function budgetOf({ costUsd, tokens, turns }: SessionBounds): Budget | undefined {
  const budget: Budget = { ...(costUsd !== undefined && { costUsd }), ...(tokens !== undefined && { tokens }), ...(turns !== undefined && { turns }) }
  return Object.keys(budget).length === 0 ? undefined : budget
}

/** Holds the sessions of a store to the bounds that are set: those that are there at once, others as they are opened. */
export class BoundedSessions {
  readonly #store: OwnedAgentStore
  readonly #log: (line: string) => void
  readonly #opened = new Set<string>()
  #bounds: SessionBounds

  constructor(store: OwnedAgentStore, bounds: SessionBounds, log: (line: string) => void) {
    this.#store = store
    this.#bounds = bounds
    this.#log = log
    store.on('change', ({ sessionId, changes }) => {
      for (const { type } of changes) {
        if (type === 'removed') this.#opened.delete(sessionId)
        if (type !== 'opened') continue
        this.#opened.add(sessionId)
        void this.#hold(sessionId)
      }
    })
  }

  get bounds(): SessionBounds {
    return this.#bounds
  }

  async set(bounds: SessionBounds): Promise<void> {
    this.#bounds = bounds
    const set = this.#store.setLimits(limitsOf(bounds))
    if (!set.ok) throw new Error(set.error)
    await Promise.all([...this.#opened].map((sessionId) => this.#hold(sessionId)))
  }

  async #hold(sessionId: string): Promise<void> {
    const session = this.#store.findSession(sessionId)
    const budget = budgetOf(this.#bounds)
    // It is read from storage again with the bounds of then, and held to these at once.
    if (session === undefined) return void this.#opened.delete(sessionId)
    if (JSON.stringify(session.budget) === JSON.stringify(budget)) return
    const set = await this.#store.setBudget(sessionId, budget)
    if (!set.ok) this.#log(`warning: a session is not held to its limits: ${set.error}`)
  }
}
