import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { flushSync } from 'svelte'
import { afterEach, expect, test, vi } from 'vitest'
import { cleanup, render } from 'vitest-browser-svelte'
import ToastsScene from './testing/ToastsScene.svelte'
import type { Toasts } from './toasts.svelte.ts'

afterEach(async () => {
  vi.useRealTimers()
  await cleanup()
})

async function scene(seen = false) {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock })
  let toasts: Toasts | undefined
  const screen = await render(ToastsScene, { store, seen, onmade: (made) => (toasts = made) })
  if (toasts === undefined) throw new Error('The scene makes them.')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const texts = (): string[] => {
    flushSync()
    return [...screen.container.querySelectorAll('.text')].map(({ textContent }) => textContent)
  }
  const abouts = (): string[] => [...screen.container.querySelectorAll('.about')].map(({ textContent }) => textContent)
  async function fail(sessionId: string): Promise<void> {
    const run = store.findSession(sessionId)?.run
    if (run === undefined) throw new Error('It is at work.')
    transport.emit({ type: 'status', sessionId, run, status: 'error', error: 'broken' })
    await clock.settle()
  }
  return { toasts, texts, abouts, fail, store, section: screen.container.querySelector('section') }
}

test('news go by themselves, troubles stay, and nothing goes while it is read', async () => {
  const { toasts, texts, section } = await scene()
  toasts.show('error', 'broken')
  toasts.show('info', 'news')
  expect(texts()).toEqual(['broken', 'news'])
  vi.advanceTimersByTime(6_000)
  section?.dispatchEvent(new MouseEvent('mouseenter'))
  flushSync()
  vi.advanceTimersByTime(60_000)
  expect(texts()).toEqual(['broken', 'news'])
  section?.dispatchEvent(new MouseEvent('mouseleave'))
  flushSync()
  vi.advanceTimersByTime(6_999)
  expect(texts()).toEqual(['broken', 'news'])
  vi.advanceTimersByTime(1)
  expect(texts()).toEqual(['broken'])
})

test('the same is shown once, and dismissed as one; what does not fit waits', async () => {
  const { toasts, texts } = await scene()
  for (const text of ['a', 'b', 'a', 'c', 'd', 'e']) toasts.show('error', text)
  expect([texts(), toasts.others]).toEqual([['a', 'c', 'd', 'e'], 1])
  toasts.dismiss(toasts.shown[0]?.id ?? '')
  expect([texts(), toasts.others]).toEqual([['b', 'c', 'd', 'e'], 0])
  toasts.dismissAll()
  expect(texts()).toEqual([])
})

test.each([
  [true, 2_500],
  [false, 7_000],
])('B18 what the store tells is shown, seen already (%s) for %i ms', async (seen, ms) => {
  const { texts, store } = await scene(seen)
  await store.start('p', { provider: 'x', prompt: 'go' })
  await store.stop('p')
  expect(texts()).toEqual(['Agent stopped on p'])
  vi.advanceTimersByTime(ms - 1)
  expect(texts()).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(texts()).toEqual([])
})

test('of a session that is looked at the last word is enough; of others each is told, with what they are called', async () => {
  const seen = await scene(true)
  await seen.store.start('p', { provider: 'x', prompt: 'go' })
  await seen.store.stop('p')
  await seen.store.start('q', { provider: 'x', prompt: 'go' })
  await seen.store.stop('q')
  const { sessionId } = seen.store.getSession('p') ?? {}
  if (sessionId === undefined) throw new Error('It has just been started.')
  await seen.store.promptSession(sessionId, 'again')
  await seen.fail(sessionId)
  expect(seen.texts()).toEqual(['Agent error on p: broken', 'Agent stopped on q'])
  expect(seen.abouts()).toEqual([])
  // It lies over the conversation, which can be clicked through it.
  const card = seen.section?.querySelector('.toast')
  expect([card, card?.querySelector('button')].map((part) => part && getComputedStyle(part).pointerEvents)).toEqual(['none', 'auto'])
  // And what came before it does not come back.
  vi.advanceTimersByTime(2_500)
  expect(seen.texts()).toEqual(['Agent error on p: broken'])
  vi.advanceTimersByTime(4_500)
  expect(seen.texts()).toEqual([])
  vi.useRealTimers()
  // What went by its time ends with the frame.
  await new Promise(requestAnimationFrame)
  await cleanup()

  const elsewhere = await scene()
  await elsewhere.store.start('p', { provider: 'x', prompt: 'go' })
  const other = elsewhere.store.getSession('p')?.sessionId ?? ''
  await elsewhere.store.stop('p')
  await elsewhere.store.promptSession(other, 'again')
  await elsewhere.fail(other)
  expect(elsewhere.texts()).toEqual(['Agent error on p: broken', 'Agent stopped on p'])
  expect(elsewhere.abouts()).toEqual([`the title of ${other}`, `the title of ${other}`])
})
