// What a person does who has just typed `npm start`, on a real host, a real agent program and a real browser.

import { expect, test, vi } from 'vitest'
import { STORY } from '../../example-agent/src/carry-out/story.ts'
import { flat, focused, patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()
const story = flat(STORY)

/** How much of the story a conversation shows; fails where it is not the story, or has anything twice. */
function storyIn(text: string): string {
  const start = text.indexOf(story.slice(0, 20))
  if (start === -1) return ''
  const told = text.slice(start)
  // Compared as far as both go: what follows the story is the end of the turn.
  const shown = told.slice(0, story.length)
  expect(story.startsWith(shown)).toBe(true)
  expect(told.indexOf(story.slice(0, 20), 1)).toBe(-1)
  return shown
}

test('reads a file, and runs a command when it is allowed and only then', async () => {
  const host = startHost(await temporaryFolder())
  const page = await browser.open(await host.url())
  expect(new URL(page.page.url()).hash).not.toContain('token')

  await page.sayAndWait('read README.md')
  await page.shows('A sandbox to play in')
  await page.shows(/README\.md has \d+ lines/)

  await page.say('run ls')
  await expect.poll(() => page.permission.innerText(), patience).toContain('ls')
  await page.comesTo(/waits for your answer/)
  expect(await page.permission.getByRole('button').allInnerTexts()).toEqual(['Allow', 'Always', 'Reject'])
  await page.answer('Reject')
  await page.shows(/rejected/)
  await page.shows(/I did not run it/)
  await page.comesTo('Done')
  expect(await page.permission.count()).toBe(0)
  expect(await page.text()).not.toContain('todo.txt data')

  await page.say('run echo $((6 * 7)) answers')
  await page.permission.waitFor()
  // The question outlives the window that showed it.
  await page.page.reload()
  await page.answer('Allow')
  await page.shows('42 answers')
  await page.comesTo('Done')
  expect(page.complaints).toEqual([])
})

test('reloads in the middle of a story: the text is there at once, goes on, nothing twice and nothing missing; a second window shows the same', async () => {
  const host = startHost(await temporaryFolder(), { paceMs: 40 })
  const url = await host.url()
  const page = await browser.open(url)
  await page.say('story')
  await expect.poll(async () => storyIn(await page.text()).length, patience).toBeGreaterThan(200)
  const other = await browser.open(url)

  const before = storyIn(await page.text())
  await page.page.reload()
  // The first conversation that shows anything shows all that was there.
  const first = await page.page.waitForFunction(() => {
    const log = document.querySelector('[role=log]')
    return log instanceof HTMLElement && log.innerText.length > 0 ? log.innerText : undefined
  })
  const atOnce = storyIn(flat(String(await first.jsonValue())))
  expect(atOnce.length).toBeGreaterThanOrEqual(before.length)
  expect(atOnce.length).toBeLessThan(story.length)
  await page.comesTo('Running')

  await page.comesTo('Done')
  await other.comesTo('Done')
  for (const { text } of [{ text: await page.text() }, { text: await other.text() }]) expect(storyIn(text)).toBe(story)
  expect(await other.text()).toBe(await page.text())

  // What one window asks, the other shows too.
  await other.sayAndWait('read notes/todo.txt')
  await page.shows('water the tomatoes')
  expect([...page.complaints, ...other.complaints]).toEqual([])
})

test('a new session leaves the one that runs alone, and both can be opened', async () => {
  const host = startHost(await temporaryFolder(), { paceMs: 5 })
  const page = await browser.open(await host.url())
  await page.say('hang')
  await page.shows('until you stop me')
  await page.newSession.click()
  await expect.poll(() => page.text(), patience).toBe('')
  await focused(page.prompt)

  await page.sayAndWait('read README.md')
  expect(await page.text()).not.toContain('until you stop me')

  const sessions = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('link')
  await expect.poll(() => sessions.allInnerTexts(), patience).toEqual([
    expect.stringContaining('playground'),
    expect.stringMatching(/read README\.md[\s\S]*Done/),
    expect.stringMatching(/hang[\s\S]*Running/),
  ])
  await sessions.filter({ hasText: 'hang' }).click()
  await page.shows('until you stop me')
  await page.comesTo('Running')
  await page.stop.click()
  await page.comesTo('Stopped')
})

test('a prompt while the agent works waits, and can be withdrawn', async () => {
  const host = startHost(await temporaryFolder(), { paceMs: 5 })
  const page = await browser.open(await host.url())
  await page.say('hang')
  await page.shows('until you stop me')
  await page.say('read README.md')
  const queue = page.page.getByRole('list', { name: 'Queue' })
  await expect.poll(() => queue.innerText(), patience).toContain('read README.md')
  await queue.getByRole('button', { name: 'Withdraw' }).click()
  await expect.poll(() => queue.count(), patience).toBe(0)
  expect(await page.text()).not.toContain('read README.md')
})

test('keyboard: Enter sends, Shift+Enter makes a line, Escape stops, Alt+N begins anew, ArrowUp recalls', async () => {
  const host = startHost(await temporaryFolder())
  const page = await browser.open(await host.url())
  await page.prompt.focus()
  await page.page.keyboard.type('hang')
  await page.page.keyboard.press('Shift+Enter')
  expect(await page.prompt.inputValue()).toBe('hang\n')
  // Not before it is known whether there is a session to go on with.
  await expect.poll(() => page.send.isEnabled(), patience).toBe(true)
  await page.page.keyboard.press('Enter')
  await page.shows('until you stop me')
  expect(await page.prompt.inputValue()).toBe('')
  await page.page.keyboard.press('Escape')
  await page.comesTo('Stopped')
  await page.page.keyboard.press('ArrowUp')
  expect(await page.prompt.inputValue()).toBe('hang')
  await page.page.keyboard.press('Alt+KeyN')
  await expect.poll(() => page.text(), patience).toBe('')
})

test('works in a window of 320 pixels: nothing is cut off, and the sessions are behind a button', async () => {
  const host = startHost(await temporaryFolder())
  const page = await browser.open(await host.url())
  await page.page.setViewportSize({ width: 320, height: 560 })
  await page.say('run ls')
  await page.answer('Allow')
  await page.comesTo('Done')
  expect(await page.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
  const link = page.page.getByRole('link', { name: /run ls/ })
  expect(await link.count()).toBe(0)
  await page.page.getByRole('button', { name: 'Projects and history' }).click()
  await link.click()
  await expect.poll(() => link.count(), patience).toBe(0)
  await page.newSession.click()
  await expect.poll(() => page.text(), patience).toBe('')
})
