import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { buildTab, Chromium, makeProfile, origin } from './chromium.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
const patience = { timeout: 20_000, interval: 25 }

let browser: Chromium
const profile = makeProfile()
beforeAll(async () => void (browser = await Chromium.launch(profile.path, await buildTab())))
afterAll(async () => {
  await browser.close()
  profile.remove()
})

test('F4 the quota is used up: saving fails and says so, memory is whole, and all of it is saved when there is room', async () => {
  const tab = await browser.open('quota')
  // From the beginning: Chromium looks once in 30 s how much there is.
  await tab.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  await tab.do((it) => it.talkAndFlush('p1'))
  const saved = () => tab.do(({ store }) => store.getSession('p1')?.saved)
  await expect.poll(saved, patience).toBe('failing')
  await expect.poll(() => tab.problems.join(), patience).toMatch(/IndexedDB "quota": \w.*make room/)
  await tab.send('Storage.overrideQuotaForOrigin', { origin })
  await tab.do((it) => it.hush())
  await expect.poll(saved, patience).toBe('saved')
  const words = await tab.do((it) => it.storedWords('p1'))
  expect(words).toEqual(words.map((_, index) => index + 1))
  expect(words.length).toBe(tab.last('shown'))
})
