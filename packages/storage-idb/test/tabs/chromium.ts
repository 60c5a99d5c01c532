import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { connectDevTools, type DevTools } from './dev-tools.ts'
import type { Tab, Told } from './tab.ts'

// Not by Playwright: its pages are visible all the time, cannot be frozen, and their timers are never slowed down.

const args = [
  '--headless=new',
  '--remote-debugging-port=0',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--password-store=basic',
]

/** Secure, as an app's page is: Web Locks ask for it. Nothing is served on the network. */
export const origin = 'https://tabs.test'

/** A person's own Chromium, with a profile on disk that outlives it, and pages that share it. */
export class Chromium {
  readonly #devTools: DevTools
  readonly #gone: Promise<unknown>
  readonly #script: string

  private constructor(devTools: DevTools, gone: Promise<unknown>, script: string) {
    this.#devTools = devTools
    this.#gone = gone
    this.#script = script
  }

  /** `more`: arguments of the program. */
  static async launch(profile: string, script: string, more: readonly string[] = []): Promise<Chromium> {
    const program = process.env['CHROMIUM_BIN'] ?? 'chromium'
    const browser = spawn(program, [...args, ...more, `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
    const gone = new Promise((resolve) => browser.once('exit', resolve))
    const address = await new Promise<string>((resolve, reject) => {
      let said = ''
      browser.once('error', reject)
      browser.once('exit', () => reject(new Error(`${program} has ended: ${said}`)))
      browser.stderr.setEncoding('utf8').on('data', (text) => {
        said += text
        const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
        if (found !== undefined) resolve(found)
      })
    })
    return new Chromium(await connectDevTools(address), gone, script)
  }

  /** In the foreground; the page that was there is hidden from then on. */
  async open(name: string, { saveDelayMs, from = origin }: { readonly saveDelayMs?: number; readonly from?: string } = {}): Promise<TabPage> {
    const { targetId } = await this.#devTools.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.#devTools.send('Target.attachToTarget', { targetId, flatten: true })
    const tab = new TabPage(
      (method, parameters) => this.#devTools.send(method, parameters, String(sessionId)),
      async () => void (await this.#devTools.send('Target.closeTarget', { targetId })),
    )
    this.#devTools.listen(String(sessionId), (method, parameters) => {
      if (method === 'Runtime.bindingCalled') tab.hear(JSON.parse(String(parameters['payload'])))
      if (method === 'Fetch.requestPaused') tab.asked(String(parameters['requestId']), String(Object(parameters['request']).url))
      if (method === 'Page.loadEventFired') tab.loaded()
    })
    await tab.load(from, `(() => {
      globalThis.tell = (told) => tellTest(JSON.stringify(told))
      ${this.#script}
      openTab(${JSON.stringify(name)}, ${saveDelayMs})
    })()`)
    return tab
  }

  async close(): Promise<void> {
    // It may be gone already.
    await this.#devTools.send('Browser.close').catch(() => {})
    await this.#gone
  }

  /** The browser's own process, which is the one that writes the disk; at once and without a word. */
  async kill(): Promise<void> {
    const { processInfo } = await this.#devTools.send('SystemInfo.getProcessInfo')
    const processes: { readonly type: string; readonly id: number }[] = Array.isArray(processInfo) ? processInfo : []
    const browser = processes.find(({ type }) => type === 'browser')
    if (browser === undefined) throw new Error('Chromium does not name its process.')
    process.kill(browser.id, 'SIGKILL')
    await this.#gone
  }
}

export class TabPage {
  readonly problems: string[] = []
  /** All else that it told, in order. */
  readonly told: Exclude<Told, { type: 'problem' }>[] = []
  readonly send: (method: string, parameters?: object) => Promise<Readonly<Record<string, unknown>>>
  readonly close: () => Promise<void>
  readonly #heard = new EventTarget()
  readonly #loading: Promise<void>
  /** Resolves when the page has frozen itself, with what lets it go on. */
  readonly frozen: Promise<() => Promise<void>>
  loaded = (): void => {}
  isFrozen = (_letGo: () => Promise<void>): void => {}

  constructor(send: TabPage['send'], close: () => Promise<void>) {
    this.send = send
    this.close = close
    this.#loading = new Promise((resolve) => (this.loaded = resolve))
    this.frozen = new Promise((resolve) => (this.isFrozen = resolve))
  }

  async load(from: string, script: string): Promise<void> {
    for (const domain of ['Page', 'Runtime']) await this.send(`${domain}.enable`)
    await this.send('Runtime.addBinding', { name: 'tellTest' })
    await this.send('Fetch.enable', { patterns: [{ urlPattern: `${from}/*` }] })
    await this.send('Page.navigate', { url: from })
    await this.#loading
    await this.#evaluate(script)
  }

  asked(requestId: string, url: string): void {
    if (url.endsWith('/frozen')) this.isFrozen(() => this.#answer(requestId))
    else void this.#answer(requestId)
  }

  async #answer(requestId: string): Promise<void> {
    const body = Buffer.from('<!doctype html><title>A tab</title>').toString('base64')
    await this.send('Fetch.fulfillRequest', { requestId, responseCode: 200, responseHeaders: [{ name: 'content-type', value: 'text/html' }], body })
  }

  hear(told: Told): void {
    if (told.type === 'problem') this.problems.push(told.text)
    else this.told.push(told)
    this.#heard.dispatchEvent(new Event(told.type))
  }

  /** Resolves when it tells this the next time. */
  hears(type: Told['type']): Promise<void> {
    return new Promise((resolve) => this.#heard.addEventListener(type, () => resolve(), { once: true }))
  }

  /** Runs in the page. */
  async do<Value, Argument>(work: (tab: Tab, argument: Argument) => Value | Promise<Value>, argument?: Argument): Promise<Value> {
    return (await this.#evaluate(`(${work.toString()})(tab, ${JSON.stringify(argument)})`)) as Value
  }

  /** The number of the last word that it told so, up to then (ms of the page); 0 where there is none. */
  last(type: 'shown' | 'committed' | 'acknowledged', at = Infinity): number {
    return this.told.findLast((one) => one.type === type && one.at <= at)?.count ?? 0
  }

  get acknowledged(): number {
    return this.last('acknowledged')
  }

  /** The process of the page is gone at once. */
  crash(): void {
    // It never answers.
    this.send('Page.crash').catch(() => {})
  }

  /** As the browser does to save energy: hidden, and no task of the page runs until `thaw`. */
  async freeze(): Promise<void> {
    await this.send('Page.setWebLifecycleState', { state: 'frozen' })
  }

  async thaw(): Promise<void> {
    await this.send('Page.setWebLifecycleState', { state: 'active' })
  }

  /** In the foreground; the page that was there is hidden from then on. */
  async show(): Promise<void> {
    await this.send('Page.bringToFront')
  }

  async #evaluate(expression: string): Promise<unknown> {
    const answer: Readonly<Record<string, unknown>> = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (answer['exceptionDetails'] !== undefined) throw new Error(`In the page: ${JSON.stringify(answer['exceptionDetails'])}`)
    return Object(answer['result']).value
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
