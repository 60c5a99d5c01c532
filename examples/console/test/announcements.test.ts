// What a screen reader is told while an answer streams in: that it runs and that it is done, and not each word.

import type { Page } from 'playwright'
import { expect, test, vi } from 'vitest'
import { patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const browser = useBrowser()

interface Heard {
  /** Changes within regions that are announced, as a screen reader would hear of them. */
  readonly announced: readonly string[]
  /** Changes anywhere: so that silence means something. */
  readonly changes: number
}

/** Listens from now on, as a screen reader does: at the live regions, each by its politeness as it is when something changes. */
async function listen(page: Page): Promise<() => Promise<Heard>> {
  await page.evaluate(() => {
    const announced: string[] = []
    const heard = { announced, changes: 0 }
    const implicit: Readonly<Record<string, string>> = { status: 'polite', log: 'polite', alert: 'assertive' }
    const told = new Map<Element, string>()
    const observer = new MutationObserver((records) => {
      heard.changes += records.length
      const regions = new Set(records.flatMap(({ target }) => {
        const element = target instanceof Element ? target : target.parentElement
        return element?.closest('[aria-live], [role=status], [role=log], [role=alert]') ?? []
      }))
      for (const region of regions) {
        const politeness = region.getAttribute('aria-live') ?? implicit[region.getAttribute('role') ?? ''] ?? 'off'
        const text = region instanceof HTMLElement ? region.innerText.replaceAll(/\s+/g, ' ').trim() : ''
        if (politeness === 'off' || region.ariaBusy === 'true' || text === told.get(region)) continue
        told.set(region, text)
        announced.push(`${region.ariaLabel ?? region.getAttribute('role') ?? ''}: ${text}`)
      }
    })
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
    Object.assign(globalThis, { heard })
  })
  return () => page.evaluate(() => {
    const { heard } = globalThis as unknown as { heard: Heard }
    return { announced: [...heard.announced], changes: heard.changes }
  })
}

test('of an answer of 200 words its beginning and its end are told, and nothing between', async () => {
  const page = await browser.open(await startHost(await temporaryFolder(), { paceMs: 25 }).url())
  await page.sayAndWait('read README.md')
  const heard = await listen(page.page)
  await page.say('story 200')
  await page.shows('The lighthouse on Gull Rock')
  await page.comesTo('Running')
  await page.comesTo('Done')
  const { announced, changes } = await heard()
  expect(changes).toBeGreaterThan(100)
  // The status once for each thing that it has to say; the log with the prompt at most, before the agent begins.
  const status = announced.filter((text) => text.startsWith('Session status'))
  expect(status.length).toBeLessThanOrEqual(3)
  expect(status.at(-1)).toMatch(/Done/)
  expect(announced.filter((text) => !text.startsWith('Session status') && !text.startsWith('Notifications')).filter((text) => text.includes('keeper'))).toEqual([])
  // That it is done is said by the status; the note of it is for the eyes.
  await page.page.getByRole('region', { name: 'Notifications' }).getByText('Agent completed').waitFor()
  expect((await heard()).announced.filter((text) => text.includes('Agent completed'))).toEqual([])
  expect(announced.length).toBeLessThanOrEqual(5)
})

test('a question is told once, and that it waits', async () => {
  const page = await browser.open(await startHost(await temporaryFolder()).url())
  await page.sayAndWait('read README.md')
  const heard = await listen(page.page)
  await page.say('run echo hello')
  await page.permission.waitFor()
  await expect.poll(async () => (await heard()).announced.filter((text) => text.includes('waits for your answer')), patience).toHaveLength(1)
  await page.answer('Allow')
  await page.comesTo('Done')
  expect((await heard()).announced.filter((text) => text.includes('waits for your answer'))).toHaveLength(1)
})

test('the listener of this test does hear a log that shouts', async () => {
  const page = await browser.open(await startHost(await temporaryFolder(), { paceMs: 25 }).url())
  await page.sayAndWait('read README.md')
  await page.page.evaluate(() => {
    const region = document.createElement('p')
    region.setAttribute('role', 'status')
    document.body.append(region)
    let words = 0
    setInterval(() => (region.textContent = `word ${(words += 1)}`), 5)
  })
  const heard = await listen(page.page)
  await expect.poll(async () => (await heard()).announced.length, patience).toBeGreaterThan(20)
})
