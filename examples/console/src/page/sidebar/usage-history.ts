import type { AgentSession, AgentStore } from '@agent-session/core'

/** What a session had used at one moment. */
export interface UsagePoint {
  /** Epoch ms. */
  readonly at: number
  readonly costUsd: number
  /** In and out. */
  readonly tokens: number
}

/** Reports closer together than this are one point. */
const stepMs = 1_000
const mostPoints = 240

/** How the usage of each session rose since this page was opened. In bounded memory. */
export class UsageHistory {
  readonly #store: AgentStore
  readonly #now: () => number
  readonly #points = new Map<string, readonly UsagePoint[]>()

  constructor(store: AgentStore, now: () => number = Date.now) {
    this.#store = store
    this.#now = now
  }

  /** Takes note of what happens from now on; gives what ends that. */
  watch(): () => void {
    return this.#store.on('change', ({ sessionId, changes }) => {
      if (changes.some(({ type }) => type === 'removed')) this.#points.delete(sessionId)
      else if (changes.some((change) => change.type === 'opened' || (change.type === 'session-updated' && ('costUsd' in change.patch || 'inputTokens' in change.patch || 'outputTokens' in change.patch)))) {
        const session = this.#store.findSession(sessionId)
        if (session !== undefined) this.#note(session)
      }
    })
  }

  /** Oldest first, and how it stands now at the end. */
  of(session: Pick<AgentSession, 'sessionId' | 'costUsd' | 'inputTokens' | 'outputTokens'>): readonly UsagePoint[] {
    return [...(this.#points.get(session.sessionId) ?? []), this.#pointOf(session)]
  }

  #note(session: AgentSession): void {
    const known = this.#points.get(session.sessionId) ?? []
    const point = this.#pointOf(session)
    const last = known.at(-1)
    const near = last !== undefined && known.length > 1 && point.at - last.at < stepMs
    const points = [...(near ? known.slice(0, -1) : known), near ? { ...point, at: last.at } : point]
    // Every other of the older ones goes: the shape of the line stays.
    this.#points.set(session.sessionId, points.length <= mostPoints ? points : points.filter((_, index) => index % 2 === 0 || index === points.length - 1))
  }

  #pointOf({ costUsd, inputTokens, outputTokens }: Pick<AgentSession, 'costUsd' | 'inputTokens' | 'outputTokens'>): UsagePoint {
    return { at: this.#now(), costUsd, tokens: inputTokens + outputTokens }
  }
}

/** The points as a path in a box of that size, in the units of an SVG; a step up shows when it came. `''` for fewer than two. */
export function usagePath(points: readonly UsagePoint[], width: number, height: number): string {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || points.length < 2) return ''
  const span = Math.max(1, last.at - first.at)
  const rise = Math.max(1, last.tokens - first.tokens)
  const round = (value: number): number => Math.round(value * 10) / 10
  return points
    .map(({ at, tokens }, index) => {
      const [x, y] = [round(((at - first.at) / span) * width), round(height - ((tokens - first.tokens) / rise) * height)]
      return index === 0 ? `M${x} ${y}` : `H${x}V${y}`
    })
    .join('')
}
