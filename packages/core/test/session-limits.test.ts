import { describe, expect, test } from 'vitest'
import type { StartRequest } from '../src/index.ts'
import { createScene, neverAnswer, project, restarted } from './scene.ts'
import { must } from './must.ts'

const minute = 60_000

describe('limits of one session', () => {
  test('B17 hold for it alone', async () => {
    const scene = createScene({ limits: { stallMs: 5 * minute } })
    const patient = await scene.start({ limits: { stallMs: 60 * minute } }, 'patient')
    const other = await scene.start({}, 'other')
    await scene.clock.advance(6 * minute)
    expect(other.stall?.cause).toBe('model')
    expect(patient.stall).toBeUndefined()
    await scene.clock.advance(54 * minute)
    expect(patient.stall?.cause).toBe('model')
    expect(scene.heard.notifications.map(({ message }) => message)).toEqual([
      'Agent stalled on other (no activity for 5 min)',
      'Agent stalled on patient (no activity for 60 min)',
    ])
  })

  test('B19 B20 B15 of cleanup, of saving, of output and of the queue', async () => {
    const scene = createScene()
    const session = await scene.start({ limits: { cleanupMs: 1_000, saveDelayMs: 100, toolOutputLines: 2, queuedPrompts: 1 } })
    await scene.store.flush()
    const commits = scene.storage.commits.length
    const voice = scene.agent(session)
    voice.call('c')
    voice.result('c', 'a\nb\nc')
    expect(session.lastMessage?.content).toBe('a\nb\n... (1 more lines)')
    await scene.clock.advance(100)
    expect(scene.storage.commits.length).toBe(commits + 1)
    expect(await session.prompt('one')).toMatchObject({ queued: true })
    expect(await session.prompt('two')).toMatchObject({ code: 'queue-full' })
    await session.stop()
    await scene.clock.advance(1_000)
    expect(scene.store.hasSession(project)).toBe(false)
  })

  test('F34 of the answers of its transport', async () => {
    const scene = createScene(neverAnswer('start'))
    const started = scene.store.start(project, { provider: 'claude', prompt: 'x', limits: { startTimeoutMs: 500 } })
    await scene.clock.advance(500)
    expect(await started).toMatchObject({ ok: false, code: 'transport-timeout' })
  })

  test('T11 are stored with it, and hold after a restore', async () => {
    const limits = { stallMs: 60 * minute, pageSize: 3, residentMessages: 8 }
    const scene = createScene()
    const session = await scene.start({ limits })
    for (let at = 2; at <= 40; at += 1) scene.agent(session).text(`m${at}`, 'x')
    await scene.store.flush()
    await scene.clock.advance(2_000)
    scene.agent(session).text('last', 'x')
    await scene.clock.settle()
    expect(session.messageCount).toBeLessThanOrEqual(10)
    expect(session.limits).toEqual(limits)
    await session.stop()
    await scene.store.flush()

    const after = await restarted(scene)
    await after.store.restore(project)
    const again = must(after.store.getSession(project))
    expect(again.limits).toEqual(limits)
    expect(again.messageCount).toBe(3)
    await again.prompt('More')
    await after.clock.advance(59 * minute)
    expect(again.stall).toBeUndefined()
    await after.clock.advance(minute)
    expect(again.stall?.cause).toBe('model')
  })

  test.each<[string, unknown, RegExp]>([
    ['of a name that is none', { stallMS: 5 }, /no limit named "stallMS"/],
    ['that are no number', { stallMs: '5' }, /stallMs must be a finite number above 0, not 5/],
    ['of nothing', { cleanupMs: 0 }, /cleanupMs must be/],
    ['that do not end', { stallMs: Number.POSITIVE_INFINITY }, /not Infinity/],
    ['that count parts', { pageSize: 1.5 }, /pageSize is a count: a whole number, not 1.5/],
    ['that are no object', 5, /an object/],
    ['that are a list', [], /an object/],
    ['that are null', null, /an object/],
  ])('%s are refused, and nothing is begun', async (_name, limits, words) => {
    const scene = createScene()
    // As from a caller whose types nobody checked.
    const request = { provider: 'claude', prompt: 'x', limits } as StartRequest
    expect(await scene.store.start(project, request)).toMatchObject({ ok: false, code: 'invalid-limit', error: expect.stringMatching(words) })
    expect(scene.store.hasSession(project)).toBe(false)
    expect(scene.transport.commands).toEqual([])
  })

  test('that storage gives and that are none are passed over', async () => {
    const scene = createScene()
    const session = await scene.start({ limits: { stallMs: 60 * minute } })
    await session.stop()
    await scene.store.flush()
    const damaged = JSON.parse('{"stallMs":"soon","cleanupMs":1000,"nonsense":5,"pageSize":-1}')
    await scene.disk.commit({ session: { ...session.record, limits: damaged }, upsert: [], remove: [] })
    const after = await restarted(scene)
    await after.store.restore(project)
    const again = must(after.store.getSession(project))
    expect(again.messageCount).toBe(1)
    await again.prompt('More')
    await after.clock.advance(15 * minute)
    expect(again.stall?.cause).toBe('model')
    await again.stop()
    await after.clock.advance(1_000)
    expect(after.store.hasSession(project)).toBe(false)
  })
})
