import { beforeEach, describe, expect, test } from 'vitest'
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts'
import { type AgentProgram, type AgentStart, KeptAgent } from './index.ts'

class Program implements AgentProgram {
  isClosed = false
  kills = 0
  readonly gone: Promise<void>
  #leave = (): void => {}

  constructor() {
    this.gone = new Promise((resolve) => (this.#leave = resolve))
  }

  async kill(): Promise<void> {
    this.kills += 1
    this.isClosed = true
    this.#leave()
  }
}

let clock: ManualClock
let kept: KeptAgent<Program>

beforeEach(() => {
  clock = createManualClock()
  kept = new KeptAgent<Program>({ clock, handshakeMs: 1_000, killAfterMs: 100, idleMs: 60_000, lateWords: 'It was late' })
})

const startOf = (program: Program) => async (start: AgentStart<Program>) => {
  await start.hold(program)
  return program
}

describe('an agent that is kept', () => {
  test('is started once, however many wait for it', async () => {
    const program = new Program()
    let starts = 0
    const open = (start: AgentStart<Program>) => {
      starts += 1
      return startOf(program)(start)
    }
    expect(await Promise.all([kept.up(open), kept.up(open), kept.ready()])).toEqual([program, program, program])
    expect([await kept.up(open), starts, kept.isOpening]).toEqual([program, 1, false])
  })

  test('that has hung up is waited for, and another one takes its place', async () => {
    const [first, second] = [new Program(), new Program()]
    await kept.up(startOf(first))
    void first.gone.then(() => kept.lose(first))
    await first.kill()
    expect([await kept.up(startOf(second)), kept.current]).toEqual([second, second])
    expect([kept.lose(first), kept.current, kept.lose(second), kept.current]).toEqual([false, second, true, undefined])
  })

  test('is ended after a while without work, unless it gets some', async () => {
    const program = new Program()
    await kept.up(startOf(program))
    kept.rest()
    await clock.advance(59_999)
    kept.awake()
    await clock.advance(120_000)
    expect(program.kills).toBe(0)
    kept.rest()
    await clock.advance(60_000)
    expect(program.kills).toBe(1)
  })

  test('leaves no timer behind when it is gone', async () => {
    const program = new Program()
    await kept.up(startOf(program))
    kept.rest()
    kept.lose(program)
    expect(clock.pending).toBe(0)
  })

  test('is not ended for having nothing to do while it is made ready', async () => {
    const program = new Program()
    kept = new KeptAgent<Program>({ clock, handshakeMs: 1_000, killAfterMs: 100, idleMs: 500, lateWords: 'It was late' })
    let ready = (): void => {}
    const up = kept.up(async (start) => {
      await start.hold(program)
      await new Promise<void>((resolve) => (ready = resolve))
      return program
    })
    await clock.advance(0)
    kept.rest()
    await clock.advance(900)
    ready()
    expect([await up, program.kills]).toEqual([program, 0])
  })
})

describe('a start', () => {
  test('that takes too long is given up, in words, and what was held of it is ended', async () => {
    const program = new Program()
    const up = kept.up(async (start) => {
      await start.hold(program)
      return new Promise(() => {})
    })
    const refused = up.catch((error: unknown) => error)
    await clock.advance(1_000)
    expect(await refused).toMatchObject({ code: 'agent-protocol', message: expect.stringContaining('It was late') })
    expect([program.kills, kept.isOpening]).toEqual([1, false])
  })

  test('that fails is told as it failed, and the next one begins anew', async () => {
    const program = new Program()
    await expect(kept.up(() => Promise.reject(new Error('no such program')))).rejects.toThrow('no such program')
    expect(await kept.up(startOf(program))).toBe(program)
  })

  test('that was called off ends the agent however late it comes, and says so to whoever waits', async () => {
    const program = new Program()
    let arrive = (): void => {}
    const arrived = new Promise<void>((resolve) => (arrive = resolve))
    const wanted: boolean[] = []
    const up = kept.up(async (start) => {
      await arrived
      wanted.push(start.isWanted)
      return startOf(program)(start)
    })
    const refused = up.catch((error: unknown) => error)
    const calledOff = kept.callOff('Stopped')
    expect(await refused).toMatchObject({ code: 'agent-exited', message: expect.stringContaining('Stopped') })
    arrive()
    await calledOff
    expect([program.kills, kept.current, wanted]).toEqual([1, undefined, [false]])
  })

  test('that never comes to anything is not waited for when it was called off', async () => {
    const up = kept.up(() => new Promise(() => {}))
    up.catch(() => {})
    let isOver = false
    const calledOff = kept.callOff('Stopped').then(() => (isOver = true))
    await clock.advance(99)
    expect(isOver).toBe(false)
    await clock.advance(1)
    await calledOff
    await kept.callOff('Nothing is there to be called off')
  })
})
