// What happens where nobody looks: toasts, the browser's own notifications, and what was missed.

import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { patience, useBrowser, type ConsolePage } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

interface Shown {
  readonly title: string
  readonly body: string
  readonly tag: string
  closed: boolean
}

/** A browser whose notifications are kept and not shown, and whose page can be put out of view. */
async function openWatched(url: string, permission: NotificationPermission): Promise<ConsolePage> {
  const page = await browser.open('about:blank')
  await page.page.addInitScript((answer) => {
    const shown: unknown[] = []
    let now: string = answer === 'denied' ? 'denied' : 'default'
    let asked = 0
    class Kept extends EventTarget {
      static get permission(): string {
        return now
      }
      static async requestPermission(): Promise<string> {
        asked += 1
        return (now = answer)
      }
      readonly title: string
      readonly body: string
      readonly tag: string
      closed = false
      constructor(title: string, { body, tag }: { body: string; tag: string }) {
        super()
        this.title = title
        this.body = body
        this.tag = tag
        shown.push(this)
      }
      close(): void {
        this.closed = true
      }
    }
    let hidden = false
    Object.defineProperty(document, 'hidden', { get: () => hidden })
    Object.assign(window, {
      Notification: Kept,
      hide: (to: boolean) => {
        hidden = to
        document.dispatchEvent(new Event('visibilitychange'))
      },
      notices: () => shown,
      asked: () => asked,
      press: (at: number) => (shown[at] as Kept).dispatchEvent(new Event('click')),
    })
  }, permission)
  await page.page.goto(url)
  await page.prompt.waitFor()
  return page
}

const inPage = <Result>(page: ConsolePage, code: string): Promise<Result> => page.page.evaluate(code)
const hide = (page: ConsolePage, hidden: boolean): Promise<void> => inPage(page, `hide(${hidden})`)
const notices = (page: ConsolePage): Promise<Shown[]> => inPage(page, 'notices().map(({ title, body, tag, closed }) => ({ title, body, tag, closed }))')
const toasts = (page: ConsolePage) => page.page.getByRole('region', { name: 'Notifications' })

async function allow(page: ConsolePage): Promise<void> {
  await page.page.getByRole('button', { name: 'Settings' }).click()
  const box = page.page.getByRole('checkbox', { name: 'Tell me when a session needs me' })
  expect(await inPage(page, 'asked()')).toBe(0)
  await box.click()
  await expect.poll(() => box.isChecked(), patience).toBe(true)
  expect(await axeOf(page.page, 'dialog')).toEqual([])
  await page.page.keyboard.press('Escape')
}

test('the browser tells of a session that asks or ends while the page is not in view, once, and a click leads there', async () => {
  const page = await openWatched(await startHost(await temporaryFolder()).url(), 'granted')
  await page.sayAndWait('mode')
  await allow(page)
  await page.say('run echo the secret is 42')
  await page.permission.waitFor()
  // In view of the session itself nobody has to be told.
  expect(await notices(page)).toEqual([])
  await page.answer('Reject')
  await page.comesTo('Done')

  await hide(page, true)
  await page.say('run echo the secret is 42')
  await expect.poll(() => notices(page), patience).toEqual([{ title: 'mode', body: 'Waits for your answer', tag: expect.stringMatching(/^agent-session:/), closed: false }])
  await page.answer('Reject')
  // Answered, it is no news; that the run has ended is.
  await expect.poll(async () => (await notices(page)).map(({ body, closed }) => [body, closed]), patience).toEqual([
    ['Waits for your answer', true],
    ['Is done', false],
  ])
  const [asked, ended] = await notices(page)
  expect(ended?.tag).toBe(asked?.tag)

  await page.newSession.click()
  await inPage(page, 'press(1)')
  await page.shows('The mode is ask')
  await hide(page, false)
  await page.page.getByRole('button', { name: 'Settings' }).click()
  await page.page.getByRole('checkbox').click()
  await page.page.keyboard.press('Escape')
  await hide(page, true)
  await page.sayAndWait('recall')
  expect(await notices(page)).toHaveLength(2)
  expect(page.complaints).toEqual([])
})

test('a browser that says no: the settings say how to allow it', async () => {
  const page = await openWatched(await startHost(await temporaryFolder()).url(), 'denied')
  await page.page.getByRole('button', { name: 'Settings' }).click()
  const box = page.page.getByRole('checkbox', { name: 'Tell me when a session needs me' })
  await page.page.getByText('The browser blocks them for this page. To allow them').waitFor()
  expect(await box.isDisabled()).toBe(true)
  expect(await axeOf(page.page, 'dialog')).toEqual([])
})

test('what ended and what asks while the line was down is told when it is back, once, and the badges are right', async () => {
  const url = await startHost(await temporaryFolder(), { paceMs: 40 }).url()
  const page = await openWatched(url, 'granted')
  // Another window, which stays on the line.
  const other = await browser.open(url)
  const running = (window: ConsolePage) => window.page.getByRole('navigation', { name: 'Projects' }).getByText('Running')
  await page.say('story 300')
  await page.shows('lighthouse')
  await page.newSession.click()
  await page.say('story 200')
  await page.shows('lighthouse')
  await page.newSession.click()
  await page.page.context().setOffline(true)
  await page.comesTo('This browser is offline')
  await expect.poll(() => running(other).count(), patience).toBe(0)
  await other.newSession.click()
  await other.say('run echo hello')
  await other.permission.waitFor()
  expect(await toasts(page).innerText()).not.toContain('completed')
  await page.page.context().setOffline(false)
  await page.comesTo('Ready')
  await expect.poll(() => toasts(page).getByRole('link', { name: 'Agent completed on playground' }).count(), patience).toBe(2)
  await expect.poll(() => toasts(page).getByRole('link', { name: 'run echo hello: waits for your answer' }).count(), patience).toBe(1)
  await expect.poll(() => page.page.getByRole('navigation', { name: 'Projects' }).getByText('Asks').count(), patience).toBe(1)
  // The one that asks is under way, and no other.
  expect(await running(page).allTextContents()).toEqual([', Running: waits for your answer'])
})

test('toasts wait while they are read, are dismissed by keys, and give the focus back', async () => {
  const page = await browser.open(await startHost(await temporaryFolder()).url())
  await page.prompt.waitFor()
  const refused = (name: string) => ({ name, mimeType: 'application/zip', buffer: Buffer.from([0, 1]) })
  await page.page.getByRole('main').locator('input[type=file]').setInputFiles(['1.zip', '2.zip', '3.zip', '4.zip', '5.zip', '6.zip'].map(refused))
  const cards = toasts(page).getByRole('button', { name: 'Dismiss', exact: true })
  await expect.poll(() => cards.count(), patience).toBe(4)
  expect(await toasts(page).innerText()).toContain('and 2 more')
  expect(await toasts(page).getByRole('alert').innerText()).toContain('6.zip is neither')
  expect(await axeOf(page.page, 'body')).toEqual([])
  await page.prompt.focus()
  await page.page.keyboard.press('F8')
  const inToasts = (): Promise<boolean> => page.page.evaluate(() => document.activeElement?.closest('[aria-label=Notifications]') !== null)
  expect(await inToasts()).toBe(true)
  for (let left = 6; left > 0; left -= 1) {
    expect(await inToasts()).toBe(true)
    const before = await toasts(page).innerText()
    // "Dismiss all" comes last while there are more than fit.
    if (await page.page.evaluate(() => document.activeElement?.textContent === 'Dismiss all')) await page.page.keyboard.press('Enter')
    else await page.page.keyboard.press('Escape')
    await expect.poll(() => toasts(page).innerText(), patience).not.toBe(before)
    if ((await cards.count()) === 0) break
  }
  expect(await page.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Prompt')
})
