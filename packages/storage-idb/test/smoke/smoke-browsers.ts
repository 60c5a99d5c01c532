// npm run smoke:browsers          the cases of a storage, and two tabs, in WebKit and Firefox as far as they are there
//
// Debian: apt-get install webkit2gtk-driver xvfb firefox-esr. No part of npm test, which runs in Chromium.
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { launchFirefox } from './firefox.ts'
import type { DrivenBrowser, DrivenTab } from './driven-browser.ts'
import { launchWebKit } from './webkit.ts'

const patienceMs = 300_000

async function pageScript(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['agent-session-source'] },
    build: { write: false, target: 'es2023', lib: { entry: fileURLToPath(new URL('page.ts', import.meta.url)), formats: ['iife'], name: 'smokePage' } },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (!output || !('output' in output)) throw new Error('Nothing was built.')
  return output.output[0].code
}

async function until(what: string, holds: () => Promise<boolean>, ms = patienceMs): Promise<number> {
  const began = performance.now()
  while (!(await holds())) {
    if (performance.now() - began > ms) throw new Error(`${what} has not happened within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return performance.now() - began
}

/** Gives what failed. */
async function smoke(browser: DrivenBrowser, url: string): Promise<string[]> {
  const first = await browser.open(url)
  console.log(`${browser.name}: ${JSON.stringify(await first.evaluate('smoke.about()'))}`)
  await first.evaluate('void smoke.runCases()')
  const result = (): Promise<{ passed: number; failed: string[]; done: boolean }> => first.evaluate('smoke.result()') as never
  await until('The end of the cases', async () => (await result()).done)
  const { passed, failed } = await result()
  console.log(`${browser.name}: ${passed} cases passed, ${failed.length} failed`)
  return [...failed, ...(await twoTabs(browser, first, url).catch((thrown: Error) => [`Two tabs: ${thrown.message}`]))]
}

async function twoTabs(browser: DrivenBrowser, first: DrivenTab, url: string): Promise<string[]> {
  const second = await browser.open(url)
  await first.evaluate('smoke.acquire()')
  await first.evaluate('smoke.commit(1)')
  await second.evaluate('void smoke.acquire()')
  if ((await second.evaluate('smoke.holds()')) === true) return ['Two tabs: both write']
  await first.evaluate('smoke.commit(2)')
  await first.close()
  const ms = await until('The second tab\'s turn', async () => (await second.evaluate('smoke.holds()')) === true, 10_000)
  await second.evaluate('smoke.commit(3)')
  const stored = JSON.stringify(await second.evaluate('smoke.stored()'))
  console.log(`${browser.name}: the second tab writes ${Math.round(ms)} ms after the first was closed`)
  return stored === '[1,2,3]' ? [] : [`Two tabs: ${stored} is stored`]
}

const script = await pageScript()
const server = createServer((request, response) => {
  response.setHeader('content-type', request.url === '/' ? 'text/html' : 'text/javascript')
  response.end(request.url === '/' ? '<!doctype html><title>Smoke</title><script src="/page.js"></script>' : script)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('The server has no port.')

const launches: Readonly<Record<string, () => Promise<DrivenBrowser>>> = {
  webkit: () => launchWebKit('WebKitWebDriver', address.port + 1),
  firefox: () => launchFirefox('firefox-esr'),
}
const asked = process.argv.slice(2)
for (const [name, launch] of Object.entries(launches)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  try {
    const browser = await launch()
    try {
      const failed = await smoke(browser, `http://127.0.0.1:${address.port}/`)
      for (const failure of failed) console.error(`${browser.name}: FAILED ${failure}`)
      if (failed.length > 0) process.exitCode = 1
    } finally {
      await browser.close()
    }
  } catch (thrown) {
    console.error(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    process.exitCode = 1
  }
}
server.close()
