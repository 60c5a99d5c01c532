import { availableParallelism } from 'node:os'

/** Runs `work` on each item, as many at a time as there are processors. */
export async function inParallel(items, work) {
  const left = [...items]
  const results = []
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) results.push(await work(item))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
  return results
}
