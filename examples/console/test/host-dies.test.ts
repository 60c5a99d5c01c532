// The host is killed, told to end, or loses its agent.

import { expect, test, vi } from 'vitest'
import { STORY } from '../../example-agent/src/carry-out/story.ts'
import { flat, patience, useBrowser, type ConsolePage } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { isAlive } from '../../../test/is-alive.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()
const story = flat(STORY)

const toldIn = (text: string): string => text.slice(Math.max(0, text.indexOf('The lighthouse on Gull Rock')))

/** The agent's process, told by itself: the parent of the shell that it starts. */
async function agentPid(page: ConsolePage): Promise<number> {
  await page.say('run echo my pid is $PPID.')
  await page.answer('Allow')
  await page.shows(/my pid is \d+\./)
  await page.comesTo('Done')
  return Number(/my pid is (\d+)\./.exec(await page.text())?.[1])
}

test('killed -9 in the middle of a story and started again: the transcript is there, the session says that it was interrupted, and goes on', async () => {
  const data = await temporaryFolder()
  const paceMs = 20
  const killed = startHost(data, { paceMs })
  const before = await browser.open(await killed.url())
  const pid = await agentPid(before)
  await before.say('story')
  // Longer than the two seconds that may be lost.
  await expect.poll(async () => toldIn(await before.text()).length, patience).toBeGreaterThan(900)
  const shown = toldIn(await before.text())
  await killed.kill('SIGKILL')
  await before.comesTo('Connection lost')
  await expect.poll(() => isAlive(pid), patience).toBe(false)

  const host = startHost(data, { paceMs: 0 })
  const page = await browser.open(await host.url())
  await page.comesTo('Interrupted')
  const kept = flat(toldIn(await page.text()).replace('It was cut off here.', ''))
  expect(story.startsWith(kept)).toBe(true)
  const wordsLost = shown.split(' ').length - kept.split(' ').length
  expect(wordsLost * paceMs).toBeLessThan(2_500)

  await page.sayAndWait('read README.md')
  await page.shows('A sandbox to play in')
  expect(toldIn(await page.text()).startsWith(kept)).toBe(true)
})

test('an agent that crashes ends its session in a clear error, and the next prompt starts it again', async () => {
  const host = startHost(await temporaryFolder())
  const page = await browser.open(await host.url())
  await page.say('crash')
  await page.comesTo(/^Error: .*exit/)
  await page.shows('I was just about to tell you that the')
  await page.sayAndWait('read README.md')
  await page.shows('A sandbox to play in')
})

test('a turn that fails says why', async () => {
  const host = startHost(await temporaryFolder())
  const page = await browser.open(await host.url())
  await page.say('fail')
  await page.comesTo(/^Error: .*the order was to fail/)
  await page.sayAndWait('read README.md')
})

test('an agent that hangs is stopped', async () => {
  const host = startHost(await temporaryFolder())
  const page = await browser.open(await host.url())
  await page.say('hang')
  await page.shows('until you stop me')
  await page.stop.click()
  await page.comesTo('Stopped')
  await page.sayAndWait('read README.md')
})

test('an agent whose program is not there: the session says so, others are well', async () => {
  const data = await temporaryFolder()
  const { writeFile } = await import('node:fs/promises')
  await writeFile(`${data}/agents.json`, JSON.stringify({ ghost: { command: 'no-such-program-anywhere', args: ['--acp'] } }))
  const host = startHost(data, { args: ['--agent', 'ghost'] })
  const page = await browser.open(await host.url())
  await page.say('hello')
  await page.comesTo(/^Error: .*no-such-program-anywhere/)
  await page.newSession.click()
  await page.page.getByRole('combobox', { name: 'Agent' }).selectOption('example')
  await page.sayAndWait('read README.md')
})

test.each(['SIGTERM', 'SIGINT'] as const)('ended by %s it saves, leaves no agent behind and exits with 0', async (signal) => {
  const data = await temporaryFolder()
  const host = startHost(data, { paceMs: 5 })
  const page = await browser.open(await host.url())
  const pid = await agentPid(page)
  await page.say('hang')
  await page.shows('until you stop me')
  const { code, stderr } = await host.kill(signal)
  // Node 22 says of its own SQLite that it is experimental.
  const ownWords = stderr.replace(/^\(node:\d+\) ExperimentalWarning: SQLite.*\n.*\n/, '')
  expect({ code, ownWords }).toEqual({ code: 0, ownWords: '' })
  expect(isAlive(pid)).toBe(false)

  const again = await browser.open(await startHost(data).url())
  await again.shows('until you stop me')
})

test('an open page whose host was started anew says what to do', async () => {
  const data = await temporaryFolder()
  const first = startHost(data)
  const url = new URL(await first.url())
  const page = await browser.open(url.href)
  await page.sayAndWait('read README.md')
  await first.kill('SIGTERM')
  await page.comesTo('Connection lost')
  const second = startHost(data, { args: ['--port', url.port] })
  const fresh = await second.url()
  await page.comesTo(/started anew/)
  // What was on screen is still there, and the new address works in the same tab.
  await page.shows('A sandbox to play in')
  await page.page.goto(fresh)
  await page.comesTo('Done')
})
