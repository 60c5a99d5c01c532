import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { animationFrame } from '../index.ts'

/** What a page has, and how it stands. */
const page = { hidden: false }
let frames: Map<number, () => void>

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  frames = new Map()
  page.hidden = false
  vi.stubGlobal('document', page)
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => (frames.set(frames.size + 1, run), frames.size))
  vi.stubGlobal('cancelAnimationFrame', (frame: number) => void frames.delete(frame))
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('a notice comes with the next frame, once', async () => {
  const run = vi.fn()
  animationFrame(run)
  await Promise.resolve()
  expect(run).not.toHaveBeenCalled()
  for (const frame of frames.values()) frame()
  expect([run.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0])
})

test('where no frame comes, it comes all the same, and then not with the frame', () => {
  const run = vi.fn()
  animationFrame(run)
  vi.advanceTimersByTime(99)
  expect(run).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect([run.mock.calls.length, frames.size]).toEqual([1, 0])
})

test.each([
  ['a hidden tab', () => (page.hidden = true)],
  ['a worker', () => vi.stubGlobal('document', undefined)],
  ['a server', () => vi.stubGlobal('requestAnimationFrame', undefined)],
])('in %s it is a microtask, and no timer is armed', async (_, stand) => {
  stand()
  const run = vi.fn()
  animationFrame(run)
  expect(run).not.toHaveBeenCalled()
  await Promise.resolve()
  expect([run.mock.calls.length, frames.size, vi.getTimerCount()]).toEqual([1, 0, 0])
})
