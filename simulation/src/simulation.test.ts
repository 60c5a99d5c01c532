import * as core from '@agent-session/core'
import { describe, expect, test } from 'vitest'
import { keptStories } from './kept-stories.ts'
import { plantedBugs } from './planted-bugs.ts'
import { withPlanted } from './plant.ts'
import { failureOf, runSeed, tellFailure } from './run-seed.ts'

const steps = 200

/** Kept stories whose bug is known and not mended yet: one that holds is to be taken out of here. */
const unmended: ReadonlySet<string> = new Set([
  'seed-15769',
  'seed-25776',
  'seed-27670',
  'seed-27803',
  'seed-37931',
  'seed-127858',
  'seed-134430',
  'seed-144668',
  'seed-153223',
  'seed-179678',
  // Mended once, but for a message that still streams: its next delta begins anew, or says that its beginning is missing.
  'seed-410',
])

describe('the simulation', () => {
  const kept = keptStories()

  test.each(kept.filter(({ name }) => !unmended.has(name)))('$name holds: $found', async ({ story }) => {
    expect(await failureOf(core, story)).toBeUndefined()
  })

  test.fails.each(kept.filter(({ name }) => unmended.has(name)))('$name is not mended yet: $found', async ({ story }) => {
    expect(await failureOf(core, story)).toBeUndefined()
  })

  test('every promise holds for 1,000 seeds of 200 steps', { timeout: 600_000 }, async () => {
    for (let seed = 1; seed <= 1_000; seed += 1) {
      const failure = await runSeed(core, seed, steps)
      if (failure !== undefined) expect.fail(await tellFailure(core, failure))
    }
  })

  test.each(plantedBugs)('finds within 1,000 seeds that $name', { timeout: 600_000 }, async (bug) => {
    const found = await withPlanted(bug, async (planted) => {
      for (let seed = 1; seed <= 1_000; seed += 1) if (await runSeed(planted, seed, steps)) return seed
      return undefined
    })
    expect(found).toBeDefined()
  })
})
