import { describe, expect, test } from 'vitest'
import { databaseFolder } from './test/database-folder.ts'
import { driverNames } from './test/drivers.ts'
import { killAgainAndAgain } from './test/kill-again-and-again.ts'

const { path: newPath } = databaseFolder()

/** `npm run crashes` is the long run. */
const kills = 5

describe.concurrent('F1 F2 a process that streams and is killed (-9) again and again', () => {
  test.each(driverNames)(
    `%s, ${kills} times: the file is whole, has all that was acknowledged, and lacks at most the last saveDelayMs and the commit in flight`,
    { timeout: 180_000 },
    async (driver) => {
      const crashes = await killAgainAndAgain(newPath(), driver, kills)
      expect(crashes).toHaveLength(kills)
      // It was killed while it streamed, and not before.
      expect(crashes.at(-1)?.texts.size).toBeGreaterThan(kills)
    },
  )
})
