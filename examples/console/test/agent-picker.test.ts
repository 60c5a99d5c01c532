// Which agents can be used on this machine, and what a person is told of the others.

import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connectAgentStore, webSocketChannel } from '@agent-session/bridge'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { socketPath } from '../src/host-info.ts'
import { type ConsolePage, focused, patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

/** A data folder with an agent of the person's own, whose program is not there yet. */
async function folderWithAgent(): Promise<{ folder: string; program: string }> {
  const folder = await temporaryFolder()
  const program = path.join(folder, 'bin', 'my-agent')
  await mkdir(path.dirname(program))
  await writeFile(path.join(folder, 'agents.json'), JSON.stringify({ mine: { command: program, install: 'pipx install my-agent' } }))
  return { folder, program }
}

const radio = ({ page }: ConsolePage, name: string | RegExp) => page.getByRole('radio', { name })
const opener = ({ page }: ConsolePage) => page.getByRole('button', { name: 'Agents on this machine' })
const select = ({ page }: ConsolePage) => page.getByRole('combobox', { name: 'Agent' })
const chosenTitle = (console: ConsolePage): Promise<string> => select(console).locator('option:checked').innerText()
const description = (console: ConsolePage, name: string): Promise<string> =>
  radio(console, name).evaluate((input) => document.getElementById(input.getAttribute('aria-describedby') ?? '')?.innerText ?? '')

test('B26 an agent that is not installed is shown so with what to install, cannot be picked, and can once it is there', async () => {
  const { folder, program } = await folderWithAgent()
  const host = startHost(folder)
  const page = await browser.open(await host.url())
  await expect.poll(() => chosenTitle(page), patience).toBe('Example agent')
  await opener(page).click()
  await radio(page, 'mine').waitFor()
  expect(await radio(page, 'mine').isDisabled()).toBe(true)
  expect(await description(page, 'mine')).toMatch(/was not found: .*my-agent[\s\S]*pipx install my-agent/)
  expect(await radio(page, /^Example agent/).isChecked()).toBe(true)
  expect(await page.page.getByRole('button', { name: 'Copy what installs mine' }).count()).toBe(1)
  expect(await select(page).locator('option[value=mine]').evaluate((option) => option instanceof HTMLOptionElement && [option.disabled, option.text])).toEqual([true, 'mine (cannot be used here)'])

  await writeFile(program, '#!/bin/sh\necho hello\n')
  await chmod(program, 0o755)
  await page.page.getByRole('button', { name: 'Look again' }).click()
  await expect.poll(() => radio(page, 'mine').isEnabled(), patience).toBe(true)
  await radio(page, 'mine').check()
  await expect.poll(() => chosenTitle(page), patience).toBe('mine')
  expect(page.complaints).toEqual([])
})

test('keyboard: opens with Enter at the agent that is chosen, arrows pass over who cannot be used, Enter and Escape close it', async () => {
  const host = startHost(await temporaryFolder(), { args: ['--agent', 'example'] })
  const page = await browser.open(await host.url())
  const { keyboard } = page.page
  await expect.poll(() => chosenTitle(page), patience).toBe('Example agent')
  await opener(page).focus()
  await keyboard.press('Enter')
  const chosen = page.page.locator('input[name=agent]:checked')
  await focused(chosen)
  const usable = await page.page.locator('input[name=agent]:enabled').count()
  expect(usable).toBeLessThan(await page.page.getByRole('radio').count())
  await keyboard.press('ArrowUp')
  expect(await chosen.isEnabled()).toBe(true)
  await keyboard.press('ArrowDown')
  expect(await chosen.inputValue()).toBe('example')
  await keyboard.press('Enter')
  await expect.poll(() => page.page.getByRole('radio').count(), patience).toBe(0)
  await focused(opener(page))
  await keyboard.press('Enter')
  await page.page.getByRole('radio').first().waitFor()
  await focused(chosen)
  await keyboard.press('Escape')
  await expect.poll(() => page.page.getByRole('radio').count(), patience).toBe(0)
  await page.sayAndWait('read README.md')
  expect(page.complaints).toEqual([])
})

test('of an agent that was named at the start and is not there the page says what to install, before anything is sent and after', async () => {
  const { folder, program } = await folderWithAgent()
  const host = startHost(folder, { args: ['--agent', 'mine'] })
  const page = await browser.open(await host.url())
  await page.page.getByText(/mine cannot be used here.*pipx install my-agent/).waitFor()
  await page.say('hello')
  await page.comesTo('Error')
  await page.page.getByText(/Install it: pipx install my-agent/).first().waitFor()
  await page.newSession.click()
  await page.prompt.fill('read README.md')
  await page.page.setViewportSize({ width: 320, height: 560 })
  await opener(page).click()
  await radio(page, /^Example agent/).check()
  expect(await page.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
  await page.send.click()
  await page.comesTo('Done')
  await rm(program, { force: true })
})

test('B26 through the API an agent that is not there is refused with its code and what to install; so is an option that it has no place for', async () => {
  const { folder } = await folderWithAgent()
  const url = new URL(await startHost(folder).url())
  /** As the host's own page would open it. */
  class PageSocket extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { origin: url.origin })
    }
  }
  const store = connectAgentStore(webSocketChannel(`ws://${url.host}${socketPath}`, { token: url.hash.slice('#token='.length), WebSocket: PageSocket }))
  onTestFinished(() => store.dispose())
  await store.ready
  expect((await store.listProviders()).map(({ name, usable }) => [name, usable])).toEqual(expect.arrayContaining([['example', true], ['mine', false], ['claude', expect.any(Boolean)], ['codex', expect.any(Boolean)], ['ollama', expect.any(Boolean)]]))
  expect(await store.start('playground', { provider: 'mine', prompt: 'hi' })).toMatchObject({ ok: false, code: 'agent-not-found', error: expect.stringContaining('Install it: pipx install my-agent') })
  expect(await store.start('playground', { provider: 'nobody', prompt: 'hi' })).toMatchObject({ ok: false, code: 'agent-not-found', error: expect.stringContaining('there are example, claude, codex, ollama') })
  expect(await store.start('playground', { provider: 'example', prompt: 'hi', worktreeName: 'w' })).toMatchObject({ ok: false, code: 'invalid-argument', error: expect.stringContaining('no start option "worktreeName"') })
  expect(store.liveSessions()).toEqual([])
})
