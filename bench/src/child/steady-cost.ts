import { median } from '../median.ts'

export interface CostOptions {
  /** How long one subject may be measured for, in ms. Measured at least once, however long that takes. */
  readonly budgetMs: number
  /** One batch is a multiple of `least`, and no more than `most`. */
  readonly least: number
  readonly most: number
  /** Batches at most, where what is done changes what is measured. Absent: as many as there is time for. */
  readonly batches?: number
}

/** Long enough for the clock, short enough for many. */
const batchMs = 12

/** µs for one of what `run(count)` does: the median of batches, after batches that warm up and find a size. */
export async function steadyCost(run: (count: number) => Promise<void>, options: CostOptions): Promise<number> {
  const { budgetMs, least, most, batches = Infinity } = options
  let count = least
  const timed = async (): Promise<number> => {
    const before = performance.now()
    await run(count)
    return ((performance.now() - before) * 1_000) / count
  }

  const warmUntil = performance.now() + budgetMs / 3
  let cost = Infinity
  for (let batch = 0; batch < batches / 3; batch += 1) {
    cost = await timed()
    if (cost * count < (batchMs * 1_000) / 2) count = Math.min(most, count * 2)
    if (performance.now() > warmUntil) break
  }
  // What takes longer than the whole budget has said all it can.
  if (cost * count > budgetMs * 1_000) return cost

  const costs: number[] = []
  const until = performance.now() + budgetMs
  do {
    costs.push(await timed())
  } while (performance.now() < until && costs.length < batches)
  return median(costs)
}
