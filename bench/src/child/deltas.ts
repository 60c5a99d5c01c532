import { heldMessages } from '../../subjects/held-message.ts'
import { loadSubject } from './load-subject.ts'
import type { Measured, Measurement } from './measurement.ts'
import { steadyCost } from './steady-cost.ts'

const heldCharacters = 80
const warmHeld = 100
const most = 400

/** µs a delta with so many messages held, and notices a delta. */
export async function measureDeltas(ask: Extract<Measurement, { kind: 'deltas' }>): Promise<Measured> {
  const subject = await loadSubject(ask.subject)
  const { eventsPerNotice, budgetMs } = ask
  const cost: Record<string, number> = {}
  // All sizes are to meet code that is as warm: the first would else pay for the others.
  const warm = await subject.open(heldMessages(warmHeld, heldCharacters), { eventsPerNotice })
  await steadyCost((count) => warm.deltas(count), { budgetMs: budgetMs * 2, least: warm.together ?? 1, most })
  for (const held of ask.held) {
    const feed = await subject.open(heldMessages(held, heldCharacters), { eventsPerNotice })
    await feed.deltas(1)
    const before = feed.seen.notices
    let told = 0
    cost[held] = await steadyCost(
      async (count) => {
        told += count
        await feed.deltas(count)
      },
      { budgetMs, least: feed.together ?? 1, most },
    )
    cost[`notices-${held}`] = (feed.seen.notices - before) / told
    if (feed.seen.count <= held) throw new Error(`${ask.subject} lost what it held: ${feed.seen.count} of ${held}`)
  }
  return cost
}
