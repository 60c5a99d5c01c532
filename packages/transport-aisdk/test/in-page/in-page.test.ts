import { fileURLToPath } from 'node:url'
import * as ai from 'ai'
import * as test from 'ai/test'
import { chromium, type Browser, type Page } from 'playwright'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { type BackEnd, serveBackEnd } from '../real-back-end.mjs'
import type { ChatPage } from './page.ts'

// A real Chromium, on a page of the back end's own server: its fetch, its streams, its sockets.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
const patience = { timeout: 20_000, interval: 20 }
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

let browser: Browser
let script: string
let backEnd: BackEnd
let page: Page

beforeAll(async () => {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['agent-session-source'] },
    build: { write: false, target: 'es2023', lib: { entry: fileURLToPath(new URL('page.ts', import.meta.url)), formats: ['iife'], name: 'chatPage' } },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (!output || !('output' in output)) throw new Error('Nothing was built.')
  script = output.output[0].code
  const executablePath = process.env['CHROMIUM_BIN']
  browser = await chromium.launch({ args, ...(executablePath !== undefined && { executablePath }) })
})

afterEach(async () => {
  await page.context().close()
  await backEnd.close()
})

afterAll(() => browser?.close())

/** The chat of a page that was just opened; each call is made in the page. */
async function openChat(scenario: string): Promise<{ readonly [Name in keyof ChatPage]: (...given: Parameters<ChatPage[Name]>) => Promise<Awaited<ReturnType<ChatPage[Name]>>> }> {
  backEnd = await serveBackEnd({ ai, test }, scenario, '<!doctype html><title>A chat</title>')
  page = await (await browser.newContext()).newPage()
  await page.goto(new URL('/', backEnd.api).href)
  await page.addScriptTag({ content: script })
  const call = (name: keyof ChatPage, given: readonly unknown[]) => page.evaluate(`chat.${name}(...${JSON.stringify(given)})`)
  return {
    start: async (...given) => (await call('start', given)) === true,
    answer: async (...given) => void (await call('answer', given)),
    stop: async (...given) => void (await call('stop', given)),
    // What the page gives is what its own function gives: JSON keeps it as it is.
    see: async (...given) => (await call('see', given)) as ReturnType<ChatPage['see']>,
  }
}

it('an answer with thoughts streams into a page', async () => {
  const chat = await openChat('text')
  expect(await chat.start('Hello')).toBe(true)
  await expect.poll(chat.see, patience).toMatchObject({ status: 'done', endReason: 'completed', talk: ['user: Hello', 'thinking: The person greets.', 'assistant: Hello there.'] })
})

it('a question is answered in a page, and a tool of the page itself runs', async () => {
  const asking = await openChat('approval')
  await asking.start('Hello')
  await expect.poll(asking.see, patience).toMatchObject({ asks: 1 })
  await asking.answer('allow')
  await expect.poll(asking.see, patience).toMatchObject({ status: 'done', talk: expect.arrayContaining(['tool-result: a.txt deleted', 'assistant: As you wish.']) })
  await page.context().close()
  await backEnd.close()
  const running = await openChat('client-tool')
  await running.start('Hello')
  await expect.poll(running.see, patience).toMatchObject({ status: 'done', talk: expect.arrayContaining(['tool-result: {"city":"Paris"}', 'assistant: You are in Paris.']) })
})

it('a stop in a page ends the model\'s work, too', async () => {
  const chat = await openChat('stop')
  await chat.start('Story')
  await expect.poll(async () => (await chat.see()).talk, patience).toContain('assistant: Once upon a time')
  await chat.stop()
  expect(await chat.see()).toMatchObject({ status: 'done', endReason: 'stopped' })
  await expect.poll(() => backEnd.left, patience).toBe(1)
})

it('a connection that breaks under a page, and a back end that is gone, are errors with words', async () => {
  const chat = await openChat('cut')
  await chat.start('Hello')
  await expect.poll(async () => (await chat.see()).talk, patience).toContain('assistant: This will never be')
  backEnd.hangUp()
  await expect.poll(chat.see, patience).toMatchObject({ status: 'error', error: expect.stringMatching(/connection to the back end at \/api\/chat broke/), talk: ['user: Hello', 'assistant: This will never be'] })
  await backEnd.close()
  expect(await chat.start('Again')).toBe(false)
  expect(await chat.see()).toMatchObject({ status: 'error', error: expect.stringContaining('No back end answers at /api/chat') })
})
