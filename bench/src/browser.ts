import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { chromium, type CDPSession, type Page } from 'playwright'
import type { BenchPage } from '../page/main.ts'
import { findChromium } from '../../scripts/find-chromium.mjs'
import { pageFolder } from './build/build-page.ts'
import { scriptMs, traceCategories } from './script-time.ts'

/** Secure, as an app's page is: without that a page has no `crypto.randomUUID`. */
const origin = 'https://bench.test'
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** The page's own functions, called from here. */
export interface BrowserPage {
  call<Name extends keyof BenchPage>(name: Name, ...parameters: Parameters<BenchPage[Name]>): Promise<Awaited<ReturnType<BenchPage[Name]>>>
  /** Ms of script that the page runs meanwhile. */
  scriptMs(work: () => Promise<void>): Promise<number>
  readonly cdp: CDPSession
}

/** Opens the bench's page in a browser of its own, and closes it after. */
export async function inBrowser<Value>(use: (page: BrowserPage) => Promise<Value>): Promise<Value> {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  try {
    const page = await browser.newPage()
    const failures: Error[] = []
    page.on('pageerror', (error) => failures.push(error))
    await serve(page)
    await page.goto(`${origin}/index.html`)
    await page.waitForFunction('globalThis.benchPage !== undefined')
    const cdp = await page.context().newCDPSession(page)
    const value = await use({
      cdp,
      call: (name, ...parameters) => page.evaluate(`globalThis.benchPage.${name}(...${JSON.stringify(parameters)})`),
      async scriptMs(work) {
        await browser.startTracing(page, { categories: traceCategories })
        await work()
        return scriptMs(await browser.stopTracing())
      },
    })
    if (failures[0]) throw failures[0]
    return value
  } finally {
    await browser.close()
  }
}

/** From the folder, without a server: no port is taken. */
async function serve(page: Page): Promise<void> {
  await page.route(`${origin}/**`, (route) => {
    const { pathname } = new URL(route.request().url())
    if (pathname === '/favicon.ico') return route.fulfill({ status: 204 })
    const body = readFileSync(join(pageFolder, pathname))
    return route.fulfill({ body, contentType: types[extname(pathname)] ?? 'application/octet-stream' })
  })
}
