import { describe, expect, test, vi } from 'vitest'
import { createManualClock } from '../testing/index.ts'
import { within } from './deadline.ts'
import { OwnedTimer } from './owned-timer.ts'
import { StallTimer } from './stall-timer.ts'

const minute = 60_000

function stallTimer() {
  const clock = createManualClock()
  const stalls: number[] = []
  const timer = new StallTimer(clock, () => stalls.push(clock.monotonic()))
  return { clock, stalls, timer }
}

describe('the stall timer', () => {
  test('B17 tells of a silence of the time that is set, once', async () => {
    const { clock, stalls, timer } = stallTimer()
    timer.start(minute)
    await clock.advance(10 * minute)
    expect(stalls).toEqual([minute])
    expect(clock.pending).toBe(0)
  })

  test('counts from the last activity, to the millisecond', async () => {
    const { clock, stalls, timer } = stallTimer()
    timer.start(minute)
    await clock.advance(40_000)
    timer.touch()
    await clock.advance(10 * minute)
    expect(stalls).toEqual([100_000])
  })

  test('promise 7 an activity moves a number: no timer is set or ended by it', async () => {
    const { clock, timer } = stallTimer()
    timer.start(minute)
    for (let at = 0; at < 100; at += 1) timer.touch()
    expect(clock.pending).toBe(1)
  })

  test('looks again no more often than once a silence', async () => {
    const { clock, timer, stalls } = stallTimer()
    let armed = 0
    const { setTimeout: set } = clock
    clock.setTimeout = (run, ms) => {
      armed += 1
      return set(run, ms)
    }
    timer.start(minute)
    for (let at = 0; at < 600; at += 1) {
      await clock.advance(1_000)
      timer.touch()
    }
    expect(stalls).toEqual([])
    expect(armed).toBeLessThanOrEqual(12)
  })

  test('started again while it is armed, counts anew without a second timer', async () => {
    const { clock, stalls, timer } = stallTimer()
    const set = vi.spyOn(clock, 'setTimeout')
    timer.start(minute)
    await clock.advance(30_000)
    timer.start(minute)
    expect(clock.pending).toBe(1)
    expect(set).toHaveBeenCalledTimes(1)
    await clock.advance(10 * minute)
    expect(stalls).toEqual([90_000])
  })

  test('started again with a shorter time tells after that', async () => {
    const { clock, stalls, timer } = stallTimer()
    timer.start(10 * minute)
    timer.stop()
    timer.start(minute)
    await clock.advance(minute)
    expect(stalls).toEqual([minute])
  })

  test('stopped, tells nothing any more', async () => {
    const { clock, stalls, timer } = stallTimer()
    timer.start(minute)
    timer.stop()
    timer.touch()
    await clock.advance(10 * minute)
    expect(stalls).toEqual([])
    expect(clock.pending).toBe(0)
  })

  test.each([
    [30_000, true],
    [30_001, false],
  ])('F25 a timer that comes %i ms late is told: %s', async (late, told) => {
    const { clock, stalls, timer } = stallTimer()
    timer.start(minute)
    await clock.sleep(minute + late)
    expect(stalls.length).toBe(told ? 1 : 0)
    await clock.advance(minute)
    expect(stalls.length).toBe(1)
  })
})

describe('a timer with an owner', () => {
  test('set anew ends the old one', async () => {
    const clock = createManualClock()
    const timer = new OwnedTimer(clock)
    const fired: string[] = []
    timer.set(100, () => fired.push('old'))
    timer.set(200, () => fired.push('new'))
    expect(clock.pending).toBe(1)
    expect(timer.armed).toBe(true)
    await clock.advance(200)
    expect(fired).toEqual(['new'])
    expect(timer.armed).toBe(false)
  })

  test('is not armed while its callback runs, so that it can be set in it', async () => {
    const clock = createManualClock()
    const timer = new OwnedTimer(clock)
    let times = 0
    const again = (): void => {
      expect(timer.armed).toBe(false)
      times += 1
      if (times < 3) timer.set(10, again)
    }
    timer.set(10, again)
    await clock.advance(100)
    expect(times).toBe(3)
  })

  test('cleared never fires; clearing twice is once', async () => {
    const clock = createManualClock()
    const timer = new OwnedTimer(clock)
    timer.set(10, () => expect.unreachable())
    timer.clear()
    timer.clear()
    expect(timer.armed).toBe(false)
    await clock.advance(100)
  })

  test('asks the clock to end only what it had it begin, once', async () => {
    const clock = createManualClock()
    const clear = vi.spyOn(clock, 'clearTimeout')
    const timer = new OwnedTimer(clock)
    timer.clear()
    timer.set(10, () => {})
    await clock.advance(10)
    timer.clear()
    expect(clear).not.toHaveBeenCalled()
    timer.set(10, () => {})
    timer.clear()
    timer.clear()
    expect(clear).toHaveBeenCalledTimes(1)
  })
})

describe('F34 a promise of somebody else\'s', () => {
  test('gives its value in time, and leaves no timer', async () => {
    const clock = createManualClock()
    expect(await within(clock, 100, Promise.resolve(5))).toEqual({ timely: true, value: 5 })
    expect(clock.pending).toBe(0)
  })

  test('rejects as it does in time, and leaves no timer', async () => {
    const clock = createManualClock()
    await expect(within(clock, 100, Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(clock.pending).toBe(0)
  })

  test('is waited for no longer than its time', async () => {
    const clock = createManualClock()
    let settled: unknown
    void within(clock, 100, new Promise(() => {})).then((answer) => (settled = answer))
    await clock.advance(99)
    expect(settled).toBeUndefined()
    await clock.advance(1)
    expect(settled).toEqual({ timely: false })
  })

  test('that fails late bothers nobody', async () => {
    const clock = createManualClock()
    let fail = (_: Error): void => {}
    const waiting = within(clock, 100, new Promise((_, reject) => (fail = reject)))
    await clock.advance(100)
    fail(new Error('late'))
    expect(await waiting).toEqual({ timely: false })
    await clock.settle()
  })
})
