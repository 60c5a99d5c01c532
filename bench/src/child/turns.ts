import { heldMessages } from '../../subjects/held-message.ts'
import { loadSubject } from './load-subject.ts'
import type { Measured, Measurement } from './measurement.ts'
import { steadyCost } from './steady-cost.ts'

const heldCharacters = 80
const turnsAtOnce = 10
const batches = 30

/** µs a whole message with so many held: a turn is ten times a tool call, its result and a text, one by one. */
export async function measureTurns(ask: Extract<Measurement, { kind: 'turns' }>): Promise<Measured> {
  const subject = await loadSubject(ask.subject)
  const { budgetMs } = ask
  const cost: Record<string, number> = {}
  const warm = await subject.open(heldMessages(100, heldCharacters), { eventsPerNotice: 1 })
  await steadyCost(() => warm.turns(turnsAtOnce), { budgetMs: budgetMs * 2, least: 1, most: 1 })
  for (const held of ask.held) {
    const feed = await subject.open(heldMessages(held, heldCharacters), { eventsPerNotice: 1 })
    // What is told stays, so the batches are few: the count that is held is to be about the one that is named.
    const perBatch = await steadyCost(() => feed.turns(turnsAtOnce), { budgetMs, least: 1, most: 1, batches })
    cost[held] = perBatch / (turnsAtOnce * 3)
    cost[`count-${held}`] = feed.seen.count
  }
  return cost
}
