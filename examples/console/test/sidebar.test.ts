// What a person does with the sessions of the list: by the mouse, and by the keyboard alone.

import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { type ConsolePage, focused, patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

/** Two sessions, the newer one first. */
async function withTwo(): Promise<{ page: ConsolePage; url: string }> {
  const data = await temporaryFolder()
  const now = Date.now()
  await remember(data, [
    { id: 'pears', title: 'About pears', messages: 4, at: now - 120_000 },
    { id: 'plums', title: 'About plums', messages: 4, at: now - 60_000 },
  ])
  const url = await startHost(data).url()
  return { page: await browser.open(url), url }
}

const projects = ({ page }: ConsolePage) => page.getByRole('navigation', { name: 'Projects' })
const row = (console: ConsolePage, title: string) => projects(console).getByRole('listitem').filter({ hasText: title })
const actions = (console: ConsolePage, title: string) => projects(console).getByRole('button', { name: `Actions for ${title}` })
const action = ({ page }: ConsolePage, name: string) => page.getByRole('menuitem', { name })

test('a session is renamed by F2 and by its menu, Escape leaves it as it was, and another window shows it', async () => {
  const { page, url } = await withTwo()
  const { keyboard } = page.page
  await row(page, 'About pears').getByRole('link').focus()
  await keyboard.press('F2')
  const field = page.page.getByRole('textbox', { name: 'Title of the session' })
  await focused(field)
  expect(await field.inputValue()).toBe('About pears')
  await keyboard.type('Pears and apples')
  await keyboard.press('Enter')
  await row(page, 'Pears and apples').waitFor()
  await focused(row(page, 'Pears and apples').getByRole('link'))

  await actions(page, 'Pears and apples').click()
  await action(page, 'Rename').click()
  await focused(field)
  await keyboard.type('Nothing')
  await keyboard.press('Escape')
  await expect.poll(() => row(page, 'Pears and apples').count(), patience).toBe(1)
  const other = await browser.open(url)
  await row(other, 'Pears and apples').waitFor()
  expect(page.complaints).toEqual([])
})

test('the menu of a session is walked by the keys of menus, and gives the focus back', async () => {
  const { page } = await withTwo()
  const { keyboard } = page.page
  const focus = (): Promise<string> => page.page.evaluate(() => (document.activeElement instanceof HTMLElement ? (document.activeElement.ariaLabel ?? document.activeElement.innerText) : ''))
  await row(page, 'About plums').getByRole('link').focus()
  await keyboard.press('Tab')
  await expect.poll(focus, patience).toBe('Actions for About plums')
  await keyboard.press('Enter')
  await expect.poll(focus, patience).toContain('Rename')
  await keyboard.press('ArrowDown')
  await expect.poll(focus, patience).toBe('Pin')
  await keyboard.press('End')
  await expect.poll(focus, patience).toContain('Delete')
  await keyboard.press('ArrowDown')
  await expect.poll(focus, patience).toContain('Rename')
  await keyboard.press('e')
  await expect.poll(focus, patience).toBe('Export')
  await keyboard.press('Escape')
  await expect.poll(() => page.page.getByRole('menu').count(), patience).toBe(0)
  await expect.poll(focus, patience).toBe('Actions for About plums')
  await keyboard.press('ArrowUp')
  await expect.poll(focus, patience).toContain('Delete')
  await page.log.click()
  await expect.poll(() => page.page.getByRole('menu').count(), patience).toBe(0)
})

test('a session is pinned and unpinned, also one that is only in storage', async () => {
  const { page } = await withTwo()
  await actions(page, 'About pears').click()
  await action(page, 'Pin').click()
  await row(page, 'About pears').getByRole('link', { name: /^Pinned: About pears/ }).waitFor()
  await page.page.reload()
  await row(page, 'About pears').getByRole('link', { name: /^Pinned: About pears/ }).waitFor()
  await actions(page, 'About pears').click()
  await action(page, 'Unpin').click()
  await row(page, 'About pears').getByRole('link', { name: /^About pears/ }).waitFor()
})

test('a session is deleted only when the question is answered so, and the keyboard goes on at its neighbour', async () => {
  const { page } = await withTwo()
  const { keyboard } = page.page
  const question = page.page.getByRole('dialog', { name: 'Delete “About plums”?' })
  await row(page, 'About plums').getByRole('link').focus()
  await keyboard.press('Delete')
  await question.waitFor()
  expect(await question.innerText()).toContain('cannot be undone')
  // The harmless answer is at hand.
  await expect.poll(() => question.evaluate((dialog) => dialog.contains(document.activeElement)), patience).toBe(true)
  await keyboard.press('Enter')
  await question.waitFor({ state: 'detached' })
  expect(await row(page, 'About plums').count()).toBe(1)

  await focused(row(page, 'About plums').getByRole('link'))
  await keyboard.press('Delete')
  await question.getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => row(page, 'About plums').count(), patience).toBe(0)
  await focused(row(page, 'About pears').getByRole('link'))
  // It was the one that was shown: the next takes its place.
  await page.shows('number 4 of pears')
  await page.page.reload()
  await page.shows('number 4 of pears')
  expect(await row(page, 'About plums').count()).toBe(0)
  expect(page.complaints).toEqual([])
})

test('a session goes out as a file and comes in again, whole', async () => {
  const { page } = await withTwo()
  const downloading = page.page.waitForEvent('download')
  await actions(page, 'About pears').click()
  await action(page, 'Export').click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('About-pears.jsonl')
  const file = await download.path()
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(4 + 3)

  await actions(page, 'About pears').click()
  await action(page, 'Delete').click()
  await page.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => row(page, 'About pears').count(), patience).toBe(0)

  await page.page.locator('input[type=file][aria-label^=Import]').setInputFiles(file)
  await page.shows('number 4 of pears')
  await row(page, 'About pears').waitFor()

  await page.page.locator('input[type=file][aria-label^=Import]').setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') })
  await page.page.getByText(/notes\.txt could not be imported: .*no file of a session/).waitFor()
  expect(page.complaints).toEqual([])
})

test('what was said is searched for by the keyboard, and a result opens its session at that message', async () => {
  const data = await temporaryFolder()
  const now = Date.now()
  await remember(data, [
    { id: 'long', title: 'A long one', messages: 900, at: now - 120_000 },
    { id: 'plums', title: 'About plums', messages: 4, at: now - 60_000 },
  ])
  const page = await browser.open(await startHost(data).url())
  const { keyboard } = page.page
  await page.shows('number 4 of plums')
  await keyboard.press('Control+k')
  await keyboard.type('NUMBER 17 of')
  const found = projects(page).getByRole('list', { name: 'Found messages' }).getByRole('link')
  await expect.poll(() => found.allInnerTexts(), patience).toEqual([expect.stringMatching(/A long one[\s\S]*This is number 17 of long\./)])
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  const message = page.log.getByText('This is number 17 of long.')
  await message.waitFor()
  await expect.poll(() => message.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return top >= 0 && bottom <= innerHeight && element.closest('[tabindex="-1"]') === document.activeElement
  }), patience).toBe(true)

  await keyboard.press('Control+k')
  await keyboard.type('nobody said this')
  await page.page.getByRole('status', { name: 'Search' }).getByText('Nothing was found.').waitFor()
  await keyboard.press('Escape')
  await row(page, 'About plums').waitFor()
  expect(page.complaints).toEqual([])
})
