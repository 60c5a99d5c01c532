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
