import { agentSession } from '@agent-session/adapter-svelte'
import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { flushSync } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cleanup, render } from 'vitest-browser-svelte'
import { secondTicker, tickerKey } from '../shell/ticker.ts'
import Conversation from './Conversation.svelte'

const began = 1_790_000_000_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: began }))
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

/** A conversation with calls of tools, and what tells of them. */
async function show(calls: number) {
  const clock = createManualClock({ now: began })
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock })
  await store.start('p', { provider: 'x', prompt: 'go' })
  const view = store.getSession('p')
  if (view === undefined) throw new Error('It has just been started.')
  const { sessionId, run } = view
  const tell = async (...messages: readonly Record<string, unknown>[]): Promise<void> => {
    transport.emit({ type: 'message', sessionId, run, messages })
    await clock.settle()
    flushSync()
  }
  await tell(...Array.from({ length: calls }, (_, index) => ({ id: `c${index}`, type: 'tool_call', content: { name: 'Bash', input: { command: `job ${index}` }, toolCallId: `c${index}` }, timestamp: began })))
  const screen = await render(Conversation, { props: { session: agentSession(view), onfailure: () => {} }, context: new Map([[tickerKey, secondTicker()]]) })
  const states = (): readonly string[] => [...screen.container.querySelectorAll<HTMLElement>('.state')].map(({ textContent }) => textContent.replaceAll(/\s+/g, ' ').trim())
  const later = (ms: number): void => {
    vi.advanceTimersByTime(ms)
    flushSync()
  }
  return { tell, states, later, screen }
}

test('a tool that runs says for how long, all by one timer, and how long it took when it has ended', async () => {
  const { tell, states, later, screen } = await show(3)
  expect(states()).toEqual(['running', 'running', 'running'])
  later(12_000)
  expect(states()).toEqual(Array.from({ length: 3 }, () => 'running for 12 seconds12 s'))
  expect(vi.getTimerCount()).toBe(1)
  await tell({ id: 'r0', type: 'tool_result', content: { output: 'ok', toolCallId: 'c0' }, timestamp: began + 65_000 }, { id: 'r1', type: 'tool_result', content: { output: 'no', toolCallId: 'c1', isError: true }, timestamp: began + 400 })
  expect(states()).toEqual(['done after 1 minute 5 seconds1 min 5 s', 'failed after less than a second0.4 s', 'running for 12 seconds12 s'])
  later(1_000)
  expect(states()[2]).toBe('running for 13 seconds13 s')
  await tell({ id: 'r2', type: 'tool_result', content: { output: 'ok', toolCallId: 'c2' }, timestamp: began + 14_000 })
  await expect.poll(() => vi.getTimerCount()).toBe(0)
  await screen.unmount()
})

test('nothing ticks while the page is hidden, and nothing once the conversation is gone', async () => {
  const { states, later, screen } = await show(1)
  later(2_000)
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  document.dispatchEvent(new Event('visibilitychange'))
  expect(vi.getTimerCount()).toBe(0)
  later(60_000)
  expect(states()).toEqual(['running for 2 seconds2 s'])
  hidden.mockRestore()
  document.dispatchEvent(new Event('visibilitychange'))
  flushSync()
  expect(states()).toEqual(['running for 1 minute 2 seconds1 min 2 s'])
  await screen.unmount()
  await expect.poll(() => vi.getTimerCount()).toBe(0)
})

test('a change is seen at once, folded where it is long, and told once', async () => {
  const { tell, screen } = await show(0)
  const lines = (mark: string) => Array.from({ length: 30 }, (_, index) => `${mark} ${index}`).join('\n')
  await tell({ id: 'e', type: 'tool_call', content: { name: 'Edit', input: { file_path: '/a.txt', old_string: lines('old'), new_string: lines('new'), replace_all: false }, toolCallId: 'e' }, timestamp: began })
  // The arguments themselves stay folded.
  const shown = (): number => [...screen.container.querySelectorAll('.added, .removed')].filter((line) => line.closest('details') === null).length
  expect(shown()).toBe(13)
  const more = screen.getByRole('button', { name: 'Show all 63 lines of the change' })
  await more.click()
  expect(shown()).toBe(60)
  await screen.getByRole('button', { name: 'Fold' }).click()
  expect(shown()).toBe(13)
  await tell({ id: 'er', type: 'tool_result', content: { output: 'Updated.\n--- /a.txt\n+++ /a.txt\n@@ -1 +1 @@\n-old 0\n+new 0', toolCallId: 'e' }, timestamp: began })
  expect(shown()).toBe(2)
})
