import { describe, expect, test } from 'vitest'
import { createScene, neverAnswer, project, refuse, restarted, texts, type Scene, type SceneOptions } from './scene.ts'
import { must } from './must.ts'

describe('a title', () => {
  test('is given, shown, saved and listed; an empty one is none', async () => {
    const scene = createScene()
    const session = await scene.start()
    expect(await session.rename('My session')).toEqual({ ok: true })
    await scene.store.flush()
    expect(session.title).toBe('My session')
    expect(await scene.store.listSessions(project)).toMatchObject([{ title: 'My session' }])
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ title: 'My session' })
    await scene.store.rename(session.sessionId, '')
    expect(session.title).toBeUndefined()
  })

  test('of a person is not replaced by the agent, after a restart either, until it is taken away', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).emit('session', { title: 'The first words' })
    expect(session.title).toBe('The first words')
    await session.rename('Mine')
    scene.agent(session).emit('session', { title: 'Other words', mode: 'plan' })
    expect(session).toMatchObject({ title: 'Mine', mode: 'plan' })
    await session.stop()
    await scene.store.flush()
    const after = await restarted(scene)
    await after.store.restore(project)
    const again = must(after.store.getSession(project))
    after.agent(again).emit('session', { title: 'Other words' })
    expect(again.title).toBe('Mine')
    await again.rename('')
    after.agent(again).emit('session', { title: 'Other words' })
    expect(again.title).toBe('Other words')
  })

  test('can be given to a session that is only stored', async () => {
    const scene = createScene()
    const session = await scene.start()
    await session.stop()
    await scene.store.flush()
    const after = await restarted(scene)
    expect(await after.store.rename(session.sessionId, 'Old one')).toEqual({ ok: true })
    await after.store.flush()
    expect(await after.disk.loadSession(session.sessionId)).toMatchObject({ title: 'Old one' })
    expect(await after.store.rename('nobody', 'x')).toMatchObject({ ok: false, code: 'session-not-found' })
  })

  test('that the storage cannot be asked for is a typed refusal', async () => {
    const scene = createScene()
    scene.storage.failReads(new Error('bad sector'))
    expect(await scene.store.rename('stored', 'x')).toMatchObject({ ok: false, code: 'storage-failed' })
    expect(await scene.store.pin('stored', true)).toMatchObject({ ok: false, code: 'storage-failed' })
  })
})

describe('a pin', () => {
  test('is set, saved, and taken away', async () => {
    const scene = createScene()
    const session = await scene.start()
    await session.pin(true)
    await scene.store.flush()
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ pinned: true })
    expect(await scene.store.listSessions(project)).toMatchObject([{ pinned: true }])
    await session.pin(false)
    await scene.store.flush()
    expect(await scene.disk.loadSession(session.sessionId)).not.toHaveProperty('pinned')
  })
})

describe('a change of mode or model', () => {
  const capable: SceneOptions = { capabilities: { configure: true } }

  test('goes through the transport, and shows once it agreed', async () => {
    const scene = createScene(capable)
    const session = await scene.start()
    expect(await session.configure({ mode: 'plan', model: 'opus' })).toEqual({ ok: true })
    expect(scene.commands('configure')).toEqual([{ type: 'configure', sessionId: session.sessionId, mode: 'plan', model: 'opus' }])
    expect(session.mode).toBe('plan')
    expect(session.model).toBe('opus')
  })

  test('that is refused changes nothing', async () => {
    const scene = createScene({ ...capable, ...refuse('configure', 'not now') })
    const session = await scene.start()
    expect(await session.configure({ mode: 'plan' })).toMatchObject({ ok: false, error: 'not now' })
    expect(session.mode).toBeUndefined()
  })

  test('F34 that is never answered is a typed refusal', async () => {
    const scene = createScene({ ...capable, ...neverAnswer('configure') })
    const session = await scene.start()
    const changing = session.configure({ mode: 'plan' })
    await scene.clock.advance(15_000)
    expect(await changing).toMatchObject({ ok: false, code: 'transport-timeout' })
  })

  test('is not supported where the transport has no way to', async () => {
    const scene = createScene()
    delete scene.transport.configure
    const session = await scene.start()
    expect(await session.configure({ mode: 'plan' })).toMatchObject({ ok: false, code: 'not-supported' })
  })
})

describe('a prompt that could not be delivered', () => {
  async function failed(): Promise<Scene & { fail: (on: boolean) => void }> {
    let failing = true
    const scene = createScene({ reply: ({ type }) => (type === 'prompt' && failing ? { ok: false, error: 'busy' } : undefined) })
    const session = await scene.start()
    scene.agent(session).status('done')
    await session.prompt('Go on')
    return Object.assign(scene, { fail: (on: boolean) => void (failing = on) })
  }

  test('is sent again under its own id, as the same message', async () => {
    const scene = await failed()
    const session = must(scene.store.getSession(project))
    const message = must(session.lastMessage)
    scene.fail(false)
    expect(await session.retry(message.id)).toEqual({ ok: true, sessionId: session.sessionId, messageId: message.id, queued: false })
    expect(texts(session)).toEqual(['Hello', 'Go on'])
    expect(session.lastMessage).toMatchObject({ id: message.id, seqId: message.seqId, delivery: 'sent', run: session.run })
    expect(session).toMatchObject({ status: 'running', live: true })
    expect(session.error).toBeUndefined()
  })

  test('can fail again', async () => {
    const scene = await failed()
    const session = must(scene.store.getSession(project))
    expect(await session.retry(must(session.lastMessage).id)).toMatchObject({ ok: false, error: 'busy' })
    expect(session.lastMessage?.delivery).toBe('failed')
    expect(session.status).toBe('error')
  })

  test('is the only kind that is sent again', async () => {
    const scene = await failed()
    const session = must(scene.store.getSession(project))
    expect(await session.retry(must(session.messages[0]).id)).toMatchObject({ ok: false, code: 'not-failed' })
    expect(await session.retry('unknown')).toMatchObject({ ok: false, code: 'not-failed' })
  })

  test('while the agent works waits for its turn, as any prompt does', async () => {
    let failing = true
    const scene = createScene({ capabilities: { steer: true }, reply: ({ type }) => (type === 'prompt' && failing ? { ok: false, error: 'busy' } : undefined) })
    const session = await scene.start()
    await session.prompt('left!')
    const { id, run } = must(session.lastMessage)
    failing = false
    expect(await session.retry(id)).toMatchObject({ ok: true })
    expect(scene.commands('prompt').at(-1)).toMatchObject({ prompt: 'left!', steer: true, run })
    expect(session.run).toBe(run)
  })

  test('whose start was refused is sent again as the next turn', async () => {
    const scene = createScene(refuse('start', 'no agent'))
    await scene.store.start(project, { provider: 'claude', prompt: 'Hello' })
    const session = must(scene.store.getSession(project))
    expect(await session.retry(must(session.lastMessage).id)).toMatchObject({ ok: true })
    expect(scene.commands('prompt')).toMatchObject([{ prompt: 'Hello' }])
  })
})

describe('a server render', () => {
  test('is there at once in the browser: initial', async () => {
    const server = createScene()
    const session = await server.start()
    server.agent(session).text('a', 'rendered')
    server.agent(session).status('done')
    const snapshot = JSON.parse(JSON.stringify(server.store.snapshot()))
    const browser = createScene({ initial: snapshot })
    const shown = must(browser.store.getSession(project))
    expect(shown.messages).toEqual(session.messages)
    expect(shown).toMatchObject({ status: 'done', live: false, sessionId: session.sessionId })
    expect(browser.clock.pending).toBe(0)
    expect(browser.storage.commits).toEqual([])
  })
})

describe('a server render of a session that runs', () => {
  const rendered = async (options: SceneOptions = {}) => {
    const server = createScene()
    const session = await server.start()
    server.agent(session).ask('q')
    server.agent(session).delta('m', 'half')
    const browser = createScene({ initial: JSON.parse(JSON.stringify(server.store.snapshot())), ...options })
    return { browser, shown: must(browser.store.getSession(project)) }
  }

  test('goes on where the transport finds its run again', async () => {
    const { browser, shown } = await rendered({ capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    expect(shown.live).toBe(false)
    expect(await browser.store.restore(project)).toEqual({ outcome: 'live', sessionId: shown.sessionId })
    browser.agent(shown).delta('m', ' a sentence')
    expect(shown.lastMessage?.content).toBe('half a sentence')
  })

  test('is interrupted where it does not', async () => {
    const { browser, shown } = await rendered()
    expect(await browser.store.restore(project)).toEqual({ outcome: 'interrupted', sessionId: shown.sessionId })
    expect(shown.record).toMatchObject({ status: 'idle', endReason: 'interrupted', permissions: [{ state: 'expired' }] })
    expect(shown.lastMessage).toMatchObject({ cut: true })
  })
})

describe('promise 14 resident messages', () => {
  async function long(options: SceneOptions = {}) {
    const scene = createScene({ limits: { residentMessages: 20 }, ...options })
    const session = await scene.start()
    return { scene, session, voice: scene.agent(session) }
  }

  async function say(at: Awaited<ReturnType<typeof long>>, from: number, to: number): Promise<void> {
    for (let seqId = from; seqId <= to; seqId += 1) at.voice.text(`m${seqId}`, `${seqId}`)
    await at.scene.store.flush()
    // What is saved leaves with the next notice.
    at.voice.emit('session', { title: `${to}` })
    await at.scene.clock.settle()
  }

  test('have a limit; older ones that are saved leave memory and come back by loadOlder', async () => {
    const at = await long()
    await say(at, 2, 100)
    expect(at.session.messageCount).toBeLessThanOrEqual(25)
    expect(at.session.hasOlder).toBe(true)
    expect(at.session.lastMessage?.seqId).toBe(100)
    const first = must(at.session.messages[0]).seqId
    expect(await at.session.loadOlder(10)).toBe(10)
    expect(at.session.messages.map(({ seqId }) => seqId)).toEqual(Array.from({ length: 100 - first + 11 }, (_, index) => first - 10 + index))
    expect(await at.scene.store.loadMessages(at.session.sessionId)).toHaveLength(100)
  })

  test('leave memory only when they are saved', async () => {
    const at = await long()
    await at.scene.store.flush()
    at.scene.storage.failNext(1_000)
    for (let seqId = 2; seqId <= 100; seqId += 1) at.voice.text(`m${seqId}`, `${seqId}`)
    await at.scene.clock.advance(60_000)
    expect(at.session.messages.filter(({ id }) => id.startsWith('m'))).toHaveLength(99)
  })

  test('that are still coming or running stay', async () => {
    const at = await long()
    at.voice.call('slow')
    await say(at, 3, 100)
    expect(at.session.findMessage('slow')).toBeDefined()
    at.voice.result('slow', 'x')
    expect(at.session.findMessage('slow')?.toolState).toBe('done')
  })

  test('promise 2 told again after they left are not taken for new', async () => {
    const at = await long()
    await say(at, 2, 100)
    const { lastSeqId } = at.session
    at.voice.text('m5', 'told again')
    at.voice.delta('m6', 'told again')
    expect(at.session.lastSeqId).toBe(lastSeqId)
  })

  test('that were paged in stay, until they are released', async () => {
    const at = await long()
    await say(at, 2, 100)
    await at.session.loadOlder(50)
    const paged = at.session.messageCount
    await say(at, 101, 104)
    expect(at.session.messageCount).toBeGreaterThanOrEqual(paged)
    at.session.releaseOlder()
    await say(at, 105, 106)
    expect(at.session.messageCount).toBeLessThanOrEqual(25)
  })

  test('leaving is no change of the session: nothing is written for it, a mirror is told nothing', async () => {
    const at = await long()
    for (let seqId = 2; seqId <= 100; seqId += 1) at.voice.text(`m${seqId}`, `${seqId}`)
    await at.scene.store.flush()
    await at.scene.clock.advance(60_000)
    const removed = at.scene.storage.commits.flatMap(({ remove }) => remove)
    expect(removed).toEqual([])
    expect(at.scene.heard.changes.flatMap(({ changes }) => changes).some(({ type }) => type === 'messages-retracted')).toBe(false)
  })

  test('a result finds its call, a retraction its message, also when they have left', async () => {
    const at = await long()
    at.voice.call('early', 'Bash', { command: 'ls' })
    at.voice.result('early', 'first')
    await say(at, 4, 100)
    expect(at.session.findMessage('early')).toBeUndefined()
    at.voice.emit('retract', { ids: ['m10'] })
    await at.scene.store.flush()
    expect((await at.scene.disk.loadMessages(at.session.sessionId)).some(({ id }) => id === 'm10')).toBe(false)
  })
})
