import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../src/index.ts'
import { createScene, project } from './scene.ts'

const minute = 60_000

describe('limits that are set while a store lives', () => {
  test('B17 hold for a run that is under way, with the silence that has passed', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.clock.advance(4 * minute)
    expect(scene.store.setLimits({ stallMs: 5 * minute })).toEqual({ ok: true })
    await scene.clock.advance(minute - 1)
    expect(session.stall).toBeUndefined()
    await scene.clock.advance(1)
    expect(session.stall?.cause).toBe('model')
    expect(scene.heard.notifications.map(({ message }) => message)).toEqual([`Agent stalled on ${project} (no activity for 5 min)`])
  })

  test('B17 make a silence that is too long by them a stall at once, and a longer one is waited for', async () => {
    const scene = createScene({ limits: { stallMs: 10 * minute } })
    const session = await scene.start()
    await scene.clock.advance(5 * minute)
    scene.store.setLimits({ stallMs: 60 * minute })
    await scene.clock.advance(50 * minute)
    expect(session.stall).toBeUndefined()
    scene.store.setLimits({ stallMs: minute })
    await scene.clock.advance(0)
    expect(session.stall?.cause).toBe('model')
  })

  test('B19 B15 hold for cleanup, output and the queue of sessions that are there', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.store.setLimits({ toolOutputLines: 2, queuedPrompts: 1 })
    const voice = scene.agent(session)
    voice.call('c')
    voice.result('c', 'a\nb\nc')
    expect(session.lastMessage?.content).toBe('a\nb\n... (1 more lines)')
    expect(await session.prompt('one')).toMatchObject({ queued: true })
    expect(await session.prompt('two')).toMatchObject({ code: 'queue-full' })
    await session.stop()
    scene.store.setLimits({ cleanupMs: 1_000 })
    await scene.clock.advance(1_000)
    expect(scene.store.hasSession(project)).toBe(false)
  })

  test('leave alone what a session has of its own', async () => {
    const scene = createScene()
    const session = await scene.start({ limits: { stallMs: 60 * minute } })
    scene.store.setLimits({ stallMs: minute, queuedPrompts: 1 })
    await scene.clock.advance(59 * minute)
    expect(session.stall).toBeUndefined()
    await session.prompt('one')
    expect(await session.prompt('two')).toMatchObject({ code: 'queue-full' })
  })

  test.each([[{ stallMs: 0 }], [{ queuedPrompts: 1.5 }], [{ stallMin: 5 }], [{ residentMessages: 10 }], [{ stallMs: minute, saveDelayMs: 5 }], [null]])('that are none are refused, and change nothing: %j', async (given) => {
    const scene = createScene()
    const setLimits: (limits: never) => unknown = (limits) => scene.store.setLimits(limits)
    expect(Reflect.apply(setLimits, undefined, [given])).toMatchObject({ ok: false, code: 'invalid-limit' })
    expect(scene.store.limits).toEqual(defaultLimits)
    await scene.store.dispose()
    expect(scene.store.setLimits({ stallMs: minute })).toMatchObject({ code: 'store-disposed' })
  })
})
