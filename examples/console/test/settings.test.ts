// How long sessions are kept: what would go is seen before it is saved, and what was saved holds.

import { expect, test, vi } from 'vitest'
import { retentionPath } from '../src/host-info.ts'
import { patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()
const dayMs = 24 * 60 * 60_000

test('T14 the settings tell which sessions would go and why before they are saved, and hold in the next host', async () => {
  const data = await temporaryFolder()
  const now = Date.now()
  await remember(data, [
    { id: 'new', title: 'The newest', messages: 2, at: now - 60_000 },
    { id: 'middle', title: 'The middle one', messages: 2, at: now - 10 * dayMs },
    { id: 'old', title: 'The old one', messages: 2, at: now - 40 * dayMs },
  ])
  const first = startHost(data)
  const page = await browser.open(await first.url())
  await page.shows('number 2 of new')
  await page.page.getByRole('button', { name: 'Settings' }).click()
  const dialog = page.page.getByRole('dialog', { name: 'Settings' })
  const [count, days, told] = [dialog.getByLabel('Sessions of each project'), dialog.getByLabel('Days'), dialog.getByRole('status', { name: 'What would go' })]
  await expect.poll(() => told.innerText(), patience).toBe('No session would go.')
  expect([await count.inputValue(), await days.inputValue()]).toEqual(['50', '365'])

  const listed = async (): Promise<string[]> => (await dialog.getByRole('listitem').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim())
  await days.fill('30')
  await expect.poll(listed, patience).toEqual(['The old one goes: older than 30 days'])
  await count.fill('1')
  await expect.poll(listed, patience).toEqual(['The middle one goes: not the newest', 'The old one goes: not the newest'])
  await count.fill('0')
  await expect.poll(() => told.innerText(), patience).toContain('1 to 50 sessions')
  expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  await count.fill('2')
  await dialog.getByRole('button', { name: 'Save, and let 1 go' }).click()
  await dialog.waitFor({ state: 'detached' })
  // Nothing goes before a session ends.
  const links = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem')
  expect(await links.count()).toBe(3)
  await page.sayAndWait('read README.md')
  await expect.poll(() => links.count(), patience).toBe(2)

  expect(page.complaints).toEqual([])
  await first.kill('SIGKILL')
  const again = await browser.open(await startHost(data).url())
  await again.page.getByRole('button', { name: 'Settings' }).click()
  await expect.poll(() => again.page.getByLabel('Sessions of each project').inputValue(), patience).toBe('2')
  expect(await again.page.getByLabel('Days').inputValue()).toBe('30')
  expect(again.complaints).toEqual([])
})

test('T14 what the settings told to go is what goes, and nothing else', async () => {
  const data = await temporaryFolder()
  const now = Date.now()
  await remember(data, Array.from({ length: 8 }, (_, index) => ({ id: `s${index}`, title: `Title ${index}`, messages: 2, at: now - (index < 4 ? index + 1 : 40 + index) * dayMs })))
  const page = await browser.open(await startHost(data).url())
  await page.shows('number 2 of s0')
  const links = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem')
  // The agent gives the one that is gone on with a title of its own.
  const listed = (): Promise<string[]> => links.locator('a').evaluateAll((all) => all.map((link) => (link.getAttribute('href') ?? '').replace('#/playground/s', 'Title ')).sort())
  // One that is pinned stays, whatever its age.
  await page.page.getByRole('link', { name: /Title 6/ }).hover()
  await page.page.getByRole('button', { name: 'Actions for Title 6' }).click()
  await page.page.getByRole('menuitem', { name: 'Pin', exact: true }).click()
  await page.page.getByRole('link', { name: /Pinned: ?Title 6/ }).waitFor()

  await page.page.getByRole('button', { name: 'Settings' }).click()
  const dialog = page.page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByLabel('Days').fill('30')
  await dialog.getByLabel('Sessions of each project').fill('3')
  await expect.poll(() => dialog.getByRole('status', { name: 'What would go' }).innerText(), patience).toContain('sessions would go')
  const told = (await dialog.getByRole('listitem').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
  const going = told.filter((text) => text.includes('goes:')).map((text) => /Title \d/.exec(text)?.[0] ?? text)
  expect(told.filter((text) => !text.includes('goes:')).join()).toMatch(/Title 6 stays: it is pinned/)
  const before = await listed()
  await dialog.getByRole('button', { name: `Save, and let ${going.length} go` }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(await listed()).toEqual(before)
  await page.sayAndWait('read README.md')
  await expect.poll(listed, patience).toEqual(before.filter((title) => !going.includes(title)))
  expect(page.complaints).toEqual([])
})

test('who writes before the host has said how long sessions are kept keeps what they wrote', async () => {
  const page = await browser.open(await startHost(await temporaryFolder()).url())
  await page.comesTo('Ready')
  const answer = Promise.withResolvers<undefined>()
  await page.page.route(`**${retentionPath}`, async (route) => {
    await answer.promise
    await route.continue()
  })
  await page.page.getByRole('button', { name: 'Settings' }).click()
  await page.page.getByLabel('Sessions of each project').fill('7')
  answer.resolve(undefined)
  await expect.poll(() => page.page.getByLabel('Days').inputValue(), patience).toBe('365')
  expect(await page.page.getByLabel('Sessions of each project').inputValue()).toBe('7')
})
