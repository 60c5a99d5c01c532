import { createMemoryStorage, type StoreChange } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { describe, expect, it } from 'vitest'
import { compared, createHost, createMirror, type HostScene, type MirrorScene } from './bridge-scene.ts'
import { createTestLine, plain } from './test-line.ts'
import { connectAgentStore, serveAgentStore } from '../src/index.ts'

const emitDelta = (host: HostScene, { sessionId, run }: { sessionId: string; run: string }, text: string, id = 'm1'): void =>
  host.transport.emit({ type: 'delta', sessionId, run, id, kind: 'text', text })

const kinds = ({ line }: MirrorScene): unknown[] => line.sent.toMirror.map(({ t }) => t)
const hellos = ({ line }: MirrorScene): Record<string, unknown>[] => line.sent.toHost.filter(({ t }) => t === 'hello')

async function following(host: HostScene, options?: Parameters<typeof createMirror>[1]): Promise<MirrorScene & { run: { sessionId: string; run: string } }> {
  const run = await host.start()
  emitDelta(host, run, 'begun')
  await host.clock.settle()
  const scene = createMirror(host, options)
  await scene.mirror.ready
  return { ...scene, run }
}

describe('a line that breaks', () => {
  it('comes back with what was missed, not with all', async () => {
    const host = createHost()
    const scene = await following(host)
    const { mirror, line, run } = scene
    const session = mirror.findSession(run.sessionId)
    const states: string[] = []
    mirror.on('connection', ({ state, error }) => states.push(error ? `${state}: ${error}` : state))
    line.down('the cable')
    expect(mirror.connection).toEqual({ state: 'reconnecting', error: 'the cable' })
    emitDelta(host, run, ', gone on')
    const elsewhere = await host.start('elsewhere')
    await host.clock.settle()
    expect(session?.lastMessage?.content).toBe('begun')
    line.up()
    await host.clock.settle()
    expect(states).toEqual(['reconnecting: the cable', 'connected'])
    expect(session?.lastMessage?.content).toBe('begun, gone on')
    expect(mirror.findSession(run.sessionId)).toBe(session)
    expect(mirror.findSession(elsewhere.sessionId)).toBeDefined()
    expect(kinds(scene)).toEqual(['snapshot', 'changes'])
    expect(mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('comes back so on a new connection too, which knows nothing of the old one', async () => {
    const host = createHost()
    const scene = await following(host)
    scene.line.down()
    scene.stopServing()
    emitDelta(host, scene.run, ', gone on')
    await host.clock.settle()
    scene.serve(host.store)
    scene.line.up()
    await host.clock.settle()
    expect(kinds(scene)).toEqual(['snapshot', 'changes'])
    expect(scene.mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('comes back with all where more was missed than the host keeps', async () => {
    const host = createHost()
    const scene = await following(host)
    scene.line.down()
    for (let n = 0; n < 5_000; n += 1) {
      emitDelta(host, scene.run, `${n} `)
      await Promise.resolve()
      await Promise.resolve()
    }
    await host.clock.settle()
    scene.line.up()
    await host.clock.settle()
    expect(kinds(scene)).toEqual(['snapshot', 'snapshot'])
    expect(scene.mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('refuses commands meanwhile, and does not send them later', async () => {
    const host = createHost()
    const { mirror, line, run } = await following(host)
    const session = mirror.findSession(run.sessionId)
    const commands = host.transport.commands.length
    line.down()
    expect(await mirror.start('x', { provider: 'p', prompt: 'q' })).toMatchObject({ ok: false, code: 'disconnected' })
    expect(await session?.prompt('Are you there?')).toMatchObject({ ok: false, code: 'disconnected' })
    expect(await session?.stop()).toMatchObject({ ok: false, code: 'disconnected' })
    expect(await mirror.restore('x')).toMatchObject({ outcome: 'failed', error: { code: 'disconnected' } })
    await expect(mirror.listSessions()).rejects.toMatchObject({ code: 'disconnected' })
    await expect(mirror.openSession('other')).rejects.toMatchObject({ code: 'disconnected' })
    await expect(mirror.flush()).rejects.toMatchObject({ code: 'disconnected' })
    expect(await mirror.openSession(run.sessionId)).toBe(session)
    line.up()
    await host.clock.settle()
    expect(host.transport.commands).toHaveLength(commands)
  })

  it('tells those who wait for an answer that it is not known', async () => {
    const host = createHost()
    const { mirror, line, run } = await following(host)
    line.held = true
    const stopped = mirror.stopSession(run.sessionId)
    await host.clock.settle()
    line.down()
    expect(await stopped).toMatchObject({ ok: false, code: 'disconnected', error: expect.stringMatching(/will show when it is back/) })
  })

  it('keeps the pages that were read before', async () => {
    const host = createHost()
    const run = await host.start()
    for (let n = 1; n <= 30; n += 1) {
      host.transport.emit({ type: 'message', ...run, messages: [{ id: `m${n}`, type: 'text', content: { text: 'x' }, timestamp: 1 }] })
    }
    const scene = createMirror(host, { serve: { pageSize: 5 } })
    await scene.mirror.ready
    const session = scene.mirror.findSession(run.sessionId)
    await session?.loadOlder(15)
    const before = session?.messages ?? []
    const { epoch, revision } = scene.mirror.snapshot()
    const torn = { type: 'message-extended', id: 'm30', offset: 77, text: '!!!' }
    scene.line.inject('toMirror', {
      t: 'changes',
      epoch,
      from: revision,
      to: revision + 1,
      changes: [{ revision: revision + 1, sessionId: run.sessionId, changes: [torn] }],
    })
    await host.clock.settle()
    expect(kinds(scene)).toEqual(['snapshot', 's', 'snapshot'])
    expect(session?.messages).toBe(before)
    expect(before).toHaveLength(20)
  })
})

describe('something missed', () => {
  it('is asked for as soon as it shows', async () => {
    const host = createHost()
    const scene = await following(host)
    const { line, run, mirror } = scene
    const applied: number[] = []
    mirror.on('change', ({ revision }: StoreChange) => applied.push(revision))
    line.held = true
    for (const text of ['a', 'b', 'c']) {
      emitDelta(host, run, text)
      await host.clock.settle()
    }
    expect(line.waiting.toMirror).toHaveLength(3)
    line.drop('toMirror', 1)
    line.held = false
    await line.deliverAll()
    expect(mirror.findSession(run.sessionId)?.lastMessage?.content).toBe('begunabc')
    expect(applied).toEqual([...applied].sort((a, b) => a - b))
    expect(hellos(scene)).toHaveLength(2)
    expect(kinds(scene).filter((kind) => kind === 'snapshot')).toHaveLength(1)
    expect(mirror.connection.state).toBe('connected')
  })

  it('is not applied out of order', async () => {
    const host = createHost()
    const { line, run, mirror } = await following(host)
    line.held = true
    for (const text of ['a', 'b']) {
      emitDelta(host, run, text)
      await host.clock.settle()
    }
    line.deliver('toMirror', 1)
    expect(mirror.findSession(run.sessionId)?.lastMessage?.content).toBe('begun')
    line.held = false
    await line.deliverAll()
    expect(mirror.findSession(run.sessionId)?.lastMessage?.content).toBe('begunab')
  })

  it('is told once, though it comes twice', async () => {
    const host = createHost()
    const scene = await following(host)
    const { line, run, mirror } = scene
    line.held = true
    emitDelta(host, run, 'a')
    await host.clock.settle()
    line.deliver('toMirror', 0, true)
    line.deliver('toMirror', 0, true)
    line.deliver('toMirror', 0)
    expect(mirror.findSession(run.sessionId)?.lastMessage?.content).toBe('beguna')
    expect(hellos(scene)).toHaveLength(1)
  })

  it('is found by asking, where nothing more comes that would show it', async () => {
    const host = createHost()
    const { line, run, mirror } = await following(host, { connect: { checkMs: 5_000 } })
    line.held = true
    emitDelta(host, run, 'the last word')
    await host.clock.settle()
    line.drop('toMirror')
    line.held = false
    await host.clock.advance(5_000)
    expect(mirror.findSession(run.sessionId)?.lastMessage?.content).toBe('begunthe last word')
  })

  it('is waited for by the command that made it', async () => {
    const host = createHost()
    const { line, mirror } = await following(host)
    line.held = true
    const started = mirror.start('new', { provider: 'p', prompt: 'q' })
    await host.clock.settle()
    line.deliver('toHost')
    await host.clock.settle()
    // The answer alone comes through.
    while (line.waiting.toMirror.length > 1) line.drop('toMirror')
    expect(line.waiting.toMirror[0]).toMatch(/"t":"s"/)
    line.held = false
    await line.deliverAll()
    const result = await started
    expect(result).toMatchObject({ ok: true })
    expect(mirror.getSession('new')?.sessionId).toBe(result.ok && result.sessionId)
  })

  it('is asked for whole, where what comes does not fit what is here', async () => {
    const host = createHost()
    const scene = await following(host)
    const { line, run, mirror } = scene
    const { epoch, revision } = mirror.snapshot()
    const change = { type: 'message-extended', id: 'm1', offset: 77, text: '!!!' }
    line.inject('toMirror', { t: 'changes', epoch, from: revision, to: revision + 1, changes: [{ revision: revision + 1, sessionId: run.sessionId, changes: [change] }] })
    await host.clock.settle()
    expect(hellos(scene)[1]).not.toHaveProperty('at')
    expect(mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('is asked for whole, where what comes cannot be applied at all; and that is told', async () => {
    const host = createHost()
    const scene = await following(host)
    const { line, run, mirror } = scene
    const { epoch, revision } = mirror.snapshot()
    const errors: string[] = []
    mirror.on('error', ({ code }) => errors.push(code))
    const changes = [{ revision: revision + 1, sessionId: run.sessionId, changes: [{ type: 'messages-appended' }] }]
    line.inject('toMirror', { t: 'changes', epoch, from: revision, to: revision + 1, changes })
    await host.clock.settle()
    expect(errors).toEqual(['invalid-event'])
    expect(hellos(scene)[1]).not.toHaveProperty('at')
    expect(mirror.snapshot()).toEqual(host.store.snapshot())
  })

  it('is not asked for in a tight circle, when the host never makes sense', async () => {
    const clock = createManualClock()
    const line = createTestLine()
    let hellosHeard = 0
    line.host.subscribe((data) => {
      const { t, mirror, ask } = data as { t: string; mirror: string; ask: number }
      if (t !== 'hello') return
      hellosHeard += 1
      const facts = { connection: { state: 'connected' }, capabilities: {}, retention: {}, writer: {} }
      line.host.post({ t: 'snapshot', answer: { mirror, ask }, epoch: 'e', revision: 1, facts, sessions: [] })
      line.host.post({ t: 'position', epoch: 'e', revision: 2, following: true })
    })
    const mirror = connectAgentStore(line.mirror, { clock, random: () => 0.5 })
    await mirror.ready
    await clock.advance(10_000)
    expect(hellosHeard).toBeLessThan(12)
  })
})

describe('another host', () => {
  it('is taken over whole: sessions that it has keep their view, those that it does not have go', async () => {
    const storage = createMemoryStorage()
    const host = createHost({ storage })
    const scene = await following(host)
    const { mirror, line, run } = scene
    const session = mirror.findSession(run.sessionId)
    const unsaved = await host.start('unsaved')
    await host.store.flush()
    await host.clock.settle()
    const lost = mirror.findSession(unsaved.sessionId)
    await storage.deleteSessions([unsaved.sessionId])
    const user = session?.messages[0]
    let notices = 0
    session?.subscribe(() => (notices += 1))

    // Killed: nothing of the old host says goodbye.
    line.down()
    scene.stopServing()
    const next = createHost({ storage })
    scene.serve(next.store)
    line.up()
    await host.clock.settle()

    expect(mirror.snapshot().epoch).toBe(next.store.snapshot().epoch)
    expect(mirror.findSession(run.sessionId)).toBe(session)
    // It was read back from storage, since this window shows it.
    expect(session).toMatchObject({ live: false, status: 'idle', endReason: 'interrupted', saved: expect.any(String) })
    expect(session?.lastMessage).toMatchObject({ content: 'begun', cut: true })
    expect(session?.messages[0]).toBe(user)
    expect(notices).toBeGreaterThan(0)
    expect(mirror.findSession(unsaved.sessionId)).toBeUndefined()
    expect(lost).toMatchObject({ live: false, status: 'idle', endReason: 'interrupted' })

    const prompted = await session?.prompt('Go on, then.')
    expect(prompted).toMatchObject({ ok: true })
    expect(session).toMatchObject({ status: 'running', current: true })
    expect(compared(next.store, mirror).mirror).toEqual(compared(next.store, mirror).owner)
  })

  it('is noticed on a line that never breaks', async () => {
    const host = createHost()
    const scene = await following(host, { connect: { checkMs: 5_000 } })
    scene.stopServing()
    const next = createHost({ clock: host.clock })
    scene.serve(next.store)
    await next.start('anew')
    await host.clock.advance(5_000)
    expect(scene.mirror.hasSession('anew')).toBe(true)
    expect(scene.mirror.hasSession('home')).toBe(false)
  })
})

describe('a host that does not answer', () => {
  it('is asked again, ever more slowly, and the mirror says that it is not there', async () => {
    const host = createHost()
    const line = createTestLine()
    const mirror = connectAgentStore(plain(line.mirror), { clock: host.clock, random: () => 0.5, answerTimeoutMs: 1_000 })
    const hellosSent = (): number => line.sent.toHost.filter(({ t }) => t === 'hello').length
    await host.clock.advance(60_000)
    expect(hellosSent()).toBeGreaterThan(3)
    expect(hellosSent()).toBeLessThan(12)
    expect(mirror.connection).toEqual({ state: 'reconnecting', error: 'The host does not answer.' })
    const stop = serveAgentStore(host.store, line.host, { clock: host.clock })
    await host.clock.advance(30_000)
    expect(mirror.connection).toEqual({ state: 'connected' })

    // And gone again, without a word.
    stop()
    await host.clock.advance(30_000 + 1_000 + 1_000)
    expect(mirror.connection.state).toBe('reconnecting')
  })

  it('does not keep a command waiting for ever', async () => {
    const host = createHost()
    const { mirror, line, run } = await following(host, { connect: { commandTimeoutMs: 20_000, checkMs: 60_000 } })
    line.held = true
    const stopped = mirror.stopSession(run.sessionId)
    await host.clock.advance(20_000)
    expect(await stopped).toMatchObject({ ok: false, code: 'transport-timeout' })
  })

  it('of another version is said to be one', async () => {
    const host = createHost()
    const line = createTestLine()
    line.host.subscribe((data) => {
      const { mirror, ask } = data as { mirror: string; ask: number }
      line.host.post({ t: 'refused', answer: { mirror, ask }, error: { code: 'not-supported', message: 'Load the window anew.' } })
    })
    const mirror = connectAgentStore(line.mirror, { clock: host.clock })
    await expect(mirror.ready).rejects.toMatchObject({ code: 'not-supported' })
    expect(mirror.connection).toEqual({ state: 'disconnected', error: 'Load the window anew.' })
    expect(host.clock.pending).toBe(0)
  })
})
