// One session in two windows of the console: what is done in one is seen in the other.

import { expect, test, vi } from 'vitest'
import { patience, useBrowser } from './console-page.ts'
import { focusComesTo, tabTo } from './focus-of.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const browser = useBrowser()

test('a question is asked in both, answered in one, and closes in the other, where the focus goes on', async () => {
  const url = await startHost(await temporaryFolder()).url()
  const one = await browser.open(url)
  await one.say('run echo hello')
  await one.permission.waitFor()
  const two = await browser.open(url)
  await two.permission.waitFor()
  await tabTo(two.page, 'button Allow')
  await one.answer('Reject')
  await two.permission.waitFor({ state: 'detached' })
  await focusComesTo(two.page, 'textarea Prompt')
  for (const page of [one, two]) {
    await page.shows(/I did not run it/)
    await page.comesTo('Done')
  }
  expect(await two.text()).toBe(await one.text())

  // Both at once: one of them is the answer, and neither is left with a question.
  await two.say('run echo again')
  for (const page of [one, two]) await page.permission.waitFor()
  // The slower one finds no question any more.
  const answers = await Promise.allSettled([one, two].map(({ permission }) => permission.getByRole('button', { name: 'Allow' }).click({ timeout: 3_000 })))
  expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true)
  for (const page of [one, two]) {
    await page.shows(/again/)
    await page.comesTo('Done')
    await expect.poll(() => page.permission.count(), patience).toBe(0)
  }
  expect([...one.complaints, ...two.complaints]).toEqual([])
})

test('prompts of both stand in one queue, in one order, and a stop in one is a stop', async () => {
  const url = await startHost(await temporaryFolder(), { paceMs: 40 }).url()
  const one = await browser.open(url)
  await one.say('story 5000')
  await one.shows('The lighthouse')
  const two = await browser.open(url)
  await two.shows('The lighthouse')
  const queueOf = async ({ page }: typeof one): Promise<string[]> => (await page.getByRole('list', { name: 'Queue' }).getByRole('listitem').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim())
  await one.say('read one')
  await expect.poll(() => queueOf(two), patience).toHaveLength(1)
  await two.say('read two')
  for (const page of [one, two]) await expect.poll(() => queueOf(page), patience).toEqual(['Queued read one Withdraw', 'Queued read two Withdraw'])
  await two.page.getByRole('button', { name: 'Withdraw' }).first().click()
  await expect.poll(() => queueOf(one), patience).toEqual(['Queued read two Withdraw'])
  await two.stop.click()
  for (const page of [one, two]) await page.comesTo('Stopped')
  // What waits after a stop goes on waiting, and both say so.
  for (const page of [one, two]) await page.comesTo(/prompt is still waiting/)
  expect(await two.text()).toBe(await one.text())
  expect([...one.complaints, ...two.complaints]).toEqual([])
})

test('what is written in one window is not written in the other', async () => {
  const url = await startHost(await temporaryFolder()).url()
  const one = await browser.open(url)
  await one.sayAndWait('story 3')
  const two = await browser.open(url)
  await one.prompt.fill('half a thought')
  await two.sayAndWait('story 4')
  await one.shows('story 4')
  expect([await one.prompt.inputValue(), await two.prompt.inputValue()]).toEqual(['half a thought', ''])
  await one.page.reload()
  await one.shows('story 4')
  expect(await one.prompt.inputValue()).toBe('half a thought')
})
