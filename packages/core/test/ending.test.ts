import { describe, expect, test, vi } from 'vitest'
import { createMemoryStorage } from '../src/index.ts'
import { recordOf } from '../src/session/session-state.ts'
import { sampleState } from './reduced-session.ts'
import { createScene, project, restarted, type Scene } from './scene.ts'
import { must } from './must.ts'

describe('a purge', () => {
  test('B23 forgets a session, here and in storage, with all its timers', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).status('done')
    await scene.store.flush()
    expect(await scene.store.purge(session.sessionId)).toEqual({ ok: true })
    expect(scene.store.findSession(session.sessionId)).toBeUndefined()
    expect(scene.store.hasSession(project)).toBe(false)
    expect(await scene.disk.loadSession(session.sessionId)).toBeUndefined()
    expect(await scene.disk.loadMessages(session.sessionId)).toEqual([])
    expect(await scene.store.listSessions()).toEqual([])
    expect(scene.clock.pending).toBe(0)
  })

  test('stops a running session first', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.store.purge(session.sessionId)
    expect(scene.commands('stop')).toHaveLength(1)
    expect(scene.store.liveSessions()).toEqual([])
    await scene.clock.advance(3_600_000)
    expect(scene.heard.notifications.filter(({ variant }) => variant === 'warning')).toEqual([])
  })

  test('T9 wins over a save that is under way', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.store.flush()
    scene.agent(session).status('done')
    await scene.store.flush()
    scene.storage.slow(1_000)
    scene.agent(session).text('late', 'x')
    void scene.store.flush()
    await scene.clock.advance(500)
    const purging = scene.store.purge(session.sessionId)
    scene.agent(session).text('later', 'x')
    await scene.clock.advance(60_000)
    expect(await purging).toEqual({ ok: true })
    expect(await scene.disk.loadSession(session.sessionId)).toBeUndefined()
    expect(await scene.disk.loadMessages(session.sessionId)).toEqual([])
    expect(scene.store.findSession(session.sessionId)).toBeUndefined()
  })

  test('T9 wins over a save that failed and waits for its retry', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.store.flush()
    await session.stop()
    await scene.store.flush()
    scene.storage.failNext(1)
    scene.agent(session).text('late', 'x')
    await scene.clock.advance(2_000)
    expect(session.saved).toBe('failing')
    await scene.store.purge(session.sessionId)
    await scene.clock.advance(3_600_000)
    expect(await scene.disk.loadSession(session.sessionId)).toBeUndefined()
  })

  test('T9 wins over a reading that is under way', async () => {
    const scene = createScene()
    const session = await scene.start()
    await session.stop()
    await scene.store.flush()
    const after = await restarted(scene)
    after.storage.slow(1_000)
    const opening = after.store.openSession(session.sessionId)
    await after.clock.advance(1_500)
    const purging = after.store.purge(session.sessionId)
    await after.clock.advance(60_000)
    expect(await purging).toEqual({ ok: true })
    expect(await opening).toBeUndefined()
    after.storage.slow(0)
    expect(after.store.findSession(session.sessionId)).toBeUndefined()
    expect(await after.store.listSessions()).toEqual([])
  })

  test('T9 wins over a start that the transport has not answered', async () => {
    let accept = (): void => {}
    const scene = createScene({ reply: ({ type }) => (type === 'start' ? new Promise((resolve) => (accept = () => resolve({ ok: true }))) : undefined) })
    void scene.store.start(project, { provider: 'claude', prompt: 'Hello' })
    await scene.clock.settle()
    const { sessionId } = must(scene.store.getSession(project))
    await scene.store.purge(sessionId)
    accept()
    await scene.clock.advance(60_000)
    expect(scene.store.findSession(sessionId)).toBeUndefined()
    expect(await scene.disk.loadSession(sessionId)).toBeUndefined()
  })

  test('events that come after it are of no session', async () => {
    const scene = createScene()
    const session = await scene.start()
    const voice = scene.agent(session)
    await scene.store.purge(session.sessionId)
    voice.text('a', 'x')
    expect(scene.heard.warnings).toMatchObject([{ code: 'unknown-session-event' }])
    expect(session.findMessage('a')).toBeUndefined()
  })

  test('promise 13 a session that was purged no longer shows as current, and those who look are told', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.clock.settle()
    const listener = vi.fn()
    session.subscribe(listener)
    await scene.store.purge(session.sessionId)
    await scene.clock.settle()
    const { current, live } = session
    expect({ current, live }).toEqual({ current: false, live: false })
    expect(listener).toHaveBeenCalled()
  })

  test('that the storage refuses is a typed error, told', async () => {
    const scene = createScene()
    const session = await scene.start()
    await session.stop()
    await scene.store.flush()
    scene.storage.failNext(1, new Error('read only'))
    expect(await scene.store.purge(session.sessionId)).toMatchObject({ ok: false, code: 'storage-failed' })
    expect(scene.heard.errors).toMatchObject([{ code: 'storage-failed', cause: new Error('read only') }])
  })

  test('of a session that is only stored deletes it', async () => {
    const scene = createScene()
    const session = await scene.start()
    await session.stop()
    await scene.store.flush()
    const after = await restarted(scene)
    expect(await after.store.purge(session.sessionId)).toEqual({ ok: true })
    expect(await scene.disk.loadSession(session.sessionId)).toBeUndefined()
  })

  test('B23 of a project takes its orphans too, and nothing of another', async () => {
    const scene = createScene()
    const first = await scene.start()
    await scene.start({ ifRunning: 'background' })
    await scene.start({}, 'other')
    await scene.store.flush()
    const after = await restarted(scene)
    await after.start()
    expect(await after.store.purgeProject(project)).toEqual({ ok: true })
    expect(await after.store.listSessions(project)).toEqual([])
    expect(after.store.hasSession(project)).toBe(false)
    expect(await scene.disk.loadSession(first.sessionId)).toBeUndefined()
    expect(await after.store.listSessions()).toMatchObject([{ projectId: 'other' }])
  })

  test('B23 of a project with more sessions than a page takes them all', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.store.flush()
    const record = must(await scene.disk.loadSession(session.sessionId))
    for (let at = 0; at < 250; at += 1) await scene.disk.commit({ session: { ...record, sessionId: `s${at}` }, upsert: [], remove: [] })
    expect(await scene.store.purgeProject(project)).toEqual({ ok: true })
    expect(await scene.disk.listSessions(project)).toEqual([])
  })

  test('of a project whose storage fails says so', async () => {
    const scene = createScene()
    scene.storage.failReads(new Error('gone'))
    expect(await scene.store.purgeProject(project)).toMatchObject({ ok: false, code: 'storage-failed' })
  })
})

const endings: [string, (scene: Scene) => Promise<unknown>][] = [
  ['start', ({ store }) => store.start(project, { provider: 'claude', prompt: 'x' })],
  ['prompt', ({ store }) => store.prompt(project, 'x')],
  ['stop', ({ store }) => store.stop(project)],
  ['clear', ({ store }) => store.clear(project)],
  ['purge', ({ store }) => store.purge('x')],
  ['purgeProject', ({ store }) => store.purgeProject(project)],
  ['select', ({ store }) => store.select(project, 'x')],
  ['respond', ({ store }) => store.respond('x', 'q', {})],
  ['withdraw', ({ store }) => store.withdraw('x', 'm')],
  ['promptSession', ({ store }) => store.promptSession('x', 'y')],
  ['stopSession', ({ store }) => store.stopSession('x')],
  ['retry', ({ store }) => store.retry('x', 'm')],
  ['configure', ({ store }) => store.configure('x', { mode: 'plan' })],
  ['rename', ({ store }) => store.rename('x', 'y')],
  ['pin', ({ store }) => store.pin('x', true)],
  ['setBudget', ({ store }) => store.setBudget('x', { turns: 1 })],
  ['setRetention', ({ store }) => store.setRetention({ count: 3 })],
  ['loadSettings', ({ store }) => store.loadSettings()],
  ['importSession', ({ store }) => store.importSession({ record: recordOf(sampleState()), messages: [] })],
]

describe('T18 dispose', () => {
  test('does not take the end of its own lease for a loss; a loss that is told by a rejection is one', async () => {
    for (const [dispose, codes] of [[true, []], [false, ['lease-lost']]] as const) {
      let end = (_cause: Error): void => {}
      const disk = createMemoryStorage()
      const lost = new Promise<void>((_resolve, reject) => (end = reject))
      disk.acquire = async () => ({ fence: 1, lost, release: async () => end(new Error('released')) })
      const scene = createScene({ disk })
      await scene.start()
      await scene.store.flush()
      if (dispose) await scene.store.dispose()
      else end(new Error('taken away'))
      await scene.clock.settle()
      expect(scene.heard.errors.map(({ code }) => code)).toEqual(codes)
    }
  })

  test('saves, lets go of every timer and closes transport and storage', async () => {
    const scene = createScene()
    const session = await scene.start()
    const voice = scene.agent(session)
    voice.numbered({ epoch: 'e', seq: 1 }).text('a', 'x')
    voice.numbered({ epoch: 'e', seq: 3 }).text('c', 'held')
    await scene.store.dispose()
    expect(scene.transport.closed).toBe(true)
    expect(scene.storage.closed).toBe(true)
    expect(scene.clock.pending).toBe(0)
    expect((await scene.disk.loadMessages(session.sessionId)).map(({ content }) => content)).toEqual(['Hello', 'x'])
  })

  test('promise 7 nothing happens after it: no event, notice, command or write', async () => {
    const scene = createScene()
    const session = await scene.start()
    const done = await scene.start({}, 'done')
    scene.agent(done).status('done')
    const listener = vi.fn()
    session.subscribe(listener)
    const project2 = vi.fn()
    scene.store.subscribeProject(project, project2)
    await scene.store.dispose()
    await scene.clock.settle()
    const [commits, commands, told] = [scene.storage.commits.length, scene.transport.commands.length, scene.heard.notifications.length]
    const calls = listener.mock.calls.length
    scene.agent(session).text('late', 'x')
    scene.transport.emit({ type: 'connection', state: 'disconnected' })
    await scene.clock.advance(24 * 3_600_000)
    expect(scene.storage.commits).toHaveLength(commits)
    expect(scene.transport.commands).toHaveLength(commands)
    expect(scene.heard.notifications).toHaveLength(told)
    expect(scene.heard.connections).toEqual([])
    expect(listener).toHaveBeenCalledTimes(calls)
    expect(session.findMessage('late')).toBeUndefined()
  })

  test('F31 awaits a save that is under way; nothing is written after it', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.store.flush()
    scene.storage.slow(1_000)
    scene.agent(session).text('a', '1')
    void scene.store.flush()
    await scene.clock.advance(500)
    scene.agent(session).text('b', '2')
    let disposed = false
    const disposing = scene.store.dispose().then(() => (disposed = true))
    await scene.clock.advance(499)
    expect(disposed).toBe(false)
    await scene.clock.advance(10_000)
    await disposing
    const commits = scene.storage.commits.length
    expect((await scene.disk.loadMessages(session.sessionId)).map(({ content }) => content)).toEqual(['Hello', '1', '2'])
    await scene.clock.advance(3_600_000)
    expect(scene.storage.commits).toHaveLength(commits)
    expect(scene.clock.pending).toBe(0)
  })

  test('F31 with a save that fails ends all the same, and tells', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.store.flush()
    scene.storage.failNext(1_000)
    scene.agent(session).text('a', '1')
    await scene.store.dispose()
    expect(scene.heard.errors.map(({ code }) => code)).toContain('storage-failed')
    expect(scene.clock.pending).toBe(0)
  })

  test('twice is once', async () => {
    const scene = createScene()
    await scene.start()
    const close = vi.spyOn(scene.transport, 'close')
    await Promise.all([scene.store.dispose(), scene.store.dispose()])
    await scene.store.dispose()
    expect(close).toHaveBeenCalledOnce()
  })

  test('releases the lease', async () => {
    const scene = createScene()
    const release = vi.fn(async () => {})
    scene.storage.acquire = async () => ({ fence: 7, lost: new Promise(() => {}), release })
    await scene.start()
    await scene.store.flush()
    expect(scene.storage.commits.at(-1)?.fence).toBe(7)
    await scene.store.dispose()
    expect(release).toHaveBeenCalledOnce()
  })

  test.each([
    ['rejects', () => Promise.reject(new Error('busy'))],
    [
      'throws',
      () => {
        throw new Error('busy')
      },
    ],
    ['never settles', () => new Promise<void>(() => {})],
  ])('F34 with a transport whose close %s still closes the storage', async (_, close) => {
    const scene = createScene()
    scene.transport.close = close
    const disposing = scene.store.dispose()
    await scene.clock.advance(60_000)
    await disposing
    expect(scene.storage.closed).toBe(true)
    expect(scene.heard.errors).toMatchObject([{ message: expect.stringContaining('The transport could not be closed') }])
    expect(scene.clock.pending).toBe(0)
  })

  test.each([
    ['storage-failed', () => Promise.reject(new Error('busy'))],
    ['storage-timeout', () => new Promise<void>(() => {})],
  ])('F34 with a storage that does not close says %s, and not that it was the transport', async (code, close) => {
    const scene = createScene()
    vi.spyOn(scene.storage, 'close').mockImplementation(close)
    const disposing = scene.store.dispose()
    await scene.clock.advance(60_000)
    await disposing
    expect(scene.heard.errors).toMatchObject([{ code, message: expect.stringContaining('The storage could not be closed') }])
  })

  test.each(endings)('T18 refuses %s afterwards', async (_, command) => {
    const scene = createScene()
    await scene.start()
    await scene.store.dispose()
    expect(await command(scene)).toMatchObject({ ok: false, code: 'store-disposed' })
  })

  test.each(endings)('T18 refuses %s while it is under way', async (_, command) => {
    const scene = createScene()
    const disposing = scene.store.dispose()
    expect(await command(scene)).toMatchObject({ ok: false, code: 'store-disposed' })
    await disposing
  })

  test('restore afterwards brings nothing back', async () => {
    const scene = createScene()
    await scene.store.dispose()
    expect((await scene.store.restore(project)).outcome).not.toBe('restored')
    expect(scene.store.hasSession(project)).toBe(false)
  })

  test('a start that is in progress never reaches the transport', async () => {
    let give = (): void => {}
    const scene = createScene({ settings: { getAll: () => new Promise((resolve) => (give = () => resolve({}))) } })
    const starting = scene.store.start(project, { provider: 'claude', prompt: 'x' })
    await scene.clock.settle()
    await scene.store.dispose()
    give()
    await scene.clock.settle()
    expect(scene.commands('start')).toEqual([])
    expect(await starting).toMatchObject({ ok: false })
  })

  test('F31 T18 a start that waits for another session to be stopped begins nothing afterwards', async () => {
    let stopped = (): void => {}
    const scene = createScene({ reply: ({ type }) => (type === 'stop' ? new Promise((resolve) => (stopped = () => resolve({ ok: true }))) : undefined) })
    await scene.start()
    const starting = scene.store.start(project, { provider: 'claude', prompt: 'two', ifRunning: 'stop' })
    await scene.store.dispose()
    const commits = scene.storage.commits.length
    stopped()
    expect(await starting).toMatchObject({ ok: false, code: 'store-disposed' })
    await scene.clock.advance(60_000)
    expect(scene.storage.commits).toHaveLength(commits)
    expect(scene.clock.pending).toBe(0)
  })

  test('F31 T18 a purge that waits for its session to be stopped deletes nothing afterwards', async () => {
    let stopped = (): void => {}
    const scene = createScene({ reply: ({ type }) => (type === 'stop' ? new Promise((resolve) => (stopped = () => resolve({ ok: true }))) : undefined) })
    const { sessionId } = await scene.start()
    const purging = scene.store.purge(sessionId)
    await scene.store.dispose()
    stopped()
    expect(await purging).toMatchObject({ ok: false, code: 'store-disposed' })
    await scene.clock.advance(60_000)
    expect(await scene.disk.loadMessages(sessionId)).toHaveLength(1)
  })

  test('a queued prompt is not sent by it', async () => {
    const scene = createScene()
    const session = await scene.start()
    await session.prompt('later')
    await scene.store.dispose()
    expect(scene.commands('prompt')).toEqual([])
  })

  test('a store without a session has nothing to do', async () => {
    const scene = createScene()
    await scene.store.dispose()
    expect(scene.storage.commits).toEqual([])
  })
})
