// What a person does a second time: a prompt that did not reach the agent, one that was worded badly, a session from where it was.

import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { patience, useBrowser, type ConsolePage } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()
const exampleAgent = fileURLToPath(import.meta.resolve('@agent-session/example-agent'))

const prompts = ({ log }: ConsolePage) => log.locator('.user')
const button = ({ page }: ConsolePage, name: string) => page.getByRole('button', { name, exact: true })

test('a prompt that did not reach the agent is sent again once it is there: the same one, and not a second', async () => {
  const data = await temporaryFolder()
  const program = path.join(data, 'bin', 'my-agent')
  await mkdir(path.dirname(program))
  await writeFile(path.join(data, 'agents.json'), JSON.stringify({ mine: { command: program } }))
  const page = await browser.open(await startHost(data, { args: ['--agent', 'mine'] }).url())
  await page.say('read README.md')
  await page.comesTo('Error')
  await page.shows('It did not reach the agent.')

  // Still not there: it says so again, at the same prompt.
  await button(page, 'Retry').click()
  await page.comesTo('Error')
  await expect.poll(() => button(page, 'Retry').count(), patience).toBe(1)
  expect(await prompts(page).count()).toBe(1)

  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${exampleAgent}' --sandbox '${data}/sandbox'\n`)
  await chmod(program, 0o755)
  await button(page, 'Retry').click()
  await page.shows('A sandbox to play in')
  await page.comesTo('Done')
  expect(await button(page, 'Retry').count()).toBe(0)
  expect(await prompts(page).count()).toBe(1)
  expect(await page.prompt.evaluate((field) => field === document.activeElement)).toBe(true)
  expect(page.complaints).toEqual([])
})

test('an earlier prompt is taken up, changed and sent as a new one; the earlier one stays', async () => {
  const page = await browser.open(await startHost(await temporaryFolder()).url())
  await page.sayAndWait('read READ.md')
  await page.sayAndWait('read src')
  await prompts(page).first().hover()
  await prompts(page).first().getByRole('button', { name: 'Edit' }).click()
  expect(await page.prompt.inputValue()).toBe('read READ.md')
  await page.say('read README.md')
  await page.shows('A sandbox to play in')
  await page.comesTo('Done')
  expect((await prompts(page).allInnerTexts()).map((text) => /read \S+/.exec(text)?.[0])).toEqual(['read READ.md', 'read src', 'read README.md'])
})

test('a fork remembers what was said until then, and both go on by themselves', async () => {
  const page = await browser.open(await startHost(await temporaryFolder()).url())
  await page.sayAndWait('story 3')
  const rows = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem').getByRole('link')
  await button(page, 'Fork').click()
  await expect.poll(() => rows.count(), patience).toBe(2)
  await page.comesTo(/Idle|Ready|Done/)
  await page.sayAndWait('story 4')
  await page.sayAndWait('recall')
  await page.shows(/1\. story 3 2\. story 4|story 3 story 4/)

  await rows.filter({ hasText: 'story 3' }).last().click()
  await expect.poll(() => page.text(), patience).not.toContain('story 4')
  await page.sayAndWait('recall')
  expect(await page.text()).not.toContain('story 4')
  expect(page.complaints).toEqual([])
})
