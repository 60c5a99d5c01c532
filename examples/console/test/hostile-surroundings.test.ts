// Addresses that mean nothing, a browser that keeps nothing, a host that is gone in the middle of a sentence.

import { expect, test, vi } from 'vitest'
import { patience, useBrowser, type ConsolePage } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const browser = useBrowser()

const goTo = ({ page }: ConsolePage, hash: string): Promise<void> => page.evaluate((to) => void (location.hash = to), hash)

test('an address that names what is not there says so, and leads on', async () => {
  const data = await temporaryFolder()
  await remember(data, [{ id: 'pears', title: 'About pears', messages: 4, at: Date.now() - 60_000 }])
  const url = await startHost(data).url()
  const page = await browser.open(url)
  await page.shows('number 4 of pears')

  await goTo(page, '#/playground/no-such-session')
  await page.comesTo('There is no such session any more')
  expect(await page.send.isDisabled()).toBe(true)
  await page.page.getByRole('link', { name: 'The current session of playground' }).click()
  await page.shows('number 4 of pears')

  await goTo(page, '#/nowhere/pears')
  await page.page.getByText('There is no project “nowhere” here.').waitFor()
  await page.shows('number 4 of pears')
  expect(new URL(page.page.url()).hash).toBe('#/playground')

  for (const hash of ['#', '#/', '#//', '#///7', '#/%', '#/%E0%A4%A', '#/playground/%', '#/playground/pears/-1', '#/playground/pears/999999999', '#/playground/pears/1e3', '#/playground/pears/7/8/9']) {
    await goTo(page, hash)
    await page.shows('number 4 of pears')
    await page.comesTo('Done')
  }
  const hostile = '<img src=x onerror=alert(1)>'
  await goTo(page, `#/${encodeURIComponent(hostile)}/${encodeURIComponent(hostile)}`)
  await page.page.getByText(`There is no project “${hostile}” here.`).waitFor()
  await page.shows('number 4 of pears')
  expect(await page.page.locator('img').count()).toBe(0)

  // A project of another window is found.
  const other = await browser.open(url)
  await other.page.getByRole('button', { name: 'New project' }).click()
  await other.page.getByRole('textbox', { name: 'Project name' }).fill('fresh')
  await other.page.getByRole('button', { name: 'Add' }).click()
  await other.comesTo('Ready')
  await goTo(page, '#/fresh')
  await page.comesTo('Ready')
  await page.page.getByRole('heading', { level: 1, name: 'fresh' }).waitFor()
  expect(page.complaints).toEqual([])
})

test('the address of the launch is shown nowhere', async () => {
  const url = new URL(await startHost(await temporaryFolder()).url())
  const page = await browser.open(url.href)
  await page.comesTo('Ready')
  const token = url.hash.slice('#token='.length)
  // Longer than a look at the host takes.
  await page.sayAndWait('read README.md')
  expect(await page.page.content()).not.toContain(token)
  expect(page.page.url()).not.toContain(token)
})

test.each(['denied', 'full'] as const)('with the storage of the browser %s the console works, and forgets only with the tab', async (how) => {
  const url = await startHost(await temporaryFolder()).url()
  const page = await browser.open('about:blank')
  await page.page.addInitScript((kind) => {
    const refuse = (): never => {
      throw new DOMException('Not here', kind === 'denied' ? 'SecurityError' : 'QuotaExceededError')
    }
    if (kind === 'full') Storage.prototype.setItem = refuse
    else for (const name of ['localStorage', 'sessionStorage'] as const) Object.defineProperty(globalThis, name, { get: refuse })
  }, how)
  await page.page.goto(url)
  await page.sayAndWait('read README.md')
  await page.shows('A sandbox to play in')
  await page.prompt.fill('half a thought')
  await page.newSession.click()
  await page.comesTo('Ready')
  expect(await page.prompt.inputValue()).toBe('')
  await page.page.goBack()
  await page.shows('A sandbox to play in')
  await expect.poll(() => page.prompt.inputValue(), patience).toBe('half a thought')
  // Its way in is forgotten with a reload, and it says where to find one.
  await page.page.reload()
  await page.page.getByRole('heading', { name: 'This page needs the address that the console printed' }).waitFor()
  await page.page.goto(url)
  await page.shows('A sandbox to play in')
  expect(page.complaints).toEqual([])
})

test('killed in the middle of a story and started again at the same port: the tab says so, and with the new address goes on where it was', async () => {
  const data = await temporaryFolder()
  const killed = startHost(data, { paceMs: 20 })
  const url = new URL(await killed.url())
  const page = await browser.open(url.href)
  await page.say('story')
  await page.shows('had a keeper')
  await page.prompt.fill('what I was about to say')
  // Longer than the two seconds that may be lost.
  await expect.poll(async () => (await page.text()).length, patience).toBeGreaterThan(900)
  await killed.kill('SIGKILL')
  await page.comesTo('Connection lost')
  await page.shows('had a keeper')
  const again = startHost(data, { args: ['--port', url.port] })
  const fresh = await again.url()
  await page.comesTo(/started anew/)
  // As a person does: the new address into the same tab.
  await page.page.goto(fresh)
  await page.comesTo('Interrupted')
  await page.shows('had a keeper')
  expect(await page.prompt.inputValue()).toBe('what I was about to say')
  await page.sayAndWait('read README.md')
})
