// A long conversation and a history of sessions, found by a host that starts on them.

import { expect, test, vi } from 'vitest'
import { patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

test('of a long conversation the end is there at once, and the rest by pages, without a jump', async () => {
  const data = await temporaryFolder()
  const count = 450
  await remember(data, [{ id: 'long', title: 'A long one', messages: count, at: Date.now() }])
  const page = await browser.open(await startHost(data).url())
  await page.shows(`number ${count} of long`)
  await page.comesTo('Done')
  const older = page.page.getByRole('button', { name: 'Show older messages' })
  const first = async (): Promise<number> => Number(/number (\d+) of long/.exec(await page.text())?.[1])
  const shownFirst = await first()
  expect(shownFirst).toBeGreaterThan(200)
  // It begins at its end.
  await expect.poll(() => page.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight), patience).toBeLessThan(2)

  const anchor = page.log.getByText(`This is number ${shownFirst} of long.`)
  // Near its beginning more comes by itself, and what is in view stays there.
  await anchor.scrollIntoViewIfNeeded()
  await expect.poll(first, patience).toBeLessThan(shownFirst)
  const box = await anchor.boundingBox()
  const view = await page.log.boundingBox()
  if (box === null || view === null) throw new Error('Both are on the page.')
  expect(box.y).toBeGreaterThan(view.y - 1)
  expect(box.y).toBeLessThan(view.y + 200)

  // The button asks for more too. It goes when there is no more, which may be while it is being clicked.
  await vi.waitFor(async () => {
    if ((await older.count()) > 0) await older.click({ timeout: 1_000 }).catch(() => {})
    if ((await first()) !== 1) throw new Error('There is more.')
  }, patience)
  expect(await older.count()).toBe(0)
  const numbers = [...(await page.text()).matchAll(/number (\d+) of long/g)].map(([, number]) => Number(number))
  expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1))
})

test('the sessions of a project are listed, newest first, each by its title or its first prompt, and can be opened and gone on with', async () => {
  const data = await temporaryFolder()
  const now = Date.now()
  await remember(
    data,
    Array.from({ length: 40 }, (_, index) => ({ id: `session-${index}`, ...(index !== 39 && { title: `Title ${index}` }), messages: 2, at: now - (40 - index) * 60_000 })),
  )
  const page = await browser.open(await startHost(data).url())
  await page.shows('number 2 of session-39')
  const links = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem')
  await expect.poll(async () => (await links.allInnerTexts()).slice(0, 2), patience).toEqual([
    expect.stringContaining('This is number 1 of session-39.'),
    expect.stringContaining('Title 38'),
  ])
  expect(await links.count()).toBe(30)
  await page.page.getByRole('button', { name: 'Show more' }).click()
  await expect.poll(() => links.count(), patience).toBe(40)

  await links.filter({ hasText: 'Title 7' }).getByRole('link').click()
  await page.shows('number 2 of session-7')
  expect(await page.text()).not.toContain('session-39')
  await page.sayAndWait('read README.md')
  await page.shows('A sandbox to play in')
  // The one that was gone on with is the newest.
  await expect.poll(() => links.first().getByRole('link').getAttribute('href'), patience).toBe('#/playground/session-7')

  // The address names it: a reload shows the same one.
  await page.page.reload()
  await page.shows('number 2 of session-7')
})
