import { afterEach, describe, expect, test, vi } from 'vitest'
import { microtask, newId, systemClock } from '../index.ts'
import { random } from './random.ts'

afterEach(() => void vi.useRealTimers())

describe('the system clock', () => {
  test('reads the machine\'s time; the other reading never runs backwards', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000)
    const before = systemClock.monotonic()
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before)
  })

  test('promise 7 a pending timer keeps no Node process alive', () => {
    const active = (): string[] => process.getActiveResourcesInfo().filter((name) => name === 'Timeout')
    const before = active().length
    const timer = systemClock.setTimeout(() => {}, 1_000_000)
    expect(active()).toHaveLength(before)
    systemClock.clearTimeout(timer)
  })

  test('runs a timer once after its time, and not at all when it was ended', () => {
    vi.useFakeTimers()
    const [kept, ended] = [vi.fn(), vi.fn()]
    systemClock.setTimeout(kept, 100)
    systemClock.clearTimeout(systemClock.setTimeout(ended, 100))
    systemClock.clearTimeout(undefined)
    vi.advanceTimersByTime(99)
    expect(kept).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1_000)
    expect(kept).toHaveBeenCalledOnce()
    expect(ended).not.toHaveBeenCalled()
  })

  test('F25 a time beyond 24 days is not taken for none: the timer does not fire at once', () => {
    vi.useFakeTimers()
    const run = vi.fn()
    const timer = systemClock.setTimeout(run, 2 ** 31)
    vi.advanceTimersByTime(1_000)
    expect(run).not.toHaveBeenCalled()
    systemClock.clearTimeout(timer)
  })
})

describe('the other defaults', () => {
  test('a microtask runs after the work at hand', async () => {
    const said: string[] = []
    microtask(() => said.push('later'))
    said.push('now')
    await Promise.resolve()
    expect(said).toEqual(['now', 'later'])
  })

  test('T4 ids of a page without TLS, which has no randomUUID, are as good', () => {
    const getRandomValues = crypto.getRandomValues.bind(crypto)
    vi.stubGlobal('crypto', { getRandomValues })
    const ids = Array.from({ length: 1_000 }, newId)
    vi.unstubAllGlobals()
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
  })

  test('T4 ids are all different and fit every border', () => {
    const ids = Array.from({ length: 1_000 }, newId)
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
  })

  test('random is from 0 to below 1', () => {
    for (let at = 0; at < 100; at += 1) {
      const value = random()
      expect(value >= 0 && value < 1).toBe(true)
    }
  })
})
