import * as core from '@agent-session/core'
import { describe, expect, test } from 'vitest'
import { keptStories } from './kept-stories.ts'
import { plantedBugs } from './planted-bugs.ts'
import { withPlanted } from './plant.ts'
import { failureOf, runSeed, tellFailure } from './run-seed.ts'

const steps = 200

describe('the simulation', () => {
  test.each(keptStories())('$name holds: $found', async ({ story }) => {
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
