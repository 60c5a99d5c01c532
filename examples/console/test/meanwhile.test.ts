// What is slow in one session leaves a person free in the others.

import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
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

test('whoever goes on to the next new session while the agent of the last one starts is not taken back to it', async () => {
  const data = await temporaryFolder()
  const [program, ready] = [path.join(data, 'slow-agent'), path.join(data, 'ready')]
  const exampleAgent = fileURLToPath(import.meta.resolve('@agent-session/example-agent'))
  await writeFile(program, `#!/bin/sh\nuntil [ -e '${ready}' ]; do sleep 0.1; done\nexec '${process.execPath}' '${exampleAgent}' --sandbox '${data}/sandbox'\n`)
  await chmod(program, 0o755)
  await writeFile(path.join(data, 'agents.json'), JSON.stringify({ slow: { command: program } }))
  const page = await browser.open(await startHost(data, { args: ['--agent', 'slow'] }).url())
  await page.say('think about pears')
  await page.shows('think about pears')
  await page.newSession.click()
  await page.comesTo('Starting')
  await page.prompt.fill('for the next one')
  await writeFile(ready, '')
  await page.page.getByRole('link', { name: /think about pears.*Done/s }).waitFor()
  await page.comesTo('Ready')
  expect(await page.prompt.inputValue()).toBe('for the next one')
  expect(page.complaints).toEqual([])
})
