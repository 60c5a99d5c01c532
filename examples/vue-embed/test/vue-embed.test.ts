import { createRequire } from 'node:module'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type axeCore from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright'
import { build, preview, type PreviewServer } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** In the page, once it was put there. */
declare const axe: typeof axeCore

let outDir: string
let server: PreviewServer
let browser: Browser
let page: Page
let problems: string[]

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'vue-embed-'))
  await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } })
  server = await preview({ root, logLevel: 'warn', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
  const executablePath = process.env['CHROMIUM_BIN']
  browser = await chromium.launch({ args, ...(executablePath !== undefined && { executablePath }) })
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
  await rm(outDir, { recursive: true, force: true })
})

beforeEach(async () => {
  problems = []
  page = await openTab(await browser.newContext())
})

async function openTab(context: BrowserContext): Promise<Page> {
  const tab = await context.newPage()
  tab.on('pageerror', (error) => problems.push(error.message))
  tab.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text())
  })
  await tab.goto(server.resolvedUrls?.local[0] ?? '')
  return tab
}

afterEach(async () => {
  await page.context().close()
  if (problems.length > 0) throw new Error(`The page reported: ${problems.join('; ')}`)
})

const log = (tab = page) => tab.getByRole('log', { name: 'Conversation' })
const status = (tab = page) => tab.getByRole('status', { name: 'Session status' })
const permission = (tab = page) => tab.getByRole('group', { name: 'Permission' })
const column = (name: string, tab = page) => tab.getByRole('region', { name })
const reading = (tab = page) => tab.getByRole('group', { name: 'Another tab' })

async function prompt(text: string, tab = page): Promise<void> {
  await tab.getByRole('textbox', { name: 'Prompt' }).fill(text)
  await tab.getByRole('button', { name: 'Send' }).click()
}

const shows = (place: ReturnType<typeof log>, text: string | RegExp) => place.filter({ hasText: text }).waitFor({ timeout: 20_000 })
const timesIn = (text: string, words: string): number => text.split(words).length - 1

test('the agent works on the board, and asks before it moves a card', { timeout: 60_000 }, async () => {
  await prompt('Tidy up')
  await shows(status(), 'Working')
  await permission().waitFor({ timeout: 20_000 })
  await shows(status(), 'Waiting for you')
  await page.getByRole('list', { name: 'Plan' }).waitFor()
  expect(await column('Done').getByText('Fix the sign-up form').count()).toBe(0)
  await permission().getByRole('button', { name: 'Allow' }).click()
  await shows(status(), 'Done')
  expect(await permission().count()).toBe(0)
  expect(await column('Done').getByText('Fix the sign-up form').count()).toBe(1)
  expect(await column('To do').getByText('Thank the volunteers').count()).toBe(1)
  await shows(log(), 'is done now')
})

test('what is rejected is left', { timeout: 60_000 }, async () => {
  await prompt('move the venue to done')
  await permission().getByRole('button', { name: 'Reject' }).click()
  await shows(log(), 'Then I leave it where it is.')
  expect(await column('To do').getByText('Book the venue').count()).toBe(1)
})

test('a reload in the middle: the text is there, the session says it was interrupted, and it goes on', { timeout: 60_000 }, async () => {
  await prompt('Draft the announcement')
  // What is lost at most is what came in the last two seconds: a few dozen words.
  await shows(log(), 'on stage')
  const before = await log().innerText()
  await page.reload()
  await shows(status(), 'Interrupted')
  await shows(log(), 'Doors are at six')
  const after = await log().innerText()
  expect(timesIn(after, 'Draft the announcement')).toBe(1)
  expect(timesIn(after, 'Dear friends')).toBe(1)
  expect(after.length).toBeGreaterThanOrEqual(before.length - 300)
  await prompt('add Order the flowers')
  await shows(log(), '“Order the flowers” is on the board.')
  await shows(status(), 'Done')
  const end = await log().innerText()
  expect(timesIn(end, 'Dear friends')).toBe(1)
  expect(end.indexOf('add Order the flowers')).toBeGreaterThan(end.indexOf('Dear friends'))
  await page.reload()
  await shows(status(), 'Done')
  expect((await log().innerText()).trim()).toBe(end.trim())
  expect(await column('To do').getByText('Order the flowers').count()).toBe(1)
})

test('a reload while it waits for an answer leaves no button that would lie', { timeout: 60_000 }, async () => {
  await prompt('move the venue to done')
  await permission().waitFor()
  await page.locator('[data-saved=saved]').waitFor()
  await page.reload()
  await shows(status(), 'Interrupted')
  await shows(log(), 'move_card')
  expect(await permission().count()).toBe(0)
})

test('Stop stops, and a new session begins empty', { timeout: 60_000 }, async () => {
  await prompt('Draft the announcement')
  await shows(log(), 'Dear friends')
  await page.getByRole('button', { name: 'Stop' }).click()
  await shows(status(), 'Stopped')
  const stopped = await log().innerText()
  await page.getByRole('button', { name: 'New session' }).click()
  await shows(log(), 'Ask about the board')
  await prompt('Summarise the board')
  await shows(status(), 'Done')
  const text = await log().innerText()
  expect(stopped).toContain('Dear friends')
  expect(text).not.toContain('Dear friends')
  expect(text).toContain('There are 6 cards')
})

test('two tabs: one writes, the other follows and says so, takes over, and the first follows it', { timeout: 90_000 }, async () => {
  const other = await openTab(page.context())
  await reading(other).waitFor({ timeout: 20_000 })
  expect(await other.getByRole('textbox', { name: 'Prompt' }).isDisabled()).toBe(true)

  await prompt('add Order the flowers')
  await shows(log(other), '“Order the flowers” is on the board.')
  await shows(status(other), 'Done')
  await column('To do', other).getByText('Order the flowers').waitFor({ timeout: 20_000 })

  await prompt('Draft the announcement')
  await shows(log(other), 'Dear friends')
  await shows(status(other), 'Working')
  await other.getByRole('button', { name: 'Take over' }).click()
  await reading(page).waitFor({ timeout: 20_000 })
  await reading(other).waitFor({ state: 'detached' })
  await shows(status(other), 'Interrupted')

  await prompt('move the venue to done', other)
  await permission(other).getByRole('button', { name: 'Allow' }).click()
  await shows(status(other), 'Done')
  await shows(log(), 'Moved “Book the venue” to Done.')
  await shows(status(), 'Done')
  expect(await permission().count()).toBe(0)
  await column('Done').getByText('Book the venue').waitFor({ timeout: 20_000 })
  for (const tab of [page, other]) expect(timesIn(await log(tab).innerText(), 'Dear friends')).toBe(1)
  expect(problems).toEqual([])
})

test('the tab that writes is closed: the other one writes, and goes on', { timeout: 90_000 }, async () => {
  const other = await openTab(page.context())
  await reading(other).waitFor({ timeout: 20_000 })
  await prompt('Summarise the board')
  await shows(log(other), 'There are 6 cards')
  await page.close()
  await reading(other).waitFor({ state: 'detached', timeout: 20_000 })
  await prompt('add Order the flowers', other)
  await shows(log(other), '“Order the flowers” is on the board.')
  expect(timesIn(await log(other).innerText(), 'There are 6 cards')).toBe(1)
  await other.context().close()
})

test('a new session in the tab that writes is followed into', { timeout: 60_000 }, async () => {
  await prompt('add Order the flowers')
  await shows(status(), 'Done')
  const other = await openTab(page.context())
  await shows(log(other), '“Order the flowers” is on the board.')
  await page.getByRole('button', { name: 'New session' }).click()
  await prompt('Summarise the board')
  await shows(log(other), 'There are 7 cards')
  expect(await log(other).innerText()).not.toContain('is on the board.')
})

test.each([
  ['there is no IndexedDB', () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }), /there is none for this page/],
  [
    'a private window forbids it, and localStorage too',
    () => {
      const deny = (): never => {
        throw new DOMException('The operation is insecure.', 'SecurityError')
      }
      IDBFactory.prototype.open = deny
      Object.defineProperty(globalThis, 'localStorage', { get: deny })
    },
    /insecure/,
  ],
])('F8 %s: the page says so before anything is written, and works all the same', { timeout: 60_000 }, async (_, forbid, words) => {
  const context = await browser.newContext()
  await context.addInitScript(forbid)
  const tab = await openTab(context)
  await shows(tab.getByRole('group', { name: 'Nothing is kept' }), words)
  await prompt('add Order the flowers', tab)
  await shows(log(tab), '“Order the flowers” is on the board.')
  await shows(status(tab), 'Done')
  await context.close()
})

test('nonsense is shown as it is, and nothing of it is markup', { timeout: 60_000 }, async () => {
  const nonsense = `<img src=x onerror=alert(1)> ${'\u202E'} ${'🪁'.repeat(200)} \u0000 move to to done`
  await page.getByRole('textbox', { name: 'Prompt' }).fill('   ')
  expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
  await page.keyboard.press('Enter')
  await shows(status(), 'Ready')
  await prompt(nonsense)
  await shows(status(), 'Done')
  await shows(log(), '<img src=x onerror=alert(1)>')
  expect(await log().locator('img').count()).toBe(0)
})

test('whoever reads the end goes on reading it in a window that becomes small', { timeout: 60_000 }, async () => {
  await prompt('Draft the announcement')
  await shows(status(), 'Done')
  const fromEnd = () => log().evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)
  await expect.poll(fromEnd).toBeLessThan(2)
  await page.setViewportSize({ width: 800, height: 500 })
  await expect.poll(fromEnd).toBeLessThan(2)
  await page.setViewportSize({ width: 390, height: 780 })
  await expect.poll(fromEnd).toBeLessThan(2)
})

test('by keyboard alone: ask and answer', { timeout: 60_000 }, async () => {
  await page.getByRole('textbox', { name: 'Prompt' }).focus()
  await page.keyboard.type('move the venue to done')
  await page.keyboard.press('Enter')
  await permission().waitFor()
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Allow')
  await page.keyboard.press('Enter')
  await shows(log(), 'Moved “Book the venue” to Done.')
  await shows(status(), 'Done')
})

test('axe finds nothing: light, dark, small', { timeout: 60_000 }, async () => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await prompt('Tidy up')
  await permission().waitFor({ timeout: 20_000 })
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core') })
  for (const [colorScheme, width] of [['light', 1280], ['dark', 1280], ['light', 390]] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    const found = await page.evaluate(async () => {
      const { violations } = await axe.run()
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })
    expect({ colorScheme, width, found }).toEqual({ colorScheme, width, found: [] })
  }
})

test('what embeds the agent is under 60 lines, markup and all', async () => {
  const folder = join(root, 'src/agent')
  const names = (await readdir(folder)).filter((name) => name !== 'board-agent.ts')
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  const lines = sum(texts.map(codeLines))
  expect(lines).toBeGreaterThan(20)
  expect(lines).toBeLessThan(60)
})

test('nothing else of the app knows of agents, but that a panel is there', async () => {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((name) => /\.(ts|vue)$/.test(name) && !name.startsWith('agent'))
  const knowing = await Promise.all(files.map(async (name) => (/@agent-session|\/agent\//.test(await readFile(join(root, 'src', name), 'utf8')) ? [name] : [])))
  expect(knowing.flat().sort()).toEqual(['App.vue', 'main.ts'])
})

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Without blank lines and comments. */
const codeLines = (text: string): number => text.split('\n').filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length
