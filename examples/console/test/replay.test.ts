// A session that is shown again as it happened.

import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { type ConsolePage, patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const browser = useBrowser()

const controls = ({ page }: ConsolePage) => {
  const region = page.getByRole('region', { name: 'Replay' })
  const button = (name: string) => region.getByRole('button', { name, exact: true })
  return {
    region,
    position: region.getByRole('slider', { name: 'Position' }),
    speed: region.getByRole('slider', { name: 'Speed' }),
    skip: region.getByRole('checkbox', { name: 'Skip pauses' }),
    play: button('Play'),
    pause: button('Pause'),
    again: button('Play again'),
    next: button('Next message'),
    previous: button('Previous message'),
    close: button('Close replay'),
  }
}

/** What the page still asks the browser to do for it by and by, while nothing happens. */
const framesWithin = (page: ConsolePage, frames: number): Promise<number> =>
  page.page.evaluate(async (count) => {
    const ask = requestAnimationFrame
    let asked = 0
    Object.assign(globalThis, {
      requestAnimationFrame(run: FrameRequestCallback) {
        asked += 1
        return ask(run)
      },
    })
    for (let frame = 0; frame < count; frame += 1) await new Promise((resolve) => ask(resolve))
    Object.assign(globalThis, { requestAnimationFrame: ask })
    return asked
  }, frames)

test('any session can be replayed from its menu: paused, at another speed, from anywhere by keys, message by message', async () => {
  const data = await temporaryFolder()
  // A quarter of an hour between its messages.
  await remember(data, [{ id: 'long', title: 'The long one', messages: 40, at: Date.now() - 40 * 900_000, everyMs: 900_000 }])
  const page = await browser.open(await startHost(data).url())
  await page.shows('number 40 of long')
  await page.page.getByRole('link', { name: /The long one/ }).hover()
  await page.page.getByRole('button', { name: 'Actions for The long one' }).click()
  await page.page.getByRole('menuitem', { name: 'Replay' }).click()
  const replay = controls(page)
  await replay.region.waitFor()
  expect(new URL(page.page.url()).hash).toBe('#/playground/long/replay')
  // It plays by itself, and begins at its beginning.
  await replay.pause.waitFor()
  expect(await page.text()).not.toContain('number 40 of long')
  await replay.pause.click()
  expect(await replay.play.evaluate((element) => element === document.activeElement)).toBe(true)
  expect(await replay.region.innerText()).toContain('When a question was asked, what it cost and how the plan stood is not kept')
  // No prompt is sent from here, and none is taken up.
  expect([await page.prompt.count(), await page.log.getByRole('button', { name: 'Edit' }).count()]).toEqual([0, 0])

  const words = (): Promise<string | null> => replay.position.getAttribute('aria-valuetext')
  await replay.position.focus()
  await page.page.keyboard.press('Home')
  await expect.poll(words, patience).toMatch(/^0 seconds of \d+ (minutes?|seconds).*, message 1 of 40$/)
  await expect.poll(() => page.text(), patience).toMatch(/number 1 of long\. [\d:]+( [AP]M)?$/)
  await replay.next.click()
  await page.shows('number 2 of long')
  await replay.next.click()
  await page.shows('number 3 of long')
  await replay.previous.click()
  await expect.poll(() => page.text(), patience).not.toContain('number 3 of long')
  await page.shows('number 2 of long')
  await replay.position.focus()
  await page.page.keyboard.press('End')
  await page.shows('number 40 of long')
  await expect.poll(words, patience).toMatch(/message 40 of 40$/)
  await page.comesTo('Replay: Done')
  await page.page.keyboard.press('PageDown')
  await expect.poll(() => page.text(), patience).not.toContain('number 40 of long')
  await page.page.keyboard.press('ArrowRight')

  // With its pauses it is as long as it was: ten hours, which even the highest speed takes a while for.
  await replay.skip.uncheck()
  await expect.poll(words, patience).toContain('of 9 hours 45 minutes')
  await replay.skip.check()
  await expect.poll(words, patience).toContain('of 1 minute')
  await replay.speed.focus()
  await page.page.keyboard.press('End')
  expect(await replay.speed.getAttribute('aria-valuetext')).toBe('64 times as fast')
  expect(await axeOf(page.page, 'main')).toEqual([])
  await replay.play.click()
  await replay.again.waitFor()
  await page.shows('number 40 of long')
  await replay.again.click()
  await replay.again.waitFor()

  // Closed while it plays, it leaves nothing that goes on.
  await replay.speed.focus()
  await page.page.keyboard.press('Home')
  await replay.again.click()
  await replay.pause.waitFor()
  await replay.close.click()
  await page.shows('number 40 of long')
  expect(await page.prompt.evaluate((element) => element === document.activeElement)).toBe(true)
  expect(await framesWithin(page, 1)).toBeLessThan(5)
  expect(await framesWithin(page, 20)).toBe(0)

  // It can be gone on with as before, and nothing of the replay was kept.
  await page.sayAndWait('read README.md')
  expect((await page.text()).match(/number 2 of long/g)).toHaveLength(1)
  expect(page.complaints).toEqual([])
})

test('a replay has an address of its own, and takes five thousand messages', async () => {
  const data = await temporaryFolder()
  await remember(data, [{ id: 'huge', title: 'The huge one', messages: 5_000, at: Date.now() - 5_000_000, everyMs: 1_000 }])
  const url = await startHost(data).url()
  const page = await browser.open(url.replace('#', '?#'))
  await page.shows('number 5000 of huge')
  await page.page.evaluate(() => (location.hash = '#/playground/huge/replay'))
  const replay = controls(page)
  await replay.pause.click()
  await replay.position.focus()
  await page.page.keyboard.press('End')
  await page.shows('number 5000 of huge')
  await expect.poll(() => replay.position.getAttribute('aria-valuetext'), patience).toContain('message 5000 of 5000')
  await replay.previous.click()
  await expect.poll(() => page.text(), patience).not.toContain('number 5000 of huge')
  await page.shows('number 4999 of huge')
  await page.page.reload()
  await replay.pause.waitFor()
  await page.page.goBack()
  await page.shows('number 5000 of huge')
  expect(await replay.region.count()).toBe(0)
  expect(page.complaints).toEqual([])
})
