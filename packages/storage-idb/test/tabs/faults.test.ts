import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { buildTab, Chromium, makeProfile, origin, type TabPage } from './chromium.ts'
import { quietTime } from '../../../../test/quiet-time.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
const patience = { timeout: 30_000, interval: 25 }

let browser: Chromium
const profile = makeProfile()
beforeAll(async () => void (browser = await Chromium.launch(profile.path, await buildTab())))
afterAll(async () => {
  await browser.close()
  profile.remove()
})

async function open(name: string, from = origin): Promise<TabPage> {
  const tab = await browser.open(name, { from })
  onTestFinished(async () => void (await tab.close().catch(() => {})))
  return tab
}

test('F5 F9 Chromium closes the database and evicts it while a store saves: that is said, and all that comes then is saved', async () => {
  const tab = await open('evicted')
  await tab.do((it) => it.talkAndFlush('p1'))
  await expect.poll(() => tab.acknowledged, patience).toBeGreaterThan(100)
  await tab.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  const before = tab.last('shown')
  await expect.poll(() => tab.problems.join(), patience).toMatch(/the browser has removed everything/)
  await expect.poll(() => tab.acknowledged, patience).toBeGreaterThan(before + 100)
  await tab.do((it) => it.hush())
  await expect.poll(() => tab.do(({ store }) => store.getSession('p1')?.saved), patience).toBe('saved')
  const words = await tab.do((it) => it.storedWords('p1'))
  const [first = 0] = words
  expect(words).toEqual(words.map((_, index) => first + index))
  expect(first).toBeLessThanOrEqual(before + 1)
  expect(words.at(-1)).toBe(tab.last('shown'))
})

test('F8 where Chromium forbids it (an opaque origin), a store works in memory, and says that it cannot save', async () => {
  const tab = await open('forbidden', 'data:text/html,<title>A tab</title>')
  await tab.do((it) => it.talk('p1'))
  await expect.poll(() => tab.last('shown'), patience).toBeGreaterThan(100)
  await expect.poll(() => tab.do(({ store }) => store.getSession('p1')?.saved), patience).toBe('failing')
  expect(tab.problems.join()).toMatch(/IndexedDB "forbidden".*private window/)
  await tab.do((it) => it.hush())
  // It ends all the same.
  await tab.do(({ store }) => store.dispose().catch(() => {}))
})

test('F14 without TLS, where there are no Web Locks: a second tab reads while the first one answers, and takes over within 10 s when it is gone', async () => {
  const from = 'http://tabs.test'
  const first = await open('no-locks', from)
  expect(await first.do(() => 'locks' in navigator)).toBe(false)
  await first.do((it) => it.talkAndFlush('p1'))
  await expect.poll(() => first.acknowledged, patience).toBeGreaterThan(100)
  const second = await open('no-locks', from)
  await second.do(async ({ store }) => void (await store.restore('p1')))
  await first.show()
  const { acknowledged } = first
  await expect.poll(() => first.acknowledged, patience).toBeGreaterThan(acknowledged + 500)
  expect(await second.do(({ store }) => store.writer.state)).toBe('reading')
  await expect.poll(() => second.do((it) => it.shownWord('p1')), patience).toBeGreaterThan(acknowledged)
  const taken = quietTime()
  await first.close()
  await expect.poll(() => second.do(({ store }) => store.writer.state), patience).toBe('writing')
  expect(taken()).toBeLessThan(10_000)
  const words = await second.do((it) => it.storedWords('p1'))
  expect(words).toEqual(words.map((_, index) => index + 1))
  expect(words.length).toBeGreaterThanOrEqual(first.acknowledged)
  expect([...first.problems, ...second.problems]).toEqual([])
})
