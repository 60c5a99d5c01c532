import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type BrowserContext, type CDPSession, type Page } from 'playwright'
import { build } from 'vite'
import type { Tab, Told } from './tab.ts'

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Secure, as an app's page is: Web Locks ask for it. Nothing is served on the network. */
const origin = 'https://tabs.test'

/** A person's own Chromium, with a profile on disk that outlives it, and pages that share it. */
export class Chromium {
  readonly #context: BrowserContext
  readonly #session: CDPSession
  readonly #script: string

  private constructor(context: BrowserContext, session: CDPSession, script: string) {
    this.#context = context
    this.#session = session
    this.#script = script
  }

  static async launch(profile: string, script: string): Promise<Chromium> {
    const executablePath = process.env['CHROMIUM_BIN']
    const context = await chromium.launchPersistentContext(profile, { args, ...(executablePath !== undefined && { executablePath }) })
    const session = await context.browser()?.newBrowserCDPSession()
    if (session === undefined) throw new Error('The context has no browser.')
    return new Chromium(context, session, script)
  }

  async open(name: string, { saveDelayMs }: { readonly saveDelayMs?: number } = {}): Promise<TabPage> {
    const page = await this.#context.newPage()
    await page.route(`${origin}/**`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>A tab</title>' }))
    const tab = new TabPage(page)
    await page.exposeFunction('tell', (told: Told) => tab.hear(told))
    await page.goto(`${origin}/`)
    await page.addScriptTag({ content: this.#script })
    await page.evaluate(`void openTab(${JSON.stringify(name)}, ${saveDelayMs})`)
    return tab
  }

  close(): Promise<void> {
    return this.#context.close()
  }

  /** The browser's own process, which is the one that writes the disk; at once and without a word. */
  async kill(): Promise<void> {
    const { processInfo } = await this.#session.send('SystemInfo.getProcessInfo')
    const browser = processInfo.find(({ type }) => type === 'browser')
    if (browser === undefined) throw new Error('Chromium does not name its process.')
    const gone = new Promise((resolve) => this.#context.once('close', resolve))
    process.kill(browser.id, 'SIGKILL')
    await gone
  }
}

export class TabPage {
  readonly page: Page
  readonly problems: string[] = []
  /** What was shown, and when. */
  readonly shown: { readonly count: number; readonly at: number }[] = []
  acknowledged = 0

  constructor(page: Page) {
    this.page = page
  }

  hear(told: Told): void {
    if (told.type === 'problem') this.problems.push(told.text)
    else if (told.type === 'acknowledged') this.acknowledged = told.count
    else this.shown.push({ count: told.count, at: performance.now() })
  }

  /** Runs in the page. */
  do<Value, Argument>(work: (tab: Tab, argument: Argument) => Value | Promise<Value>, argument?: Argument): Promise<Value> {
    return this.page.evaluate(`(${work.toString()})(tab, ${JSON.stringify(argument)})`)
  }

  shownBefore(at: number): number {
    return this.shown.findLast((one) => one.at <= at)?.count ?? 0
  }
}

/** The script of the pages, as one text. */
export async function buildTab(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['agent-session-source'] },
    build: { write: false, target: 'es2023', lib: { entry: fileURLToPath(new URL('tab.ts', import.meta.url)), formats: ['iife'], name: 'tabScript' } },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (!output || !('output' in output)) throw new Error('Nothing was built.')
  return output.output[0].code
}

export function makeProfile(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'agent-session-tabs-'))
  // The processes that were killed may not have gone yet.
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }) }
}
