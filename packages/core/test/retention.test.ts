import { describe, expect, test } from 'vitest'
import type { AgentSession, SettingsSource } from '../src/index.ts'
import { createScene, project, restarted, type Scene, type SceneOptions } from './scene.ts'
import { must } from './must.ts'

const day = 24 * 60 * 60_000

/** Starts a session and lets it complete. */
async function completed(scene: Scene, projectId = project): Promise<AgentSession> {
  const session = await scene.start({ ifRunning: 'background' }, projectId)
  scene.agent(session).status('done')
  await scene.clock.advance(1_000)
  return session
}

async function several(scene: Scene, count: number): Promise<AgentSession[]> {
  const sessions: AgentSession[] = []
  for (let at = 0; at < count; at += 1) sessions.push(await completed(scene))
  return sessions
}

const storedIds = async (scene: Scene): Promise<string[]> => (await scene.disk.listSessions(project)).map(({ sessionId }) => sessionId).sort()
const idsOf = (sessions: readonly AgentSession[]): string[] => sessions.map(({ sessionId }) => sessionId).sort()

function scene3(options: SceneOptions = {}): Scene {
  return createScene({ retention: { count: 3, days: 30 }, ...options })
}

describe('B22 T14 retention', () => {
  test('when a session completes only the newest stay, in memory and in storage', async () => {
    const scene = scene3()
    const sessions = await several(scene, 5)
    expect(await storedIds(scene)).toEqual(idsOf(sessions.slice(2)))
    for (const gone of sessions.slice(0, 2)) {
      expect(scene.store.findSession(gone.sessionId)).toBeUndefined()
      expect(await scene.disk.loadMessages(gone.sessionId)).toEqual([])
    }
    expect(idsOf(sessions.slice(2)).every((id) => scene.store.findSession(id) !== undefined)).toBe(true)
  })

  test('keeps five for thirty days where nothing is said', async () => {
    const scene = createScene()
    const sessions = await several(scene, 6)
    expect(await storedIds(scene)).toEqual(idsOf(sessions.slice(1)))
    expect(scene.store.retention).toEqual({ count: 5, days: 30 })
  })

  test('takes what is too old, T15 also without messages', async () => {
    const scene = scene3()
    const old = await completed(scene)
    await scene.store.flush()
    scene.clock.setWallClock(scene.clock.now() + 31 * day)
    const fresh = await completed(scene)
    expect(await storedIds(scene)).toEqual([fresh.sessionId])
    expect(scene.store.findSession(old.sessionId)).toBeUndefined()
  })

  test('takes those of an earlier process too', async () => {
    const scene = scene3()
    const before = await several(scene, 3)
    const after = await restarted(scene, { retention: { count: 1 } })
    const fresh = await completed(after)
    expect(await storedIds(after)).toEqual([fresh.sessionId])
    expect(before).toHaveLength(3)
  })

  test('leaves other projects alone', async () => {
    const scene = createScene({ retention: { count: 1 } })
    const other = await completed(scene, 'other')
    await several(scene, 3)
    expect(await scene.disk.loadSession(other.sessionId)).toBeDefined()
  })

  test('a running session always stays', async () => {
    const scene = createScene({ retention: { count: 1 } })
    const running = await scene.start()
    const sessions = await several(scene, 3)
    expect(await storedIds(scene)).toEqual(idsOf([running, ...sessions.slice(2)]))
    expect(running.live).toBe(true)
  })

  test('T14 the current session of the project stays', async () => {
    const scene = createScene({ retention: { count: 1 } })
    const first = await completed(scene)
    const second = await scene.start()
    await scene.store.select(project, first.sessionId)
    scene.agent(second).status('done')
    await scene.clock.advance(1_000)
    expect(scene.store.getSession(project)).toBe(first)
    expect(await storedIds(scene)).toEqual(idsOf([first, second]))
  })

  test('T14 one that is being looked at stays, until nobody does', async () => {
    const scene = createScene({ retention: { count: 1 } })
    const first = await completed(scene)
    const unsubscribe = first.subscribe(() => {})
    const second = await completed(scene)
    expect(await storedIds(scene)).toEqual(idsOf([first, second]))
    unsubscribe()
    const third = await completed(scene)
    expect(await storedIds(scene)).toEqual([third.sessionId])
  })

  test('a pinned session stays', async () => {
    const scene = createScene({ retention: { count: 1 } })
    const first = await completed(scene)
    await first.pin(true)
    const second = await completed(scene)
    expect(await storedIds(scene)).toEqual(idsOf([first, second]))
  })

  test('F32 one that is pinned while another is being removed stays', async () => {
    const scene = createScene({ retention: { count: 50 } })
    const sessions = await several(scene, 3)
    await scene.store.setRetention({ count: 1 })
    const newest = await scene.start({ ifRunning: 'background' })
    await scene.store.flush()
    scene.storage.slow(500)
    scene.agent(newest).status('done')
    // They are listed by then, and the first of them is on its way out.
    await scene.clock.advance(700)
    const left = sessions.filter(({ sessionId }) => scene.store.findSession(sessionId) !== undefined)
    expect(left).toHaveLength(2)
    void left[1]?.pin(true)
    await scene.clock.advance(60_000)
    expect(await storedIds(scene)).toEqual(idsOf([must(left[1]), newest]))
  })

  test('promise 1 what went never comes back by a save of its own', async () => {
    const scene = createScene({ retention: { count: 1 } })
    const first = await scene.start()
    const voice = scene.agent(first)
    voice.status('done')
    await scene.clock.settle()
    scene.storage.slow(500)
    const second = await scene.start()
    voice.text('late', 'x')
    await scene.clock.advance(1_000)
    scene.agent(second).status('done')
    await scene.clock.advance(3_600_000)
    expect(await storedIds(scene)).toEqual([second.sessionId])
  })

  test('can be looked at before: nothing is removed', async () => {
    const scene = createScene({ retention: { count: 50 } })
    const sessions = await several(scene, 3)
    await must(sessions[0]).pin(true)
    await scene.store.setRetention({ count: 1 })
    const plan = await scene.store.planRetention(project)
    expect(plan).toEqual({
      remove: [{ sessionId: sessions[1]?.sessionId, reason: 'count' }],
      kept: [{ sessionId: sessions[0]?.sessionId, reason: 'pinned' }],
    })
    expect(await storedIds(scene)).toEqual(idsOf(sessions))
  })

  test('can be looked at before it is set: nothing is removed, and what holds goes on to hold', async () => {
    const scene = createScene({ retention: { count: 50 } })
    const sessions = await several(scene, 3)
    const plan = await scene.store.planRetention(project, { count: 1 })
    expect(plan.remove.map(({ sessionId }) => sessionId).sort()).toEqual(idsOf(sessions.slice(0, 2)))
    expect(scene.store.retention).toEqual({ count: 50, days: 30 })
    expect((await scene.store.planRetention(project)).remove).toEqual([])
    // Clamped as it would be when it is set, and refused as it would be.
    expect(await scene.store.planRetention(project, { count: 0 })).toEqual(plan)
    await expect(scene.store.planRetention(project, { days: Number.NaN })).rejects.toMatchObject({ code: 'invalid-argument' })
    expect(await storedIds(scene)).toEqual(idsOf(sessions))
  })

  test('says why it keeps one: running, current, watched, pinned', async () => {
    const scene = createScene({ retention: { count: 50 } })
    const [pinned, watched, newest] = await several(scene, 3)
    await must(pinned).pin(true)
    must(watched).subscribe(() => {})
    await scene.store.setRetention({ count: 1 })
    const running = await scene.start()
    await scene.clock.advance(1_000)
    await scene.store.rename(must(newest).sessionId, 'newest')
    scene.agent(must(newest)).text('later', 'x')
    const { kept } = await scene.store.planRetention(project)
    expect(Object.fromEntries(kept.map(({ sessionId, reason }) => [sessionId, reason]))).toMatchObject({
      [must(pinned).sessionId]: 'pinned',
      [must(watched).sessionId]: 'watched',
      [running.sessionId]: 'running',
    })
  })

  test('that cannot be carried out is told, and nothing else breaks', async () => {
    const scene = createScene({ retention: { count: 1 } })
    await completed(scene)
    const session = await scene.start()
    await scene.store.flush()
    scene.storage.failReads(new Error('bad sector'))
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(scene.heard.errors).toMatchObject([{ code: 'storage-failed' }])
    expect(session.status).toBe('done')
  })

  test('is clamped by setRetention, which refuses what is no number', async () => {
    const { store } = createScene()
    expect(await store.setRetention({ count: 99, days: 0 })).toEqual({ ok: true })
    expect(store.retention).toEqual({ count: 50, days: 1 })
    expect(await store.setRetention({ count: Number.NaN })).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(store.retention).toEqual({ count: 50, days: 1 })
  })

  test.each([
    [{ session_retention_count: '7', session_retention_days: '9' }, { count: 7, days: 9 }],
    [{ session_retention_count: '700', session_retention_days: '900' }, { count: 50, days: 365 }],
    [{ session_retention_count: '0', session_retention_days: 'x' }, { count: 5, days: 30 }],
    [{}, { count: 5, days: 30 }],
  ])('T21 comes from settings: %j', async (settings, policy) => {
    const { store } = createScene({ settings: { getAll: async () => settings } })
    expect(await store.loadSettings()).toEqual({ ok: true })
    expect(store.retention).toEqual(policy)
  })

  test.each<[string, SettingsSource['getAll']]>([
    ['reject', () => Promise.reject(new Error('locked'))],
    ['throw', () => {
      throw new Error('locked')
    }],
    ['never answer', () => new Promise(() => {})],
  ])('F34 settings that %s are a typed refusal, and leave the policy', async (_, getAll) => {
    const scene = createScene({ settings: { getAll }, retention: { count: 9 } })
    const loading = scene.store.loadSettings()
    await scene.clock.advance(10_000)
    expect(await loading).toMatchObject({ ok: false, code: 'settings-failed' })
    expect(scene.store.retention.count).toBe(9)
  })
})
