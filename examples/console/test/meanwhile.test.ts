// What is slow in one session leaves a person free in the others.

import { expect, test, vi } from 'vitest'
import { focused, patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

test('while one session does not stop another one can be stopped, and what is written elsewhere keeps the focus', async () => {
  const page = await browser.open(await startHost(await temporaryFolder(), { paceMs: 40 }).url())
  await page.say('hang hard')
  await page.shows('only ending the whole program does')
  await page.newSession.click()
  await page.comesTo('Ready')
  await page.say('story 3000')
  await page.shows('The lighthouse on Gull Rock')
  const links = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem').getByRole('link')
  await links.filter({ hasText: 'hang hard' }).click()
  await page.shows('only ending the whole program does')
  await page.prompt.press('Escape')
  await page.comesTo('Stopping…')
  await links.filter({ hasText: 'story' }).click()
  await page.comesTo('Running')
  await page.stop.click()
  await page.comesTo('Stopped')
  const search = page.page.getByRole('searchbox')
  await search.focus()
  await links.filter({ hasText: /hang hard.*Stopped/s }).waitFor()
  await focused(search)
})

test('a session that is slow to begin does not take over what is written in, or said of, another one', async () => {
  const data = await temporaryFolder()
  await remember(data, [{ id: 'pears', title: 'About pears', messages: 4, at: Date.now() - 60_000 }])
  const host = startHost(data)
  const page = await browser.open(await host.url())
  await page.shows('number 4 of pears')
  await page.prompt.fill('for the pears')
  await page.newSession.click()
  await page.comesTo('Ready')
  host.freeze(true)
  await page.say('read README.md')
  await page.comesTo('Starting')
  await page.prompt.fill('for the new one')
  await page.page.getByRole('link', { name: 'About pears' }).click()
  await page.shows('number 4 of pears')
  await expect.poll(() => page.status.innerText(), patience).not.toContain('Starting')
  expect(await page.prompt.inputValue()).toBe('for the pears')
  host.freeze(false)
  await page.page.getByRole('link', { name: /read README/ }).waitFor()
  expect([await page.prompt.inputValue(), await page.text()]).toEqual(['for the pears', expect.stringContaining('number 4 of pears')])
})
