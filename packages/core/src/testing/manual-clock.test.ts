import { describe, expect, test } from 'vitest'
import { createManualClock } from './manual-clock.ts'

describe('the manual clock', () => {
  test('stands still until it is told to go on', async () => {
    const clock = createManualClock({ now: 1_000 })
    const before = [clock.now(), clock.monotonic()]
    await clock.settle()
    expect([clock.now(), clock.monotonic()]).toEqual(before)
    await clock.advance(250)
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250])
  })

  test('begins on 1 January 2026 unless it is told when', () => {
    expect(new Date(createManualClock().now()).toISOString()).toBe('2026-01-01T00:00:00.000Z')
  })

  test('goes from due time to due time, each timer at its own', async () => {
    const clock = createManualClock()
    const fired: [string, number][] = []
    for (const [name, ms] of [['c', 300], ['a', 100], ['b', 200], ['never', 1_001]] as const) {
      clock.setTimeout(() => fired.push([name, clock.monotonic()]), ms)
    }
    await clock.advance(1_000)
    expect(fired).toEqual([['a', 100], ['b', 200], ['c', 300]])
    expect(clock.monotonic()).toBe(1_000)
    expect(clock.pending).toBe(1)
  })

  test('runs timers of the same time in the order they were set', async () => {
    const clock = createManualClock()
    const fired: string[] = []
    for (const name of ['a', 'b', 'c']) clock.setTimeout(() => fired.push(name), 100)
    await clock.advance(100)
    expect(fired).toEqual(['a', 'b', 'c'])
  })

  test('runs what a timer sets, when that falls within', async () => {
    const clock = createManualClock()
    const fired: number[] = []
    const again = (): void => {
      fired.push(clock.monotonic())
      clock.setTimeout(again, 100)
    }
    clock.setTimeout(again, 100)
    await clock.advance(350)
    expect(fired).toEqual([100, 200, 300])
  })

  test('lets work settle between two steps, so that it can set timers of its own', async () => {
    const clock = createManualClock()
    const fired: number[] = []
    const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms))
    void (async () => {
      for (let at = 0; at < 3; at += 1) {
        await wait(100)
        await Promise.resolve()
        fired.push(clock.monotonic())
      }
    })()
    await clock.advance(1_000)
    expect(fired).toEqual([100, 200, 300])
  })

  test('lets work settle before the first step and after the last', async () => {
    const clock = createManualClock()
    const said: string[] = []
    void Promise.resolve().then(() => void clock.setTimeout(() => void Promise.resolve().then(() => said.push('done')), 10))
    await clock.advance(10)
    expect(said).toEqual(['done'])
  })

  test('a callback that throws does not stop the rest; what it threw is thrown at the end', async () => {
    const clock = createManualClock()
    const fired: string[] = []
    clock.setTimeout(() => {
      throw new Error('first')
    }, 100)
    clock.setTimeout(() => fired.push('second'), 200)
    await expect(clock.advance(1_000)).rejects.toThrow('first')
    expect(fired).toEqual(['second'])
    expect(clock.monotonic()).toBe(1_000)
  })

  test('several that throw are thrown together', async () => {
    const clock = createManualClock()
    for (const words of ['one', 'two']) {
      clock.setTimeout(() => {
        throw new Error(words)
      }, 100)
    }
    const thrown = await clock.advance(100).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(AggregateError)
    expect(thrown instanceof AggregateError && thrown.errors.map((error: Error) => error.message)).toEqual(['one', 'two'])
  })

  test('a timer that was ended never runs; an unknown handle is ignored', async () => {
    const clock = createManualClock()
    const timer = clock.setTimeout(() => expect.unreachable(), 100)
    clock.clearTimeout(timer)
    clock.clearTimeout(timer)
    clock.clearTimeout(undefined)
    clock.clearTimeout('x')
    await clock.advance(1_000)
    expect(clock.pending).toBe(0)
  })

  test('a timer can end one that is due at the same time', async () => {
    const clock = createManualClock()
    const fired: string[] = []
    clock.setTimeout(() => {
      fired.push('a')
      clock.clearTimeout(second)
    }, 100)
    const second = clock.setTimeout(() => fired.push('b'), 100)
    await clock.advance(100)
    expect(fired).toEqual(['a'])
  })

  test('a timer of 0 or less is due at once, and not before the clock goes on', async () => {
    const clock = createManualClock()
    const fired: number[] = []
    clock.setTimeout(() => fired.push(clock.monotonic()), -5)
    expect(fired).toEqual([])
    await clock.advance(0)
    expect(fired).toEqual([0])
  })

  test('never goes back', async () => {
    const clock = createManualClock()
    await clock.advance(100)
    await clock.advance(-50)
    expect(clock.monotonic()).toBe(100)
  })

  test('F26 the wall clock can be set, and goes on from there; the other one does not notice', async () => {
    const clock = createManualClock({ now: 1_000 })
    await clock.advance(10)
    clock.setWallClock(5)
    expect([clock.now(), clock.monotonic()]).toEqual([5, 10])
    await clock.advance(10)
    expect([clock.now(), clock.monotonic()]).toEqual([15, 20])
  })

  test('F25 after a sleep timers that fell due run late, at the time of waking', async () => {
    const clock = createManualClock({ now: 0 })
    const fired: [string, number][] = []
    clock.setTimeout(() => fired.push(['a', clock.monotonic()]), 100)
    clock.setTimeout(() => fired.push(['b', clock.monotonic()]), 50)
    clock.setTimeout(() => fired.push(['c', clock.monotonic()]), 5_000)
    await clock.sleep(1_000)
    expect(fired).toEqual([['b', 1_000], ['a', 1_000]])
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 1_000])
  })

  test('settles as it is told to', async () => {
    let settled = 0
    const clock = createManualClock({ settle: async () => void (settled += 1) })
    clock.setTimeout(() => {}, 1)
    await clock.advance(1)
    expect(settled).toBe(2)
  })
})
