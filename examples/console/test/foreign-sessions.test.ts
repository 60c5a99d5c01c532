// Sessions that an agent remembers by itself: one that was deleted here is gone on with, and where it cannot be, that is said.

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const browser = useBrowser()

test('what an agent remembers is listed, and gone on with here', async () => {
  const data = await temporaryFolder()
  const page = await browser.open(await startHost(data).url())
  await page.sayAndWait('read README.md')
  const row = page.page.getByRole('link', { name: /read README\.md/i }).first()

  const opener = page.page.getByRole('button', { name: 'Sessions of other programs' })
  const dialog = page.page.getByRole('dialog', { name: 'Sessions of other programs' })
  // One that is here is not taken a second time.
  await opener.click()
  await dialog.getByRole('link', { name: /^Open read README/ }).waitFor()
  expect(await dialog.getByRole('button', { name: /^Go on with/ }).count()).toBe(0)
  await dialog.getByRole('button', { name: 'Close' }).click()

  // Deleted here alone: the agent's own copy stays.
  await row.focus()
  await page.page.keyboard.press('Delete')
  await page.page.getByRole('dialog', { name: /^Delete/ }).getByRole('button', { name: 'Delete' }).click()
  await page.page.getByText('No sessions yet').waitFor()

  await opener.click()
  const status = dialog.getByRole('status', { name: 'What was found' })
  await expect.poll(() => status.innerText(), patience).toBe('1 session')
  await expect.poll(() => dialog.getByRole('combobox', { name: 'Agent' }).locator('option').allInnerTexts(), patience).toContain('Example agent')
  expect(await axeOf(page.page, 'dialog')).toEqual([])

  // An agent that is not here says what is missing, one that cannot tell says so.
  await dialog.getByRole('combobox', { name: 'Agent' }).selectOption('opencode')
  await expect.poll(() => status.innerText(), patience).toMatch(/OpenCode cannot be used here: .*npm install/)
  await dialog.getByRole('combobox', { name: 'Agent' }).selectOption('ollama')
  await expect.poll(() => status.innerText(), patience).toMatch(/cannot/)
  await dialog.getByRole('combobox', { name: 'Agent' }).selectOption('example')

  const goOn = dialog.getByRole('button', { name: /^Go on with/ })
  await goOn.click()
  const prompt = dialog.getByRole('textbox', { name: 'Next prompt' })
  expect(await prompt.evaluate((element) => element === document.activeElement)).toBe(true)
  await dialog.getByRole('button', { name: 'Back' }).click()
  expect(await goOn.evaluate((element) => element === document.activeElement)).toBe(true)
  await goOn.click()
  await prompt.fill('recall')
  await page.page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  // What was said then is told, and remembered.
  await page.comesTo('Done')
  await page.shows('A sandbox to play in')
  await page.shows('recall')
  expect(page.complaints).toEqual([])
})

test('a session that is here is not offered a second time, also where this window has not opened it', async () => {
  const url = await startHost(await temporaryFolder()).url()
  const page = await browser.open(url)
  await page.sayAndWait('read README.md')
  await page.newSession.click()
  await page.sayAndWait('think')
  const other = await browser.open(url)
  await other.shows('think')
  await other.page.getByRole('button', { name: 'Sessions of other programs' }).click()
  const dialog = other.page.getByRole('dialog', { name: 'Sessions of other programs' })
  await dialog.getByRole('link', { name: /^Open think/ }).waitFor()
  expect(await dialog.getByRole('button', { name: /^Go on with/ }).count()).toBe(0)
  await dialog.getByRole('link', { name: /^Open read README/ }).click()
  await other.shows('A sandbox to play in')
  expect(other.complaints).toEqual([])
})

test('to delete at the agent too is asked for apart: the agent does it first, and where it cannot nothing is lost', async () => {
  const data = await temporaryFolder()
  const deleted = path.join(data, 'deleted.txt')
  await writeFile(path.join(data, 'agents.json'), JSON.stringify({ keeper: { command: process.execPath, args: [path.join(import.meta.dirname, 'deleting-agent.mjs'), deleted] } }))
  // Of one that was never at work in this host nobody knows what its agent can.
  await remember(data, [{ id: 'old', title: 'The old one', messages: 2, at: Date.now() - 60_000 }])
  const page = await browser.open(await startHost(data, { args: ['--agent', 'keeper'] }).url())
  await page.shows('number 2 of old')
  const { page: at } = page
  const remove = async (title: RegExp): Promise<void> => {
    await at.getByRole('link', { name: title }).first().hover()
    await at.getByRole('button', { name: new RegExp(`Actions for ${title.source}`) }).click()
    await at.getByRole('menuitem', { name: 'Forget at the agent too…' }).click()
    const dialog = at.getByRole('dialog', { name: /at the agent too/ })
    expect(await dialog.getByRole('button', { name: 'Cancel' }).evaluate((element) => element === document.activeElement)).toBe(true)
    expect(await axeOf(at, 'dialog')).toEqual([])
    await dialog.getByRole('button', { name: 'Forget there and here' }).click()
  }
  await remove(/The old one/)
  await at.getByRole('region', { name: 'Notifications' }).getByText(/agent/i).first().waitFor()
  await page.shows('number 2 of old')

  await page.newSession.click()
  await page.sayAndWait('keep this')
  await page.shows('I keep it.')
  await remove(/keep this/)
  await expect.poll(() => at.getByRole('link', { name: /keep this/ }).count(), patience).toBe(0)
  expect(await readFile(deleted, 'utf8')).toBe('kept-1\n')
  expect(await at.getByRole('link', { name: /The old one/ }).count()).toBe(1)
  expect(page.complaints).toEqual([])
})
