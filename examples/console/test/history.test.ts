// A long conversation and a history of sessions, found by a host that starts on them.

import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { patience, useBrowser, type ConsolePage } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { rememberLong } from './long-session.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

/** The numbers of the messages that are on the page, and whether they can be seen. */
async function numbersOn({ log }: ConsolePage): Promise<{ readonly made: number[]; readonly seen: number[] }> {
  return log.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    const made: number[] = []
    const seen: number[] = []
    for (const row of element.querySelectorAll('.row')) {
      const number = Number(/number (\d+) of/.exec(row.textContent)?.[1])
      const box = row.getBoundingClientRect()
      made.push(number)
      if (box.bottom > top && box.top < bottom) seen.push(number)
    }
    return { made, seen }
  })
}

test('of a long conversation the end is there at once, and all of it can be read by the keyboard, without a hole', { timeout: 60_000 }, async () => {
  const data = await temporaryFolder()
  const count = 400
  await remember(data, [{ id: 'long', title: 'A long one', messages: count, at: Date.now() }])
  const page = await browser.open(await startHost(data).url())
  await page.shows(`number ${count} of long`)
  await page.comesTo('Done')
  // It begins at its end, with no more made than is looked at.
  const fromEnd = (): Promise<number> => page.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight)
  await expect.poll(fromEnd, patience).toBeLessThan(2)
  expect((await numbersOn(page)).made.length).toBeLessThan(100)

  await page.log.focus()
  const read = new Set<number>()
  for (let pages = 0; !read.has(1) && pages < count; pages += 1) {
    const { seen } = await numbersOn(page)
    for (const number of seen) read.add(number)
    await page.page.keyboard.press('PageUp')
    await page.rests()
  }
  expect([...read].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1))

  await page.page.keyboard.press('End')
  await expect.poll(async () => (await numbersOn(page)).seen.at(-1), patience).toBe(count)
  await page.page.keyboard.press('Home')
  await expect.poll(async () => (await numbersOn(page)).seen[0], patience).toBe(1)
  // Of what was passed nothing stays on the page.
  expect((await numbersOn(page)).made.length).toBeLessThan(100)
  await page.page.getByRole('button', { name: 'Latest' }).click()
  await expect.poll(async () => (await numbersOn(page)).seen.at(-1), patience).toBe(count)
  await expect.poll(fromEnd, patience).toBeLessThan(2)

  // A composer that grows takes nothing of the end away.
  await page.prompt.fill('a line\n'.repeat(12))
  await expect.poll(async () => (await numbersOn(page)).seen.at(-1), patience).toBe(count)
  await expect.poll(fromEnd, patience).toBeLessThan(2)
  expect(page.complaints).toEqual([])
})

test('a message that was found opens where it stands, in whatever part of a session of 20,000', { timeout: 60_000 }, async () => {
  const data = await temporaryFolder()
  await rememberLong(data, { id: 'older', messages: 504, at: Date.now() - 60_000 })
  await rememberLong(data, { id: 'vast', messages: 20_000, at: Date.now() })
  const page = await browser.open(await startHost(data).url())
  await page.shows('Message 20000')
  const search = page.page.getByRole('searchbox', { name: 'Search all sessions' })
  for (const number of [9, 10_001, 4_993, 19_001]) {
    await search.fill(`message ${number}:`)
    const hit = page.page.getByRole('list', { name: 'Found messages' }).getByRole('link').filter({ hasText: `Message ${number}:` })
    await hit.first().click()
    const row = page.log.locator('.row:focus')
    await expect.poll(() => row.innerText().catch(() => ''), patience).toMatch(new RegExp(`Message ${number}\\b`))
    const [box, view] = [await row.boundingBox(), await page.log.boundingBox()]
    if (box === null || view === null) throw new Error('Both are on the page.')
    expect(box.y + box.height).toBeGreaterThan(view.y)
    expect(box.y).toBeLessThan(view.y + view.height)
  }

  // In this conversation alone, from the newest to the oldest; the focus stays in the field.
  await page.page.keyboard.press('Control+f')
  const field = page.page.getByRole('searchbox', { name: 'Find in this conversation' })
  const found = page.page.getByRole('status', { name: 'Found' })
  await field.pressSequentially('message 1234')
  await expect.poll(() => found.innerText(), patience).toMatch(/^1 of \d+$/)
  const seen = async (): Promise<string> => (await page.log.locator('.row').allInnerTexts()).join('\n')
  await expect.poll(seen, patience).toMatch(/Message 12349\b/)
  await field.press('Shift+Enter')
  await expect.poll(seen, patience).toMatch(/Message 1234\b/)
  await expect.poll(() => found.innerText(), patience).toMatch(/^(\d+) of \1$/)
  expect(await field.evaluate((element) => element === document.activeElement)).toBe(true)
  expect(await axeOf(page.page, 'main')).toEqual([])
  await field.press('Escape')
  await expect.poll(() => field.count(), patience).toBe(0)
  expect(await page.log.evaluate((element) => element === document.activeElement)).toBe(true)

  // What another session is full of may be here as well: that there is none is not said.
  await page.page.evaluate(() => (location.hash = '#/playground/older'))
  await page.shows('Message 504')
  await page.page.keyboard.press('Control+f')
  await field.fill('parser line')
  await expect.poll(() => found.innerText(), patience).toMatch(/^Too common in other sessions/)
  await field.fill('message 11.')
  await expect.poll(() => found.innerText(), patience).toBe('1 of 1')
  expect(page.complaints).toEqual([])
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
