// What has to be seen at once is, in a window that has little room: nothing of it is covered, and the page itself never scrolls.

import type { Locator } from 'playwright'
import { expect, test, vi } from 'vitest'
import { patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

/** Whether it can be seen and clicked in its middle, where it is: nothing is scrolled for it. */
function isAtHand(place: Locator): Promise<boolean> {
  return place.evaluate((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect()
    if (left < 0 || right > innerWidth || top < 0 || bottom > innerHeight) return false
    const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    return there !== null && element.contains(there)
  })
}

test.each([
  { width: 360, height: 640 },
  { width: 390, height: 844 },
  { width: 480, height: 320 },
  { width: 768, height: 1024 },
  // 200 % of 1280 × 720.
  { width: 640, height: 360 },
])('in $width × $height the prompt and the answers of a question are at hand, whatever stands above them', async (size) => {
  const page = await browser.open(await startHost(await temporaryFolder(), { paceMs: 5 }).url())
  await page.page.setViewportSize(size)
  const scrolls = (): Promise<[number, number]> => page.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight])
  await page.comesTo('Ready')
  expect([await isAtHand(page.prompt), await scrolls()]).toEqual([true, [size.width, size.height]])
  await page.page.getByRole('button', { name: 'Agents on this machine' }).click()
  await page.page.getByRole('radio').first().waitFor()
  await expect.poll(() => isAtHand(page.page.getByRole('button', { name: 'Close' })), patience).toBe(true)
  expect([await isAtHand(page.prompt), await scrolls()]).toEqual([true, [size.width, size.height]])
  await page.page.keyboard.press('Escape')

  await page.sayAndWait('plan')
  await page.say('write notes/a-name-that-is-long-for-a-window-as-small.md: hello')
  await page.permission.waitFor()
  for (const text of ['read one', 'read two', 'read three']) await page.say(text)
  await expect.poll(() => page.page.getByRole('list', { name: 'Queue' }).getByRole('listitem').count(), patience).toBe(3)
  const atHand = [page.prompt, page.stop, ...(await page.permission.getByRole('button').all())]
  // A note goes by itself.
  await expect.poll(() => Promise.all(atHand.map(isAtHand)), patience).toEqual([true, true, true, true, true])
  expect(await scrolls()).toEqual([size.width, size.height])
  // The conversation keeps some room.
  expect(await page.log.evaluate((log) => log.clientHeight)).toBeGreaterThan(24)
})
