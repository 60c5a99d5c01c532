import { createMemoryStorage } from '@agent-session/core'
import { describe, expect, it } from 'vitest'
import { compared, createHost, createMirror } from './bridge-scene.ts'

const delta = (sessionId: string, run: string, text: string, id = 'm1') => ({ type: 'delta', sessionId, run, id, kind: 'text', text })
const textMessage = (sessionId: string, run: string, id: string, text = id) => ({
  type: 'message',
  sessionId,
  run,
  messages: [{ id, type: 'text', content: { text }, timestamp: 1 }],
})

describe('a mirror', () => {
  it('is usable at once: empty, reconnecting, and ready with the first snapshot', async () => {
    const host = createHost()
    const { sessionId } = await host.start()
    await host.clock.settle()
    const { mirror, line } = createMirror(host)
    const heard: string[] = []
    mirror.on('connection', ({ state }) => heard.push(state))
    expect(mirror.connection).toEqual({ state: 'reconnecting' })
    expect(mirror.getSession('home')).toBeUndefined()
    expect(mirror.snapshot().sessions).toEqual([])
    await mirror.ready
    expect(mirror.connection).toEqual({ state: 'connected' })
    expect(heard).toEqual(['connected'])
    expect(mirror.getSession('home')?.sessionId).toBe(sessionId)
    expect(mirror.snapshot()).toEqual(host.store.snapshot())
    expect(line.sent.toMirror.map(({ t }) => t)).toEqual(['snapshot'])
  })

  it('applies the changes of the host by their revision', async () => {
    const host = createHost()
    const { mirror, line } = createMirror(host)
    await mirror.ready
    const { sessionId, run } = await host.start()
    const revisions: number[] = []
    mirror.on('change', ({ revision, epoch }) => {
      expect(epoch).toBe(host.store.snapshot().epoch)
      revisions.push(revision)
    })
    for (const text of ['one ', 'two ', 'three']) {
      host.transport.emit(delta(sessionId, run, text))
      await host.clock.settle()
    }
    const session = mirror.findSession(sessionId)
    expect(session?.lastMessage).toMatchObject({ content: 'one two three', streaming: true })
    expect(revisions.length).toBeGreaterThan(2)
    expect(revisions).toEqual(revisions.map((_, index) => (revisions[0] ?? 0) + index))
    expect(mirror.snapshot()).toEqual(host.store.snapshot())
    // Nothing but the first answer was ever sent whole.
    expect(line.sent.toMirror.filter(({ t }) => t === 'snapshot')).toHaveLength(1)
  })

  it('takes a field away that the host took away, though JSON has no word for it', async () => {
    const host = createHost()
    const { mirror } = createMirror(host)
    const { sessionId, run } = await host.start()
    await mirror.ready
    host.transport.emit({ type: 'status', sessionId, run, status: 'error', error: 'out of luck' })
    await host.clock.settle()
    expect(mirror.findSession(sessionId)).toMatchObject({ error: 'out of luck', endReason: 'error' })
    await host.store.promptSession(sessionId, 'Again.')
    await host.clock.settle()
    expect(mirror.findSession(sessionId)?.error).toBeUndefined()
    expect(Object.keys(mirror.snapshot().sessions[0]?.state ?? {})).not.toContain('error')
    expect(mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('replaces one message and leaves the others as they are', async () => {
    const host = createHost()
    const { sessionId, run } = await host.start()
    host.transport.emit(textMessage(sessionId, run, 'a'))
    host.transport.emit(delta(sessionId, run, 'x'))
    const { mirror } = createMirror(host)
    await mirror.ready
    const session = mirror.findSession(sessionId)
    const before = session?.messages ?? []
    let notices = 0
    session?.subscribe(() => (notices += 1))
    host.transport.emit(delta(sessionId, run, 'y'))
    host.transport.emit(delta(sessionId, run, 'z'))
    await host.clock.settle()
    const after = session?.messages ?? []
    expect(after.at(-1)?.content).toBe('xyz')
    expect(after.slice(0, -1).every((message, index) => message === before[index])).toBe(true)
    expect(notices).toBe(1)
  })

  it('gets the newest page of a long session, and older ones when it asks', async () => {
    const host = createHost()
    const { sessionId, run } = await host.start()
    for (let n = 1; n <= 30; n += 1) host.transport.emit(textMessage(sessionId, run, `m${n}`))
    const { mirror } = createMirror(host, { serve: { pageSize: 10 } })
    await mirror.ready
    const session = mirror.findSession(sessionId)
    expect(session).toMatchObject({ messageCount: 10, hasOlder: true })
    expect(await session?.loadOlder(15)).toBe(15)
    expect(session?.messages.map(({ id }) => id)).toEqual(Array.from({ length: 25 }, (_, index) => `m${index + 6}`))
    expect(await session?.loadOlder(50)).toBe(6)
    expect(session).toMatchObject({ messageCount: 31, hasOlder: false })
    expect(session?.messages).toEqual(host.store.findSession(sessionId)?.messages)
  })

  it('reads any range of messages, in as many calls as it takes', async () => {
    const host = createHost()
    const { sessionId, run } = await host.start()
    for (let n = 1; n <= 2_500; n += 1) host.transport.emit(textMessage(sessionId, run, `m${n}`))
    await host.store.flush()
    const { mirror } = createMirror(host, { serve: { pageSize: 10 } })
    await mirror.ready
    expect(await mirror.loadMessages(sessionId)).toEqual(await host.store.loadMessages(sessionId))
    expect((await mirror.loadMessages(sessionId, { after: 10, before: 1_500, limit: 1_200 })).map(({ seqId }) => seqId)).toEqual(
      Array.from({ length: 1_200 }, (_, index) => 300 + index),
    )
  })

  it('is not told of sessions that are over until it opens them', async () => {
    const host = createHost()
    const { mirror } = createMirror(host)
    await mirror.ready
    const old = await host.start()
    host.transport.emit({ type: 'status', ...old, status: 'done' })
    await host.start()
    const late = createMirror(host)
    await late.mirror.ready
    expect(late.mirror.findSession(old.sessionId)).toBeUndefined()
    expect(mirror.findSession(old.sessionId)).toMatchObject({ status: 'done', current: false })

    const opened = await late.mirror.openSession(old.sessionId)
    expect(opened).toMatchObject({ sessionId: old.sessionId, status: 'done' })
    await late.mirror.promptSession(old.sessionId, 'More.')
    expect(opened).toMatchObject({ status: 'running' })
    expect(await late.mirror.openSession('nobody')).toBeUndefined()
    expect(compared(host.store, late.mirror).mirror).toEqual(compared(host.store, late.mirror).owner)
  })

  it('is given a session that it did not have when that becomes current or runs again', async () => {
    const host = createHost()
    const old = await host.start()
    host.transport.emit({ type: 'status', ...old, status: 'done' })
    const other = await host.start()
    const { mirror, line } = createMirror(host)
    await mirror.ready
    expect(mirror.findSession(old.sessionId)).toBeUndefined()
    let moves = 0
    mirror.subscribeProject('home', () => (moves += 1))
    await host.store.select('home', old.sessionId)
    await host.clock.settle()
    expect(mirror.getSession('home')?.sessionId).toBe(old.sessionId)
    expect(moves).toBe(1)
    host.transport.emit(delta(other.sessionId, other.run, 'still at it'))
    await host.clock.settle()
    expect(compared(host.store, mirror).mirror).toEqual(compared(host.store, mirror).owner)
    expect(line.sent.toHost.filter(({ t }) => t === 'hello')).toHaveLength(1)
  })

  it('forgets what the host forgets', async () => {
    const host = createHost()
    const { mirror } = createMirror(host)
    const { sessionId } = await host.start()
    await mirror.ready
    const session = mirror.findSession(sessionId)
    expect(await mirror.purge(sessionId)).toEqual({ ok: true })
    expect(mirror.findSession(sessionId)).toBeUndefined()
    expect(mirror.hasSession('home')).toBe(false)
    expect(session?.live).toBe(false)
  })

  it('tells notifications, warnings, errors, the connection and what the host can do', async () => {
    const host = createHost()
    const { mirror } = createMirror(host)
    const { sessionId, run } = await host.start()
    await mirror.ready
    const heard: unknown[] = []
    mirror.on('notification', (notification) => heard.push(notification))
    mirror.on('warning', ({ code, message, sessionId: about }) => heard.push({ code, message, about }))
    mirror.on('connection', (connection) => heard.push(connection))
    host.transport.emit({ type: 'status', sessionId, run, status: 'done' })
    host.transport.emit({ type: 'delta', sessionId: 'nobody', id: 'm', kind: 'text', text: '?' })
    host.transport.emit({ type: 'connection', state: 'disconnected', error: 'the agent is gone' })
    await host.clock.settle()
    expect(heard).toEqual([
      { variant: 'success', message: 'Agent completed on home', sessionId, projectId: 'home' },
      { code: 'unknown-session-event', message: expect.stringMatching(/not here\.$/), about: 'nobody' },
      { state: 'disconnected', error: 'the agent is gone' },
    ])
    expect(mirror.connection).toEqual({ state: 'disconnected', error: 'the agent is gone' })
    expect(mirror.capabilities).toEqual(host.store.capabilities)
    expect(mirror.retention).toEqual(host.store.retention)
    await mirror.setRetention({ count: 3 })
    expect(mirror.retention).toEqual({ ...host.store.retention, count: 3 })
  })

  it('counts the health of a session by itself', async () => {
    const host = createHost()
    const { mirror } = createMirror(host)
    await host.start()
    await mirror.ready
    expect(mirror.health('home')).toMatchObject({ activity: 'running' })
    expect(mirror.health('nowhere')).toBeUndefined()
  })

  it('shows the same as another', async () => {
    const host = createHost()
    const { sessionId, run } = await host.start()
    const [one, two] = [createMirror(host), createMirror(host)]
    await Promise.all([one.mirror.ready, two.mirror.ready])
    host.transport.emit(delta(sessionId, run, 'for both'))
    const prompted = await one.mirror.prompt('home', 'From the first window.')
    expect(prompted).toMatchObject({ ok: true, queued: true })
    await host.clock.settle()
    expect(two.mirror.findSession(sessionId)?.queue).toHaveLength(1)
    expect(one.mirror.snapshot()).toEqual(two.mirror.snapshot())
    expect(one.mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('lets a listener that throws disturb nobody', async () => {
    const host = createHost()
    const { mirror } = createMirror(host)
    const { sessionId, run } = await host.start()
    await mirror.ready
    const errors: string[] = []
    const heard: string[] = []
    mirror.on('error', ({ code }) => errors.push(code))
    mirror.on('error', () => {
      throw new Error('even here')
    })
    mirror.on('change', () => {
      throw new Error('no')
    })
    mirror.on('change', () => heard.push('change'))
    mirror.findSession(sessionId)?.subscribe(() => {
      throw new Error('no')
    })
    mirror.findSession(sessionId)?.subscribe(() => heard.push('notice'))
    host.transport.emit(delta(sessionId, run, 'x'))
    await host.clock.settle()
    expect(heard).toEqual(['change', 'notice'])
    expect(errors).toEqual(['listener-threw', 'listener-threw'])
    expect(mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('can itself be served to others', async () => {
    const host = createHost()
    const first = createMirror(host)
    const { sessionId, run } = await host.start()
    await first.mirror.ready
    const second = createMirror({ ...host, store: first.mirror })
    await second.mirror.ready
    host.transport.emit(delta(sessionId, run, 'through two'))
    await host.clock.settle()
    expect(second.mirror.findSession(sessionId)?.lastMessage?.content).toBe('through two')
    first.line.down()
    first.line.up()
    const started = await host.start('other')
    await host.clock.settle()
    expect(second.mirror.findSession(started.sessionId)).toBeDefined()
    expect(await second.mirror.stopSession(started.sessionId)).toEqual({ ok: true })
    expect(second.mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('ends alone: the host goes on, and nothing is told any more', async () => {
    const host = createHost()
    const { sessionId } = await host.start()
    // The first save is over, with its time limit.
    await host.clock.settle()
    const timers = host.clock.pending
    const { mirror, line } = createMirror(host)
    await mirror.ready
    const session = mirror.findSession(sessionId)
    mirror.on('change', () => expect.unreachable())
    session?.subscribe(() => expect.unreachable())
    await mirror.dispose()
    await mirror.dispose()
    expect(line.mirror.line).toBe('ended')
    expect(mirror.connection).toEqual({ state: 'disconnected' })
    expect(await mirror.stopSession(sessionId)).toMatchObject({ ok: false, code: 'store-disposed' })
    await expect(mirror.flush()).rejects.toMatchObject({ code: 'store-disposed' })
    expect(host.store.liveSessions()).toHaveLength(1)
    expect(host.clock.pending).toBe(timers)
    await host.store.stopSession(sessionId)
    await host.clock.settle()
  })

  it('does not leave those waiting who wait for it to be ready', async () => {
    const host = createHost()
    const { mirror } = createMirror(host)
    await mirror.dispose()
    await expect(mirror.ready).rejects.toMatchObject({ code: 'store-disposed' })
  })
})

describe('F14 a host that another process took the storage from', () => {
  it('is seen as reading by its mirrors, which can have it take the storage back', async () => {
    const disk = createMemoryStorage()
    const host = createHost({ storage: disk })
    const { mirror } = createMirror(host)
    await host.start()
    await mirror.ready
    await host.store.flush()
    const heard: unknown[] = []
    mirror.on('writer', (state) => heard.push(state))
    const thief = await disk.acquire('thief', { steal: true })
    await host.clock.settle()
    await host.clock.advance(1_000)
    await host.clock.settle()
    expect(mirror.writer).toEqual({ state: 'reading', holder: 'thief' })
    expect(await mirror.start('home', { provider: 'claude', prompt: 'x' })).toMatchObject({ ok: false, code: 'lease-held' })
    expect(await mirror.takeOver()).toEqual({ ok: true })
    await thief.lost
    expect(mirror.writer).toEqual({ state: 'writing' })
    expect(heard).toEqual([{ state: 'reading' }, { state: 'reading', holder: 'thief' }, { state: 'writing' }])
    expect(mirror.snapshot()).toEqual(host.store.snapshot())
  })
})

describe('T14 retention at the host', () => {
  it('tells a window which sessions a policy would remove, before it is set', async () => {
    const host = createHost()
    const { sessionId, run } = await host.start()
    host.transport.emit({ type: 'status', sessionId, run, status: 'done' })
    await host.clock.advance(61_000)
    await host.start()
    const { mirror } = createMirror(host)
    await mirror.ready
    const { remove } = await mirror.planRetention('home', { count: 1 })
    expect(remove).toEqual([{ sessionId, reason: 'count' }])
    expect((await mirror.planRetention('home')).remove).toEqual([])
  })

  it('leaves a session alone that is only looked at in a window, until the window is gone', async () => {
    const host = createHost()
    const { sessionId, run } = await host.start()
    const { mirror, stopServing } = createMirror(host)
    await mirror.ready
    host.transport.emit({ type: 'status', sessionId, run, status: 'done' })
    await host.clock.advance(61_000)
    await host.start()
    await host.store.setRetention({ count: 1 })
    const reasons = async () => (await host.store.planRetention('home')).kept.map((kept) => [kept.sessionId, kept.reason])
    expect(await reasons()).toEqual([[sessionId, 'watched']])
    stopServing()
    expect(await reasons()).toEqual([])
  })
})
