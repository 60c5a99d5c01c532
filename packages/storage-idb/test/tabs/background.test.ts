import { expect, onTestFinished, test } from 'vitest'
import { buildTab, Chromium, makeProfile, type TabPage } from './chromium.ts'
import { quietTime } from '../../../../test/quiet-time.ts'

const writer = (tab: TabPage): Promise<string> => tab.do(({ store }) => store.writer.state)

test('F15 a reader that has been in the background for long, where a timer set by a timer comes once a minute, takes over from a frozen writer within 10 s', async () => {
  const profile = makeProfile()
  // After a second instead of five minutes.
  const browser = await Chromium.launch(profile.path, await buildTab(), ['--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1'])
  onTestFinished(async () => {
    await browser.close()
    profile.remove()
  })
  const first = await browser.open('background')
  await first.do((it) => it.talkAndFlush('p1'))
  await expect.poll(() => first.acknowledged, { timeout: 30_000 }).toBeGreaterThan(100)
  const reader = await browser.open('background')
  await reader.do(async ({ store }) => void (await store.restore('p1')))
  expect(await writer(reader)).toBe('reading')
  const anotherApp = await browser.open('another')
  // Six questions and answers: more than the timers that may follow each other before that rule holds.
  await reader.do(() => new Promise<void>((resolve) => {
    let answers = 0
    new BroadcastChannel('agent-session:background').addEventListener('message', ({ data }) => {
      if (data === 'pong' && (answers += 1) === 6) resolve()
    })
  }))
  const taken = quietTime()
  await first.freeze()
  await expect.poll(() => writer(reader), { timeout: 30_000 }).toBe('writing')
  expect(taken()).toBeLessThan(10_000)
  expect(await reader.do(() => document.visibilityState)).toBe('hidden')
  expect([...reader.problems, ...anotherApp.problems]).toEqual([])
}, 120_000)
