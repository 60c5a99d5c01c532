import { expect, test } from 'vitest'
import { buildTab, makeProfile } from './chromium.ts'
import { crashBrowser } from './crash-run.ts'

const times = 3

test(`F1 F2 the browser is killed -9 while it saves, ${times} times: the database opens, is whole, holds all that was acknowledged, and lacks at most the last saveDelayMs and the commit in flight`, async () => {
  const profile = makeProfile()
  try {
    const crashes = await crashBrowser({ times, profile: profile.path, script: await buildTab(), random: Math.random })
    expect(crashes).toHaveLength(times)
    for (const { acknowledged } of crashes) expect(acknowledged).toBeGreaterThan(0)
  } finally {
    profile.remove()
  }
}, 300_000)
