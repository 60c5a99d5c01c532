// How the page bears a session of 100,000 messages beside one of 504: a real host with its database, a real browser.
//
//   node --conditions=agent-session-source bench/long-sessions.ts     after a build of the page; CHROMIUM_BIN names the browser

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium, type CDPSession, type Page } from 'playwright'
import { rememberLong } from '../test/long-session.ts'

const sizes = { short: 504, long: 100_000 } as const
type Size = keyof typeof sizes
type Row = Record<string, number>

const hostMain = path.join(import.meta.dirname, '..', 'src', 'host', 'main.ts')
const launchArgs = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const patience = { timeout: 60_000 }
const wheelTurns = 200
const barSteps = 60
/** Of the shortest thumb, in px from the end of its track. */
const thumbMiddle = 22
/** Of the story that is streamed. */
const words = 100
const turns = 10

const folder = await mkdtemp(path.join(tmpdir(), 'console-bench-'))
for (const [id, messages] of Object.entries(sizes)) await rememberLong(folder, { id, messages, at: Date.now() })
const host = spawn(process.execPath, ['--conditions=agent-session-source', hostMain, '--port', '0', '--data', folder], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, EXAMPLE_AGENT_PACE_MS: '20' },
})
const executablePath = process.env['CHROMIUM_BIN']
const browser = await chromium.launch({ args: launchArgs, ignoreDefaultArgs: ['--hide-scrollbars'], ...(executablePath !== undefined && { executablePath }) })
try {
  const url = await addressOf()
  const measured: Record<Size, Row> = { short: await measure(url, 'short'), long: await measure(url, 'long') }
  for (const [what, value] of Object.entries(measured.long)) {
    const small = measured.short[what]
    const ratio = small === undefined || small === 0 ? '' : `  ${(value / small).toFixed(2)}×`
    console.log(`${what.padEnd(52)} ${format(small)} ${format(value)}${ratio}`)
  }
} finally {
  await browser.close()
  host.kill('SIGTERM')
  if (host.exitCode === null) await once(host, 'exit')
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

function format(value: number | undefined): string {
  return (value === undefined ? '' : Number(value.toFixed(1)).toLocaleString('en')).padStart(12)
}

async function addressOf(): Promise<string> {
  let printed = ''
  for await (const text of host.stdout.setEncoding('utf8')) {
    printed += text
    const found = /^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]+$/m.exec(printed)
    if (found !== null) return found[0]
  }
  throw new Error(`The host ended:\n${printed}`)
}

async function measure(url: string, size: Size): Promise<Row> {
  const last = sizes[size]
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable')
  // The token first: opening the page is measured with it already there, as in a tab that is opened again.
  await page.goto(url)
  await page.getByRole('textbox', { name: 'Prompt' }).waitFor()
  const row: Row = {}
  await page.evaluate((hash) => (location.hash = hash), `#/playground/${size}`)
  await inView(page, last)
  row['opening: ms to the last row'] = await timed(async () => {
    await page.reload()
    await inView(page, last)
  })
  row['opening: elements'] = await elements(page)
  row['opening: rows'] = await rows(page)
  row['opening: heap MB'] = await heap(cdp)

  const wheel = await frames(page, async () => {
    await page.mouse.move(640, 300)
    for (let turn = 0; turn < wheelTurns; turn += 1) {
      await page.mouse.wheel(0, -240)
      await page.evaluate(() => new Promise(requestAnimationFrame))
    }
  })
  Object.assign(row, spread('wheel: frame ms', wheel))
  const began = await place(page)
  const bar = await frames(page, () => dragBar(page))
  Object.assign(row, spread('bar: frame ms', bar))
  row['bar: of the way to the top, %'] = 100 * (1 - (await place(page)) / began)
  for (const [name, number] of [
    ['the first message', 1],
    ['the middle', Math.floor(last / 16) * 8 + 1],
  ] as const) {
    row[`to ${name}: ms`] = await timed(async () => {
      await page.evaluate((hash) => (location.hash = hash), `#/playground/${size}/${number}`)
      await inView(page, number)
    })
    row[`at ${name}: rows`] = await rows(page)
  }
  row['to the end: ms'] = await timed(async () => {
    await page.getByRole('button', { name: 'Latest' }).click()
    await inView(page, last)
  })
  row['after all that: elements'] = await elements(page)
  row['after all that: heap MB'] = await heap(cdp)

  await turn(page, 'story 25')
  await watchRows(page)
  const beforeStory = await spent(cdp)
  await turn(page, `story ${words}`)
  const afterStory = await spent(cdp)
  row['streaming: ms of work a delta'] = (afterStory.task - beforeStory.task) / words
  row['streaming: ms of script a delta'] = (afterStory.script - beforeStory.script) / words
  row['streaming: rows touched, prompt and answer'] = await page.evaluate(() => Reflect.get(globalThis, 'touchedRows').size)
  const beforeTurns = await spent(cdp)
  for (let number = 0; number < turns; number += 1) await turn(page, 'story 25')
  const afterTurns = await spent(cdp)
  row['turns of 25 deltas: ms of script a turn'] = (afterTurns.script - beforeTurns.script) / turns
  await context.close()
  return row
}

/** Resolves when the row of a message is within the part of the conversation that is seen. */
async function inView(page: Page, number: number): Promise<void> {
  await page.waitForFunction(
    (words) => {
      const log = document.querySelector('[role=log]')
      if (log === null) return false
      const { top, bottom } = log.getBoundingClientRect()
      return [...log.querySelectorAll('.row')].some((row) => {
        const box = row.getBoundingClientRect()
        return box.bottom > top && box.top < bottom && row.textContent.match(words) !== null
      })
    },
    `[Mm]essage ${number}\\b`,
    patience,
  )
}

/** From the place of its thumb to the top, by the mouse. */
async function dragBar(page: Page): Promise<void> {
  const box = await page.getByRole('log', { name: 'Conversation' }).boundingBox()
  if (box === null) throw new Error('The conversation is on the page.')
  const [x, from, to] = [box.x + box.width - 7, box.y + thumbMiddle + (box.height - 2 * thumbMiddle) * (await place(page)), box.y]
  await page.mouse.move(x, from)
  await page.mouse.down()
  for (let step = 1; step <= barSteps; step += 1) {
    await page.mouse.move(x, from + ((to - from) * step) / barSteps)
    await page.evaluate(() => new Promise(requestAnimationFrame))
  }
  await page.mouse.up()
}

/** Where the conversation is scrolled to, from 0 to 1. */
function place(page: Page): Promise<number> {
  return page.getByRole('log', { name: 'Conversation' }).evaluate((log) => log.scrollTop / (log.scrollHeight - log.clientHeight))
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function elements(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelectorAll('*').length)
}

function rows(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelectorAll('[role=log] .row').length)
}

async function heap(cdp: CDPSession): Promise<number> {
  for (let round = 0; round < 3; round += 1) await cdp.send('HeapProfiler.collectGarbage')
  return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6
}

/** Ms of the page's main thread: script alone; and script, layout and paint together. */
async function spent(cdp: CDPSession): Promise<{ readonly script: number; readonly task: number }> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  const ms = (wanted: string): number => (metrics.find(({ name }) => name === wanted)?.value ?? 0) * 1_000
  return { script: ms('ScriptDuration'), task: ms('TaskDuration') }
}

/** Says it and waits for the end of the turn. */
async function turn(page: Page, text: string): Promise<void> {
  const status = page.getByRole('status', { name: 'Session status' })
  await page.getByRole('textbox', { name: 'Prompt' }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
  // Before, it tells of the turn before.
  await status.filter({ hasText: 'Running' }).waitFor(patience)
  await status.filter({ hasText: 'Done' }).waitFor(patience)
}

/** How long each frame took meanwhile. */
async function frames(page: Page, work: () => Promise<unknown>): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = []
    let before = performance.now()
    const next = (now: number): void => {
      times.push(now - before)
      before = now
      if (Reflect.get(globalThis, 'frameTimes') === times) requestAnimationFrame(next)
    }
    Reflect.set(globalThis, 'frameTimes', times)
    requestAnimationFrame(next)
  })
  await work()
  const times: unknown = await page.evaluate(() => {
    const taken: unknown = Reflect.get(globalThis, 'frameTimes')
    Reflect.set(globalThis, 'frameTimes', undefined)
    return taken
  })
  return Array.isArray(times) ? times.map(Number) : []
}

function spread(name: string, times: readonly number[]): Row {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  return { [`${name}, median`]: at(0.5), [`${name}, 95 %`]: at(0.95), [`${name}, worst`]: at(1) }
}

async function watchRows(page: Page): Promise<void> {
  await page.evaluate(() => {
    const touched = new Set<Node>()
    Reflect.set(globalThis, 'touchedRows', touched)
    const log = document.querySelector('[role=log]')
    if (log === null) return
    new MutationObserver((records) => {
      for (const { target, type, addedNodes } of records) {
        const row = (target instanceof Element ? target : target.parentElement)?.closest('.row')
        if (row) touched.add(row)
        else if (type === 'childList') for (const node of addedNodes) if (node instanceof Element) for (const made of [node, ...node.querySelectorAll('*')]) if (made.matches('.row')) touched.add(made)
      }
    }).observe(log, { subtree: true, childList: true, characterData: true })
  })
}
