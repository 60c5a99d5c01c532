import { chromium, type Browser, type Locator, type Page } from 'playwright'
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest'

const launchArgs = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Long enough for a machine that is busy with other tests; nothing waits for it that has happened. */
export const patience = { timeout: 20_000, interval: 25 }

/** One browser for the tests of a file; each page is a person of their own. */
export function useBrowser(): { open(url: string): Promise<ConsolePage> } {
  let browser: Browser | undefined
  beforeAll(async () => {
    const executablePath = process.env['CHROMIUM_BIN']
    browser = await chromium.launch({ args: launchArgs, ...(executablePath !== undefined && { executablePath }) })
  }, 60_000)
  afterAll(() => browser?.close())
  return {
    async open(url) {
      if (browser === undefined) throw new Error('The browser is launched before the tests.')
      const context = await browser.newContext()
      onTestFinished(() => context.close())
      const page = await context.newPage()
      page.setDefaultTimeout(patience.timeout)
      const consolePage = new ConsolePage(page)
      await page.goto(url)
      return consolePage
    },
  }
}

/** The page by the names that assistive technology gives its parts. They are fixed: people outside rely on them. */
export class ConsolePage {
  readonly page: Page
  readonly log: Locator
  readonly prompt: Locator
  readonly send: Locator
  readonly stop: Locator
  readonly permission: Locator
  readonly status: Locator
  readonly newSession: Locator
  /** What the browser complained about: scripts and styles that were refused, exceptions. */
  readonly complaints: string[] = []

  constructor(page: Page) {
    this.page = page
    this.log = page.getByRole('log', { name: 'Conversation' })
    this.prompt = page.getByRole('textbox', { name: 'Prompt' })
    this.send = page.getByRole('button', { name: 'Send' })
    this.stop = page.getByRole('button', { name: 'Stop' })
    this.permission = page.getByRole('group', { name: 'Permission' })
    this.status = page.getByRole('status', { name: 'Session status' })
    this.newSession = page.getByRole('button', { name: 'New session' })
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()))
  }

  async say(text: string): Promise<void> {
    await this.prompt.fill(text)
    await this.send.click()
  }

  /** Says it and waits for the end of the turn. */
  async sayAndWait(text: string): Promise<void> {
    await this.say(text)
    await this.shows(text)
    await this.comesTo('Done')
  }

  async answer(option: string | RegExp): Promise<void> {
    await this.permission.getByRole('button', { name: option }).click()
  }

  async comesTo(status: string | RegExp): Promise<void> {
    await untilMatch(() => this.status.innerText(), status)
  }

  async shows(text: string | RegExp): Promise<void> {
    await untilMatch(() => this.text(), text)
  }

  /** Resolves when the conversation has not moved for some frames: a key scrolls smoothly. */
  async rests(): Promise<void> {
    await this.log.evaluate(async (log) => {
      for (let [before, still] = [log.scrollTop, 0]; still < 6; still = log.scrollTop === before ? still + 1 : 0) {
        before = log.scrollTop
        await new Promise(requestAnimationFrame)
      }
    })
  }

  /** The conversation, all white space a single blank. */
  async text(): Promise<string> {
    return flat(await this.log.innerText())
  }
}

/** Resolves when it has the focus: what is pressed next is for it. */
export async function focused(place: Locator): Promise<void> {
  await expect.poll(() => place.evaluate((element) => element === document.activeElement), patience).toBe(true)
}

async function untilMatch(read: () => Promise<string>, wanted: string | RegExp): Promise<void> {
  await vi.waitFor(async () => {
    const text = await read()
    if (typeof wanted === 'string' ? !text.includes(wanted) : !wanted.test(text)) throw new Error(`Wanted ${wanted}, and there is: ${text}`)
  }, patience)
}

export const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
