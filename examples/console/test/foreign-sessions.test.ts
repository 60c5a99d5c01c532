// Sessions that an agent remembers by itself: one that was deleted here is gone on with, and where it cannot be, that is said.

import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const browser = useBrowser()

test('what an agent remembers is listed, and gone on with here', async () => {
  const data = await temporaryFolder()
  const page = await browser.open(await startHost(data).url())
  await page.sayAndWait('read README.md')
  const row = page.page.getByRole('link', { name: /read README\.md/i }).first()

  // Deleted here alone: the agent's own copy stays.
  await row.focus()
  await page.page.keyboard.press('Delete')
  await page.page.getByRole('dialog', { name: /^Delete/ }).getByRole('button', { name: 'Delete' }).click()
  await page.page.getByText('No sessions yet').waitFor()

  const opener = page.page.getByRole('button', { name: 'Sessions of other programs' })
  await opener.click()
  const dialog = page.page.getByRole('dialog', { name: 'Sessions of other programs' })
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

test('to delete at the agent too is asked for apart, and where it cannot be done nothing is lost', async () => {
  const data = await temporaryFolder()
  const page = await browser.open(await startHost(data).url())
  await page.sayAndWait('read README.md')
  const name = /Actions for read README/
  const open = async (): Promise<void> => {
    await page.page.getByRole('link', { name: /read README\.md/i }).first().hover()
    await page.page.getByRole('button', { name }).click()
  }
  await open()
  // The example agent cannot, and has said so.
  await page.page.getByRole('menuitem', { name: 'Delete…' }).waitFor()
  expect(await page.page.getByRole('menuitem', { name: 'Delete at the agent too…' }).count()).toBe(0)
  await page.page.keyboard.press('Escape')

  // Before it has said so it is asked.
  await page.page.reload()
  await page.shows('A sandbox to play in')
  expect(page.complaints).toEqual([])
})
