import { describe, expect, test, vi } from 'vitest'
import {
  AgentSessionError,
  createNotificationList,
  createOpenedSession,
  createPermissionList,
  createProjectHealth,
  createSessionList,
  createShownSession,
  currentSessionCommands,
  followPart,
  followSessionPart,
  isSessionPart,
  sessionPart,
  trackCommand,
  withoutSession,
  type Live,
} from '../src/index.ts'
import { createScene, neverAnswer, project, restarted, type Scene } from './scene.ts'

/** Listens, and counts what it is told. */
function listening(live: Live): { times: number; stop: () => void } {
  const heard = { times: 0, stop: () => {} }
  heard.stop = live.subscribe(() => (heard.times += 1))
  return heard
}

/** `count` sessions of the project that have ended, a second apart; gives their ids, newest first. */
async function ended(scene: Scene, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    const session = await scene.start({ prompt: `prompt ${index}` })
    await session.stop()
    await scene.clock.advance(1_000)
    ids.unshift(session.sessionId)
  }
  await scene.store.flush()
  return ids
}

describe('a session list', () => {
  test('reads when somebody listens, newest first, and a page more when it is asked', async () => {
    const before = createScene()
    const ids = await ended(before, 5)
    const scene = await restarted(before)
    const list = createSessionList(scene.store, { projectId: project, pageSize: 2 })
    expect(list).toMatchObject({ sessions: [], hasMore: false, loading: false })
    const heard = listening(list)
    expect(list.loading).toBe(true)
    await scene.clock.settle()
    expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual(ids.slice(0, 2))
    expect(list).toMatchObject({ hasMore: true, loading: false, error: undefined })
    const [first] = list.sessions
    await list.showMore()
    expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual(ids.slice(0, 4))
    expect(list.sessions[0]).toBe(first)
    heard.stop()
  })

  test('shows what happens to a session in memory without reading again, and leaves the others as they are', async () => {
    const scene = createScene()
    const [older] = await ended(scene, 1)
    const session = await scene.start()
    const list = createSessionList(scene.store, { projectId: project })
    const heard = listening(list)
    await scene.clock.settle()
    const other = list.sessions.find(({ sessionId }) => sessionId === older)
    scene.storage.failReads(new Error('not to be asked'))
    await session.rename('A new name')
    await scene.clock.settle()
    expect(list.sessions[0]).toMatchObject({ sessionId: session.sessionId, title: 'A new name' })
    expect(list.sessions[1]).toBe(other)
    const { times } = heard
    const { sessions } = list
    scene.agent(session).delta('m', 'text that streams')
    scene.agent(session).delta('m', ' goes on')
    await scene.clock.settle()
    expect(heard.times - times).toBeLessThanOrEqual(1)
    await scene.start({}, 'another project')
    await scene.clock.settle()
    expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual(sessions.map(({ sessionId }) => sessionId))
    await scene.clock.advance(1_000)
    const third = await scene.start({ ifRunning: 'background' })
    await scene.clock.settle()
    expect(list.sessions[0]?.sessionId).toBe(third.sessionId)
    scene.storage.failReads(undefined)
    await scene.store.purge(third.sessionId)
    await scene.clock.settle()
    expect(list.sessions.map(({ sessionId }) => sessionId)).not.toContain(third.sessionId)
  })

  test('promise 6 says why it could not read, keeps what it had, and is well again', async () => {
    const scene = createScene()
    await ended(scene, 2)
    const list = createSessionList(scene.store)
    listening(list)
    await scene.clock.settle()
    const { sessions } = list
    scene.storage.failReads(new Error('disk on fire'))
    await list.refresh()
    expect(list.error).toMatchObject({ code: 'storage-failed' })
    expect(list.sessions).toBe(sessions)
    scene.storage.failReads(undefined)
    await list.refresh()
    expect(list.error).toBeUndefined()
    expect(list.sessions).toBe(sessions)
  })

  test('B22 T14 shows what is taken in, and what retention and a person remove of storage alone', async () => {
    const before = createScene()
    const ids = await ended(before, 4)
    const scene = await restarted(before)
    const list = createSessionList(scene.store, { projectId: project })
    listening(list)
    await scene.clock.settle()
    expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual(ids)
    const [newest = '', second = '', third = '', oldest = ''] = ids
    await scene.store.purge(second)
    await scene.clock.settle()
    expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual([newest, third, oldest])
    await scene.store.setRetention({ count: 2 })
    const session = await scene.start()
    await session.stop()
    await scene.clock.settle()
    expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual([session.sessionId, newest])
    const imported = await scene.store.importSession({ record: { ...session.record, sessionId: 'from-a-file' }, messages: [] })
    await scene.clock.settle()
    expect(imported.ok && list.sessions.some(({ sessionId }) => sessionId === imported.sessionId)).toBe(true)
    expect(scene.store.findSession('from-a-file')).toBeUndefined()
    // One event each, and none twice.
    const removed = scene.heard.changes.filter(({ changes }) => changes.some(({ type }) => type === 'removed')).map(({ sessionId }) => sessionId)
    expect(removed.toSorted()).toEqual([second, third, oldest].toSorted())
  })

  test('B22 shows again what could not be removed', async () => {
    const before = createScene()
    const [newest = '', oldest = ''] = await ended(before, 2)
    const scene = await restarted(before)
    const list = createSessionList(scene.store, { projectId: project })
    listening(list)
    await scene.clock.settle()
    scene.storage.failNext(1)
    expect(await scene.store.purge(oldest)).toMatchObject({ ok: false })
    await scene.clock.settle()
    expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual([newest, oldest])
  })

  test('promise 7 listens to nothing once nobody listens to it', async () => {
    const scene = createScene()
    const list = createSessionList(scene.store, { projectId: project })
    const heard = listening(list)
    const another = listening(list)
    await scene.clock.settle()
    heard.stop()
    another.stop()
    const { times } = heard
    await scene.start()
    await scene.clock.settle()
    expect([heard.times, list.sessions]).toEqual([times, []])
    listening(list)
    await scene.clock.settle()
    expect(list.sessions).toHaveLength(1)
  })
})

describe('a session by its id', () => {
  test('is read when somebody listens, and gone when it is purged', async () => {
    const before = createScene()
    const [sessionId = ''] = await ended(before, 1)
    const scene = await restarted(before)
    const opened = createOpenedSession(scene.store, sessionId)
    expect(opened.session).toBeUndefined()
    const heard = listening(opened)
    expect(opened.loading).toBe(true)
    await scene.clock.settle()
    expect(opened).toMatchObject({ loading: false, error: undefined, session: { sessionId, current: false } })
    const { times } = heard
    await scene.store.purge(sessionId)
    await scene.clock.settle()
    expect(opened.session).toBeUndefined()
    expect(heard.times).toBeGreaterThan(times)
  })

  test('says that there is none, or why it cannot be read', async () => {
    const scene = createScene()
    const none = createOpenedSession(scene.store, 'nobody')
    listening(none)
    await scene.clock.settle()
    expect([none.session, none.loading, none.error]).toEqual([undefined, false, undefined])
    scene.storage.failReads(new Error('disk on fire'))
    const failed = createOpenedSession(scene.store, 'nobody else')
    listening(failed)
    await scene.clock.settle()
    expect(failed).toMatchObject({ loading: false, error: { code: 'storage-failed' } })
  })
})

test('B18 notifications stay until they are dismissed, the newest of them', async () => {
  const scene = createScene()
  const list = createNotificationList(scene.store, { limit: 2 })
  await ended(scene, 1)
  expect(list.notifications).toEqual([])
  const heard = listening(list)
  await ended(scene, 3)
  expect(list.notifications.map(({ id, variant }) => [id, variant])).toEqual([[2, 'info'], [3, 'info']])
  const { times } = heard
  list.dismiss(2)
  list.dismiss(99)
  expect(heard.times).toBe(times + 1)
  expect(list.notifications.map(({ id }) => id)).toEqual([3])
})

test('B25 the health of a project is told of when its session changes, and when it is asked anew', async () => {
  const scene = createScene()
  const live = createProjectHealth(scene.store, project)
  const heard = listening(live)
  expect(live.health).toBeUndefined()
  const session = await scene.start()
  await scene.clock.settle()
  expect(live.health?.activity).toBe('running')
  const { times } = heard
  scene.agent(session).call('c', 'Bash', { command: 'ls' })
  await scene.clock.settle()
  expect(heard.times).toBeGreaterThan(times)
  expect(live.health?.activeTool).toBe('Bash')
  const before = heard.times
  live.refresh()
  expect(heard.times).toBe(before + 1)
})

describe('the questions that wait', () => {
  test('are those of all sessions, oldest first, and each goes once it is answered', async () => {
    const scene = createScene()
    const list = createPermissionList(scene.store)
    const heard = listening(list)
    const [one, two] = [await scene.start(), await scene.start({}, 'another project')]
    scene.agent(two).ask('q', { title: 'First?' })
    await scene.clock.advance(1_000)
    scene.agent(one).ask('q', { title: 'Second?' })
    await scene.clock.settle()
    expect(list.permissions.map(({ title, projectId, sessionId }) => [title, projectId, sessionId])).toEqual([
      ['First?', 'another project', two.sessionId],
      ['Second?', project, one.sessionId],
    ])
    expect(list.permissions).toBe(list.permissions)
    expect(createPermissionList(scene.store, { projectId: project }).permissions).toEqual(list.permissions.slice(1))
    const [, second] = list.permissions
    const { times } = heard
    scene.agent(one).delta('m', 'text that streams')
    await scene.clock.settle()
    expect(heard.times).toBe(times)
    expect(await list.respond({ sessionId: two.sessionId, id: 'q' }, { optionId: 'allow' })).toEqual({ ok: true })
    await scene.clock.settle()
    expect([list.permissions.length, list.permissions[0] === second]).toEqual([1, true])
    expect(one.permissions[0]?.state).toBe('pending')
    expect(heard.times).toBeGreaterThan(times)
  })

  test('shows an answer that is on its way, and nothing of a run that has ended', async () => {
    const scene = createScene(neverAnswer('respond'))
    const session = await scene.start()
    const list = createPermissionList(scene.store)
    scene.agent(session).ask('q')
    await scene.clock.settle()
    const [waiting] = list.permissions
    if (waiting === undefined) throw new Error('Nothing waits.')
    void list.respond(waiting, { optionId: 'allow' })
    await scene.clock.settle()
    expect(list.permissions.map(({ state }) => state)).toEqual(['answering'])
    await session.stop()
    expect(list.permissions).toEqual([])
  })
})

describe('F30 a listener that throws', () => {
  test('keeps no list from being read, no command from being given, and the others hear', async () => {
    const uncaught: unknown[] = []
    const unheard = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) => {
      try {
        run()
      } catch (thrown) {
        uncaught.push(thrown)
      }
    })
    const scene = createScene()
    const session = await scene.start()
    const fault = new Error('the fault of the app')
    const command = trackCommand(() => session.stop())
    for (const live of [command, createSessionList(scene.store), createOpenedSession(scene.store, 'unknown')]) {
      uncaught.length = 0
      live.subscribe(() => {
        throw fault
      })
      const heard = listening(live)
      if (live === command) expect(await command.run()).toEqual({ ok: true })
      await scene.clock.settle()
      expect(live).toMatchObject(live === command ? { pending: false } : { loading: false })
      expect(heard.times).toBeGreaterThan(0)
      expect(new Set(uncaught)).toEqual(new Set([fault]))
    }
    unheard.mockRestore()
  })

  test('at an event of the store is reported by the store', async () => {
    const scene = createScene()
    const list = createPermissionList(scene.store)
    list.subscribe(() => {
      throw new Error('the fault of the app')
    })
    const heard = listening(list)
    await scene.start()
    await scene.clock.settle()
    expect(heard.times).toBeGreaterThan(0)
    expect(scene.heard.errors).toMatchObject([{ code: 'listener-threw' }])
  })
})

test('a part of something live is told of when it is another, and not for the others', () => {
  const told = new Set<() => void>()
  const live = { one: 1, two: 1, subscribe: (listener: () => void) => (told.add(listener), () => void told.delete(listener)) }
  let times = 0
  const stop = followPart(live, 'one', () => (times += 1))
  const tell = (): void => told.forEach((listener) => listener())
  live.two = 2
  tell()
  expect(times).toBe(0)
  live.one = 2
  tell()
  tell()
  expect(times).toBe(1)
  stop()
  expect(told.size).toBe(0)
})

describe('the session that a project shows', () => {
  test('B19 is the last one after cleanup, until another takes its place or it is purged', async () => {
    const scene = createScene()
    const shown = createShownSession(scene.store)
    expect(shown(project)).toBeUndefined()
    const session = await scene.start()
    expect(shown(project)).toBe(session)
    await session.stop()
    await scene.store.clear(project)
    expect([scene.store.hasSession(project), shown(project)]).toEqual([false, session])
    expect(createShownSession(scene.store)(project)).toBeUndefined()
    const next = await scene.start()
    expect(shown(project)).toBe(next)
    await scene.store.purge(next.sessionId)
    expect(shown(project)).toBeUndefined()
  })

  test('B10 takes commands, which refuse where there is none', async () => {
    const scene = createScene()
    const shown = createShownSession(scene.store)
    const commands = currentSessionCommands(scene.store, () => project, () => shown(project))
    const none = { ok: false, code: 'no-session', error: 'No session for project' }
    const refused = [commands.prompt('x'), commands.stop(), commands.respond('q', {}), commands.withdraw('m')]
    expect(await Promise.all(refused)).toEqual([none, none, none, none])
    expect(await commands.loadOlder(5)).toBe(0)
    expect(await commands.restore()).toEqual({ outcome: 'none' })
    expect(await commands.start({ provider: 'claude', prompt: 'Hello' })).toMatchObject({ ok: true })
    expect(await commands.prompt('more')).toMatchObject({ ok: true, queued: true })
    expect(await commands.stop()).toEqual({ ok: true })
  })

  test('has parts, each told of by itself, and what each is without a session', async () => {
    const scene = createScene()
    const session = await scene.start()
    const names = Object.keys(withoutSession).filter(isSessionPart)
    for (const name of names) expect(sessionPart(session, name)).toEqual(name === 'session' ? session : session[name])
    for (const name of names) expect(sessionPart(undefined, name)).toBe(withoutSession[name])
    expect(isSessionPart('toString')).toBe(false)
    const told: string[] = []
    for (const name of names) followSessionPart(session, name, () => told.push(name))
    scene.agent(session).delta('m', 'text')
    await scene.clock.settle()
    expect(told.toSorted()).toEqual(expect.arrayContaining(['hasOlder', 'lastMessage', 'messageCount', 'messageIds', 'messages']))
    expect(told).not.toContain('status')
    told.length = 0
    scene.agent(session).delta('m', ' and more')
    await scene.clock.settle()
    expect(told.filter((name) => name !== 'saved').toSorted()).toEqual(['lastMessage', 'messages'])
    told.length = 0
    await scene.start({ ifRunning: 'background' })
    await scene.clock.settle()
    expect(new Set(told)).toEqual(new Set(names))
  })
})

describe('a command with its state', () => {
  test('is pending until it is answered, and keeps why it was refused until it is given again', async () => {
    const scene = createScene()
    const command = trackCommand((text: string) => scene.store.prompt(project, text))
    const heard = listening(command)
    const refused = command.run('hello')
    expect(command).toMatchObject({ pending: true, refusal: undefined })
    expect(await refused).toMatchObject({ ok: false, code: 'no-session' })
    expect(command).toMatchObject({ pending: false, refusal: { code: 'no-session' } })
    expect(heard.times).toBe(2)
    await scene.start()
    const given = command.run('hello')
    expect(command.refusal).toBeUndefined()
    expect(await given).toMatchObject({ ok: true })
    expect(command).toMatchObject({ pending: false, refusal: undefined })
  })

  test('never rejects, and an older refusal does not show after a newer answer', async () => {
    const answers: ((result: unknown) => void)[] = []
    const command = trackCommand(() => new Promise((resolve) => answers.push(resolve)))
    void command.run()
    const second = command.run()
    answers[1]?.({ ok: true })
    await second
    expect(command.pending).toBe(true)
    answers[0]?.({ ok: false, code: 'no-session', error: 'late' })
    await Promise.resolve()
    await Promise.resolve()
    expect(command).toMatchObject({ pending: false, refusal: undefined })
    const throws = trackCommand(() => Promise.reject(new AgentSessionError('storage-failed', 'no disk')))
    expect(await throws.run()).toEqual({ ok: false, code: 'storage-failed', error: 'no disk' })
    const strange = trackCommand(() => Promise.reject(new Error('what?')))
    expect(await strange.run()).toMatchObject({ code: 'command-failed', error: 'what?' })
    strange.reset()
    expect(strange.refusal).toBeUndefined()
  })
})
