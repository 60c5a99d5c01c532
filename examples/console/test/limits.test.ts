// What sessions may use: set in the settings, held at once, and said where it is reached.

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { type ConsolePage, patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const browser = useBrowser()

async function openSettings({ page }: ConsolePage) {
  await page.getByRole('button', { name: 'Settings' }).click()
  const form = page.getByRole('dialog', { name: 'Settings' }).getByRole('form', { name: 'Limits' })
  const field = (name: string) => form.getByRole('spinbutton', { name })
  await field('Cost of a session').waitFor()
  return { form, field, apply: form.getByRole('button', { name: 'Apply limits' }), told: form.getByRole('status', { name: 'Limits' }) }
}

test('limits hold at once for the session that is there, are said where they are reached, and hold in the next host', async () => {
  const data = await temporaryFolder()
  const host = startHost(data, { paceMs: 10 })
  const page = await browser.open(await host.url())
  await page.sayAndWait('read README.md')
  const { field, apply, told, form } = await openSettings(page)
  expect([await field('Cost of a session').inputValue(), await field('Stalled after').inputValue(), await field('Waiting prompts').inputValue()]).toEqual(['', '15', '32'])

  // What is none is said at its field, and cannot be set.
  await field('Stalled after').fill('0')
  await field('Waiting prompts').fill('')
  const problem = form.getByText('A silence counts as a stall after 0.5 to 1,440 minutes.')
  await problem.waitFor()
  expect(await field('Stalled after').getAttribute('aria-describedby')).toBe(await problem.getAttribute('id'))
  expect(await field('Waiting prompts').getAttribute('aria-invalid')).toBe('true')
  expect(await apply.isDisabled()).toBe(true)
  expect(await axeOf(page.page, 'dialog')).toEqual([])

  await field('Stalled after').fill('5')
  await field('Waiting prompts').fill('1')
  await field('Turns of a session').fill('2')
  await apply.click()
  await expect.poll(() => told.innerText(), patience).toContain('hold from now on')
  await page.page.keyboard.press('Escape')

  await page.say('story 300')
  await page.comesTo('Running')
  await page.say('read README.md')
  await page.page.getByText(/budget of this session is used up \(3 of 2 turns\)|used up/).first().waitFor()
  await page.stop.click()
  await page.comesTo('Stopped')

  // More is allowed again, as much as costs a cent.
  const again = await openSettings(page)
  await again.field('Turns of a session').fill('')
  await again.field('Cost of a session').fill('0.01')
  await again.apply.click()
  await expect.poll(() => again.told.innerText(), patience).toContain('hold from now on')
  await page.page.keyboard.press('Escape')
  await page.newSession.click()
  await page.say('story')
  await page.comesTo('Stopped: the limit of 0.01 USD was reached.')

  expect(page.complaints).toEqual([])
  await host.kill('SIGKILL')
  const next = await browser.open(await startHost(data).url())
  const kept = await openSettings(next)
  expect([await kept.field('Cost of a session').inputValue(), await kept.field('Stalled after').inputValue(), await kept.field('Waiting prompts').inputValue()]).toEqual(['0.01', '5', '1'])
  expect(next.complaints).toEqual([])
})

test('a host with limits that cannot be read does not start, and one that is asked for none says so', async () => {
  const data = await temporaryFolder()
  const host = startHost(data)
  const url = new URL(await host.url())
  const token = url.hash.replace('#token=', '')
  const ask = (body: string) => fetch(new URL('/api/limits', url), { method: 'POST', body, headers: { authorization: `Bearer ${token}` } })
  const refused = await ask('{"stallMinutes":0,"cleanupMinutes":1,"queuedPrompts":1,"toolOutputLines":10}')
  expect([refused.status, await refused.json()]).toEqual([400, { error: 'A silence counts as a stall after 0.5 to 1,440 minutes.' }])
  expect((await ask('no json')).status).toBe(400)
  expect((await ask('{"stallMinutes":5,"cleanupMinutes":1,"queuedPrompts":1,"toolOutputLines":10}')).status).toBe(200)
  const file = path.join(data, 'limits.json')
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ stallMinutes: 5 })
  await host.kill('SIGTERM')
  await writeFile(file, '{"stallMinutes":"long"}')
  const { code, stderr } = await startHost(data).ended
  expect([code, stderr]).toEqual([2, expect.stringContaining('The limits of sessions could not be read')])
})
