// The line to the host: lost, tried again, refused, and back; and who writes what is stored.

import path from 'node:path'
import { createAgentStore } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { patience, useBrowser, type ConsolePage } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

const notice = (page: ConsolePage) => page.page.getByRole('region', { name: 'Connection' })
const tryNow = (page: ConsolePage) => notice(page).getByRole('button', { name: 'Try now' })

test('a host that is gone: since when, why, and when it is tried again; what is written stays, and nothing is sent behind anybody', async () => {
  const data = await temporaryFolder()
  const first = startHost(data)
  const url = new URL(await first.url())
  const page = await browser.open(url.href)
  await page.sayAndWait('read README.md')
  expect(await notice(page).count()).toBe(0)
  await first.kill('SIGKILL')
  await page.comesTo('Nothing answers at this address')
  await expect.poll(() => notice(page).innerText(), patience).toMatch(/No connection since \d.*Next try in \d+ s\./s)
  expect(await axeOf(page.page, 'body')).toEqual([])

  await page.say('mode')
  await page.page.getByRole('region', { name: 'Notifications' }).getByText('The host is not connected. Nothing was sent').waitFor()
  expect(await page.prompt.inputValue()).toBe('mode')
  // What it says covers no button.
  await expect.poll(() => tryNow(page).isEnabled(), patience).toBe(true)
  await tryNow(page).click()

  const second = startHost(data, { args: ['--port', url.port] })
  const fresh = await second.url()
  await tryNow(page).click({ timeout: 2_000 }).catch(() => {
    // It has been tried meanwhile.
  })
  await page.comesTo(/started anew: this address is of an earlier start of the console\. Open the new one/)
  expect(await tryNow(page).count()).toBe(0)
  await page.page.goto(fresh)
  await page.comesTo('Done')
  expect(await page.prompt.inputValue()).toBe('mode')
  expect(await page.text()).not.toContain('The mode is')
})

test('a network that is cut is told from a host that is gone, and is back by itself', async () => {
  const page = await browser.open(await startHost(await temporaryFolder()).url())
  await page.sayAndWait('read README.md')
  await page.page.context().setOffline(true)
  await page.comesTo('This browser is offline')
  await page.page.context().setOffline(false)
  await page.comesTo('Done')
  expect(await notice(page).count()).toBe(0)
  await page.sayAndWait('mode')
})

test('another process that took the sessions over is told of, and they are taken back', async () => {
  const data = await temporaryFolder()
  const page = await browser.open(await startHost(data).url())
  await page.sayAndWait('read README.md')
  const transport = createScriptedTransport()
  const other = createAgentStore({ transport, storage: createSqliteStorage({ path: path.join(data, 'sessions.db') }) })
  onTestFinished(() => other.dispose())
  expect(await other.takeOver()).toEqual({ ok: true })
  const saving = page.page.getByRole('region', { name: 'Saving' })
  await saving.getByText('Another process writes these sessions now').waitFor()
  expect(await axeOf(page.page, 'main')).toEqual([])
  await page.say('mode')
  await page.page.getByRole('alert').getByText(/another process/i).waitFor()
  await saving.getByRole('button', { name: 'Write here again' }).click()
  await saving.waitFor({ state: 'detached' })
  await expect.poll(() => other.writer.state, patience).toBe('reading')
  await page.sayAndWait('recall')
})

test('a host that stands still: a prompt is said to be on its way; given up and got after all, it is neither lost nor offered again', async () => {
  const host = startHost(await temporaryFolder())
  const page = await browser.open(await host.url())
  await page.sayAndWait('read README.md')
  const losesTheLine = async (): Promise<void> => {
    // As a page that is waked: it asks at once whether the host is there.
    await page.page.evaluate(() => dispatchEvent(new Event('online')))
    await page.comesTo('The line is dead')
  }
  const comesBack = async (said: string): Promise<void> => {
    expect(await page.prompt.inputValue()).toBe(said)
    host.freeze(false)
    await page.comesTo('Done')
    await expect.poll(async () => (await page.text()).split(`You: ${said}`).length - 1, patience).toBe(1)
    await expect.poll(() => page.prompt.inputValue(), patience).toBe('')
  }
  host.freeze(true)
  await page.say('think about pears')
  await page.comesTo('Your prompt is on its way to the host.')
  await losesTheLine()
  await comesBack('think about pears')

  await page.newSession.click()
  await page.comesTo('Ready')
  host.freeze(true)
  await page.say('think about plums')
  await page.comesTo('Starting')
  await losesTheLine()
  await comesBack('think about plums')
  expect(await page.text()).not.toContain('pears')
  const rows = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem')
  expect(await rows.count()).toBe(2)
})

test('without a line the settings say why they know nothing, and a search leaves the list as it was', async () => {
  const host = startHost(await temporaryFolder())
  const page = await browser.open(await host.url())
  await page.sayAndWait('read README.md')
  await host.kill('SIGKILL')
  await page.comesTo('Nothing answers')
  const rows = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem')
  await page.page.keyboard.press('Control+k')
  await page.page.keyboard.type('lighthouse')
  await page.page.getByText('It could not be searched').waitFor()
  await page.page.keyboard.press('Escape')
  expect(await rows.count()).toBe(1)
  await page.page.getByRole('button', { name: 'Settings' }).click()
  const dialog = page.page.getByRole('dialog', { name: 'Settings' })
  await expect.poll(() => dialog.getByRole('alert').allInnerTexts(), patience).toEqual(Array.from({ length: 2 }, () => expect.stringContaining('Nothing answers at this address')))
})
