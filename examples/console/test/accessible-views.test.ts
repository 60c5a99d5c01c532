// Every view of the console, light and dark, as axe sees it.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

const browser = useBrowser()

test.each(['light', 'dark'] as const)('axe finds nothing on any view, %s', async (colorScheme) => {
  const data = await temporaryFolder()
  const now = Date.now()
  await remember(data, [
    { id: 'pears', title: 'About pears', messages: 40, at: now - 120_000 },
    { id: 'plums', title: 'About plums', messages: 4, at: now - 60_000 },
  ])
  await writeFile(path.join(data, 'agents.json'), JSON.stringify({ ghost: { command: 'no-such-program-anywhere' } }))
  const url = await startHost(data, { paceMs: 30 }).url()
  const console = await browser.open(url)
  const { page } = console
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  const found: string[] = []
  const look = async (view: string): Promise<void> => {
    found.push(...(await axeOf(page, 'html')).map((complaint) => `${view}: ${complaint}`))
  }

  await console.shows('number 4 of plums')
  await look('a session of the history')
  await page.evaluate(() => (location.hash = '#/playground/nothing'))
  await page.getByText('What the address names is not here').waitFor()
  await look('an address of nothing')

  await console.newSession.click()
  await console.comesTo('Ready')
  await look('a new session')
  await page.getByRole('button', { name: 'Agents on this machine' }).click()
  await page.getByRole('radio').first().waitFor()
  await look('the agents')
  await page.getByRole('radio', { name: /^Example agent/ }).press('Escape')

  await console.say('plan')
  await page.getByText(/^Plan/).waitFor()
  for (const text of ['story 3', 'story 4']) await console.say(text)
  await look('a plan, a stream and a queue')
  await console.comesTo('Done')
  await console.say('think about pears')
  await console.comesTo('Done')
  await console.say('run ls')
  await console.permission.waitFor()
  await look('a question')
  await console.newSession.click()
  await page.getByRole('button', { name: '1 session needs you' }).waitFor()
  await page.getByRole('combobox', { name: 'Agent' }).selectOption({ index: 0 })
  await look('a new session beside one that asks')

  await page.keyboard.press('Control+k')
  await page.keyboard.type('number')
  await page.getByRole('list', { name: 'Found messages' }).getByRole('link').first().waitFor()
  await look('what was found')
  await page.keyboard.type(' of nothing at all')
  await page.getByText('Nothing was found.').waitFor()
  await look('nothing was found')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'New project' }).click()
  await page.getByRole('textbox', { name: 'Folder' }).fill('relative')
  await page.getByRole('textbox', { name: 'Project name' }).fill('x')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByRole('alert').filter({ hasText: 'Write the folder with its whole path.' }).waitFor()
  await look('a project that is refused')
  await page.getByRole('button', { name: 'Cancel' }).click()

  await page.getByRole('button', { name: 'Keyboard' }).click()
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  await look('the keys')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Sessions of each project').fill('1')
  await page.getByRole('group', { name: 'Sessions past the bounds' }).waitFor()
  await look('the settings')
  await page.keyboard.press('Escape')
  await page.evaluate(() => (location.hash = '#/nowhere'))
  await page.getByText('There is no project').waitFor()
  await look('a notification')

  await page.setViewportSize({ width: 360, height: 640 })
  await look('a small screen')
  await page.getByRole('button', { name: 'Projects and history' }).click()
  await page.getByRole('searchbox').waitFor()
  await look('its drawer')

  await page.goto(new URL('/', url).href)
  await page.evaluate(() => sessionStorage.clear())
  await page.reload()
  await page.getByRole('heading', { name: 'This page needs the address' }).waitFor()
  await look('no way in')
  expect(found).toEqual([])
  // A browser tells of the project that was refused.
  expect(console.complaints.filter((text) => !text.includes('409'))).toEqual([])
})
