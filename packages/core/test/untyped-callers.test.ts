import { describe, expect, test } from 'vitest'
import type { Reply } from '../src/index.ts'
import { createScene, project, restarted } from './scene.ts'
import { must } from './must.ts'

/** As it comes from a caller whose types nobody checked. */
const untyped = (value: unknown): never => value as never

describe('a command of a caller that was not type-checked', () => {
  test('never rejects, and leaves the session whole', async () => {
    const scene = createScene()
    const session = await scene.start()
    const invalid = { ok: false, code: 'invalid-argument' }
    const start = (request: object) => scene.store.start('other', untyped({ provider: 'claude', prompt: 'x', ...request }))
    expect(await start({ ifRunning: 'whatever' })).toMatchObject({ ...invalid, error: expect.stringContaining('"whatever"') })
    for (const budget of [null, 5, [], { costUsd: '5' }, { usd: 5 }, { tokens: Number.NaN }]) {
      expect(await start({ budget })).toMatchObject(invalid)
      expect(await session.setBudget(untyped(budget))).toMatchObject(invalid)
    }
    expect(await session.rename(untyped(5))).toMatchObject(invalid)
    expect(await session.respond('q', untyped(undefined))).toMatchObject(invalid)
    expect(await session.configure(untyped(null))).toMatchObject(invalid)
    expect(await session.prompt(untyped({ text: 'x' }))).toMatchObject(invalid)
    scene.agent(session).text('a', 'still here')
    expect(session).toMatchObject({ status: 'running', messageCount: 2, title: undefined, budget: undefined })
    expect(scene.store.hasSession('other')).toBe(false)
  })

  test('is answered where the generator of ids breaks', async () => {
    let count = 0
    let broken = false
    const scene = createScene({ newId: () => (broken ? 'no id!' : `id-${++count}`) })
    const session = await scene.start()
    broken = true
    expect(await session.prompt('x')).toMatchObject({ ok: false, code: 'invalid-argument', error: expect.stringContaining('newId') })
    expect(session.queue).toEqual([])
  })

  test('of older messages asks for whole ones, and for none where it is no number', async () => {
    const scene = createScene()
    const before = await scene.start()
    for (let at = 0; at < 30; at += 1) scene.agent(before).text(`m${at}`, 'x')
    await before.stop()
    await scene.store.flush()
    const after = await restarted(scene, { limits: { pageSize: 5 } })
    await after.store.restore(project)
    const session = must(after.store.getSession(project))
    expect(await session.loadOlder(Number.NaN)).toBe(0)
    expect(await session.loadOlder(0.5)).toBe(0)
    expect(await session.loadOlder(2.5)).toBe(2)
    expect(session.messageCount).toBe(7)
  })
})

describe('a part that misbehaves', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, ''],
    ['null', null, ''],
    ['an empty object', {}, 'unknown'],
    ['no reason', { ok: false }, 'unknown'],
    ['a number for a reason', { ok: false, error: 5 }, 'unknown'],
  ])('T2 B18 a transport that answers %s has refused, in words', async (_name, reply, words) => {
    const scene = createScene()
    scene.transport.start = async (): Promise<Reply> => untyped(reply)
    const started = await scene.store.start(project, { provider: 'claude', prompt: 'x' })
    expect(started).toMatchObject({ ok: false, error: expect.any(String) })
    const session = must(scene.store.getSession(project))
    expect(session).toMatchObject({ status: 'error', live: false, error: expect.stringContaining(words) })
    expect(scene.heard.notifications).toMatchObject([{ variant: 'error', message: expect.stringContaining(`Agent error on demo: ${words}`) }])
  })

  test('B24 a policy that throws has not let the variable pass, and the start goes on', async () => {
    const scene = createScene({
      envPolicy: (name) => {
        if (name === 'BAD') throw new Error('policy')
        return true
      },
    })
    const session = await scene.start({ extraEnv: { BAD: '1', GOOD: '2' } })
    expect(session.live).toBe(true)
    expect(must(scene.commands('start')[0]).extraEnv).toEqual({ GOOD: '2' })
    expect(scene.heard.warnings).toMatchObject([{ code: 'environment-refused', detail: ['BAD'] }])
  })

  test('promise 8 T18 a subscription that cannot be ended keeps nothing from its end', async () => {
    const scene = createScene({
      lifecycle: {
        onHide: () => () => {
          throw new Error('gone already')
        },
        onWake: () => () => {},
      },
    })
    await scene.start()
    await scene.store.dispose()
    expect(scene.transport.closed).toBe(true)
    expect(scene.storage.closed).toBe(true)
    expect(scene.clock.pending).toBe(0)
    expect(scene.heard.errors).toMatchObject([{ message: expect.stringContaining('gone already') }])
  })

  test('what an agent tells of plans, modes and questions is copied as plain data', async () => {
    const scene = createScene()
    const session = await scene.start()
    const voice = scene.agent(session)
    const entries = JSON.parse('[{"content":"look","status":"pending","__proto__":{"polluted":1},"constructor":5}]')
    const modes = [{ id: 'plan', label: 'Plan', run: () => {} }]
    const options = [{ id: 'allow', label: 'Allow', kind: 'allow_once' }]
    voice.emit('plan', { entries })
    voice.emit('session', { modes })
    voice.ask('q', { options })
    entries[0].content = 'changed'
    must(modes[0]).label = 'changed'
    must(options[0]).label = 'changed'
    expect(session.plan).toEqual([{ content: 'look', status: 'pending' }])
    expect(Object.keys(must(session.plan[0]))).toEqual(['content', 'status'])
    expect(session.modes).toEqual([{ id: 'plan', label: 'Plan' }])
    expect(session.permissions[0]?.options[0]?.label).toBe('Allow')
    await scene.store.flush()
    expect(session.saved).toBe('saved')
  })
})
