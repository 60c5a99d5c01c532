import { describe, expect, test } from 'vitest'
import { createScene, project, restarted } from './scene.ts'
import { must } from './must.ts'

describe('the list of sessions', () => {
  test('comes in pages without a session twice or none, where memory is ahead of storage', async () => {
    const scene = createScene({ retention: { count: 50 } })
    const ids: string[] = []
    for (let at = 0; at < 5; at += 1) {
      const session = await scene.start()
      await session.stop()
      ids.unshift(session.sessionId)
      await scene.clock.advance(3_000)
    }
    await scene.store.flush()
    scene.storage.failNext(1_000)
    const oldest = must(ids.at(-1))
    await must(scene.store.findSession(oldest)).prompt('again')
    const newest = await scene.start({ ifRunning: 'background' })
    const expected = [newest.sessionId, oldest, ...ids.slice(0, -1)]
    for (const limit of [1, 2, 4]) {
      const listed: string[] = []
      for (let offset = 0; offset < expected.length; offset += limit) {
        listed.push(...(await scene.store.listSessions(project, { limit, offset })).map(({ sessionId }) => sessionId))
      }
      // Both began at the same moment.
      expect(new Set(listed.slice(0, 2))).toEqual(new Set(expected.slice(0, 2)))
      expect(listed.slice(2)).toEqual(expected.slice(2))
    }
    expect(await scene.store.listSessions(project, { limit: 3, offset: 6 })).toEqual([])
    expect(await scene.store.listSessions('another')).toEqual([])
  })

  test('F26 keeps its order where the wall clock is set back, and a restore finds the last session', async () => {
    const scene = createScene()
    const first = await scene.start()
    const { updatedAt } = first
    scene.clock.setWallClock(1_000)
    scene.agent(first).text('a', 'x')
    scene.agent(first).status('done')
    expect(first.updatedAt).toBe(updatedAt)
    const second = await scene.start()
    await scene.store.flush()
    expect((await scene.store.listSessions(project)).map(({ sessionId }) => sessionId)).toEqual([second.sessionId, first.sessionId])
    expect(second.createdAt).toBeLessThanOrEqual(second.updatedAt)
    const after = await restarted(scene)
    expect(await after.store.restore(project)).toMatchObject({ sessionId: second.sessionId })
  })
})
