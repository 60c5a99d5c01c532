import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { focused, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

test.each(['light', 'dark'] as const)('axe finds nothing on the sidebar and its dialogs, in %s', async (colorScheme) => {
  const data = await temporaryFolder()
  const now = Date.now()
  await remember(data, [
    { id: 'pears', title: 'About pears', messages: 4, at: now - 120_000 },
    { id: 'plums', title: 'About plums', messages: 4, at: now - 60_000 },
  ])
  const console = await browser.open(await startHost(data).url())
  const { page } = console
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await console.sayAndWait('read README.md')
  await page.getByRole('region', { name: 'Usage' }).waitFor()
  expect(await axeOf(page, '#projects')).toEqual([])

  await page.getByRole('button', { name: 'Actions for About pears' }).press('Enter')
  await page.getByRole('menu').waitFor()
  expect(await axeOf(page, '[role=menu]')).toEqual([])
  await page.getByRole('menuitem', { name: 'Rename' }).press('Enter')
  await page.getByRole('textbox', { name: 'Title of the session' }).waitFor()
  expect(await axeOf(page, '#projects')).toEqual([])
  await page.keyboard.press('Escape')
  await focused(page.getByRole('listitem').filter({ hasText: 'About pears' }).getByRole('link'))
  await page.keyboard.press('Delete')
  await page.getByRole('dialog').waitFor()
  expect(await axeOf(page, 'dialog')).toEqual([])
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Settings' }).press('Enter')
  await page.getByLabel('Sessions of each project').fill('1')
  await page.getByRole('dialog').getByRole('listitem').first().waitFor()
  expect(await axeOf(page, 'dialog')).toEqual([])
  await page.keyboard.press('Escape')
  await focused(page.getByRole('button', { name: 'Settings' }))

  await page.keyboard.press('Control+k')
  await page.keyboard.type('number')
  await page.getByRole('list', { name: 'Found messages' }).getByRole('link').first().waitFor()
  expect(await axeOf(page, '#projects')).toEqual([])
  expect(console.complaints).toEqual([])
})

test('axe does find what is wrong', async () => {
  const { page } = await browser.open(await startHost(await temporaryFolder()).url())
  await page.getByRole('searchbox').evaluate((field) => {
    field.removeAttribute('aria-label')
    field.removeAttribute('placeholder')
  })
  expect(await axeOf(page, '#projects')).toEqual([expect.stringContaining('label')])
})
