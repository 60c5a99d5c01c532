import { describe, expect, test } from 'vitest'
import type { AgentSession, ForeignSession } from '../src/index.ts'
import { createScene, neverAnswer, project, restarted, rolesAndTexts, texts, type Scene, type SceneOptions } from './scene.ts'
import { must } from './must.ts'

const capabilities = { fork: true, forget: true, logIn: true, list: true }

/** A session whose turn is over, and that its agent remembers as `agent-1`. */
async function remembered(options: SceneOptions = {}): Promise<{ scene: Scene; session: AgentSession }> {
  const scene = createScene({ capabilities, ...options })
  const session = await scene.start({ cwd: '/work', model: 'big', extraEnv: { KEY: 'secret' } })
  const voice = scene.agent(session)
  voice.emit('session', { agentSessionId: 'agent-1', title: 'About the sea', modes: [{ id: 'ask', label: 'Ask' }], mode: 'ask' })
  voice.text('m1', 'Blue.')
  voice.status('done')
  await scene.clock.settle()
  return { scene, session }
}

describe('a fork', () => {
  test('is a session of its own, current, with the transcript and the agent\'s own id of it', async () => {
    const { scene, session } = await remembered()
    const forked = await session.fork()
    expect(forked).toEqual({ ok: true, sessionId: expect.any(String) })
    const fork = must(scene.store.getSession(project))
    expect(scene.commands('fork')).toMatchObject([{ agentSessionId: 'agent-1', session: { projectId: project, cwd: '/work', model: 'big' } }])
    expect(fork).toMatchObject({ status: 'idle', live: false, forkedFrom: session.sessionId, agentSessionId: 'agent-1-fork', title: 'About the sea', mode: 'ask', turns: 0, costUsd: 0, lastSeqId: 2 })
    expect(fork.sessionId).not.toBe(session.sessionId)
    expect(rolesAndTexts(fork)).toEqual(rolesAndTexts(session))
    expect(session.current).toBe(false)
    expect(session.forkedFrom).toBeUndefined()
  })

  test('goes on by itself: its prompt resumes it, with what the first was started with', async () => {
    const { scene, session } = await remembered()
    await session.fork()
    const fork = must(scene.store.getSession(project))
    await fork.prompt('And at night?')
    expect(must(scene.commands('prompt')[0])).toMatchObject({
      sessionId: fork.sessionId,
      session: { agentSessionId: 'agent-1-fork', cwd: '/work', extraEnv: { KEY: 'secret' } },
    })
    scene.agent(fork).text('m2', 'Black.')
    expect(texts(fork)).toEqual(['Hello', 'Blue.', 'And at night?', 'Black.'])
    expect(fork.messages.map(({ seqId }) => seqId)).toEqual([1, 2, 3, 4])
    expect(texts(session)).toEqual(['Hello', 'Blue.'])
  })

  test('promise 2 a replay of what was said before the fork makes no message twice', async () => {
    const { scene, session } = await remembered()
    await session.fork()
    const fork = must(scene.store.getSession(project))
    await fork.prompt('Go on')
    const told = (id: string, type: string, text: string) => ({ id, type, content: { text }, timestamp: 1 })
    scene.agent(fork).emit('history', { complete: true, messages: [told('other-1', 'user', 'Hello'), told('other-2', 'text', 'Blue.')] })
    expect(texts(fork)).toEqual(['Hello', 'Blue.', 'Go on'])
  })

  test('is stored: after a restart it is the project\'s last session, whole, with older pages', async () => {
    const { scene, session } = await remembered({ limits: { pageSize: 1, residentMessages: 1 } })
    await scene.store.flush()
    const after = await restarted(scene, { capabilities, limits: { pageSize: 1 } })
    const again = must(await after.store.openSession(session.sessionId))
    expect(again.messageCount).toBe(1)
    const forked = await again.fork()
    await after.store.flush()
    const last = await restarted(after)
    await last.store.restore(project)
    const fork = must(last.store.getSession(project))
    expect(fork).toMatchObject({ sessionId: forked.ok && forked.sessionId, forkedFrom: session.sessionId, agentSessionId: 'agent-1-fork' })
    expect(texts(fork)).toEqual(['Hello', 'Blue.'])
    expect(fork.record.options).not.toHaveProperty('extraEnv')
  })

  test.each<[string, SceneOptions, string]>([
    ['the transport cannot', { capabilities: {} }, 'not-supported'],
    ['the agent refuses', { reply: ({ type }) => (type === 'fork' ? { ok: false, error: 'no', code: 'agent-protocol' } : undefined) }, 'agent-protocol'],
    ['the transport throws', { reply: ({ type }) => { if (type === 'fork') throw new Error('broken'); return undefined } }, 'transport-threw'],
    ['the agent gives no id', { reply: ({ type }) => (type === 'fork' ? Object.assign({ ok: true as const }, { agentSessionId: '' }) : undefined) }, 'transport-refused'],
    ['the storage does not take it', {}, 'storage-failed'],
  ])('makes nothing where %s', async (why, options, code) => {
    const { scene, session } = await remembered(options)
    await scene.store.flush()
    if (why.startsWith('the storage')) scene.storage.failNext(1, new Error('full'))
    expect(await session.fork()).toMatchObject({ ok: false, code })
    expect(scene.store.getSession(project)).toBe(session)
    expect(await scene.store.listSessions(project)).toHaveLength(1)
  })

  test('is refused where its agent cannot, and where the agent has no session: nobody is asked', async () => {
    const { scene, session } = await remembered()
    scene.agent(session).emit('session', { abilities: { fork: false, forget: false } })
    expect(await session.fork()).toMatchObject({ ok: false, code: 'not-supported' })
    const other = await scene.start({}, 'other')
    await other.stop()
    expect(await other.fork()).toMatchObject({ ok: false, code: 'not-supported' })
    expect(scene.commands('fork')).toEqual([])
  })

  test('F34 that is never answered is refused in time', async () => {
    const { scene, session } = await remembered(neverAnswer('fork'))
    const forking = session.fork()
    await scene.clock.advance(120_000)
    expect(await forking).toMatchObject({ ok: false, code: 'transport-timeout' })
  })
})

describe('a purge that forgets', () => {
  test('has the agent forget the session before anything is removed here', async () => {
    const { scene, session } = await remembered()
    expect(await scene.store.purge(session.sessionId, { forget: true })).toEqual({ ok: true })
    expect(scene.commands('forget')).toMatchObject([{ agentSessionId: 'agent-1', session: { provider: 'claude', cwd: '/work' } }])
    expect(await scene.store.listSessions(project)).toEqual([])
  })

  test('of a session that is only in storage reads it for that', async () => {
    const { scene, session } = await remembered()
    await scene.store.flush()
    const after = await restarted(scene, { capabilities })
    expect(await after.store.purge(session.sessionId, { forget: true })).toEqual({ ok: true })
    expect(after.commands('forget')).toMatchObject([{ agentSessionId: 'agent-1' }])
    expect(await after.store.listSessions(project)).toEqual([])
  })

  test('that the agent refuses removes nothing, and says why', async () => {
    const { scene, session } = await remembered({ reply: ({ type }) => (type === 'forget' ? { ok: false, error: 'locked' } : undefined) })
    expect(await scene.store.purge(session.sessionId, { forget: true })).toMatchObject({ ok: false, code: 'transport-refused', error: 'locked' })
    expect(scene.store.findSession(session.sessionId)).toBe(session)
    expect(await scene.store.purge(session.sessionId)).toEqual({ ok: true })
    expect(scene.commands('forget')).toHaveLength(1)
  })
})

describe('a log in', () => {
  const login = { state: 'required', methods: [{ id: 'key', label: 'API key' }] }

  test('is asked of the agent, and shows when it is done', async () => {
    const { scene, session } = await remembered()
    scene.agent(session).emit('session', { login })
    expect(await session.logIn('key')).toEqual({ ok: true })
    expect(scene.commands('logIn')).toMatchObject([{ methodId: 'key', session: { provider: 'claude' } }])
    expect(session.login).toEqual({ ...login, state: 'done' })
  })

  test('promise 2 asked for twice at a time is one', async () => {
    const kept: (() => void)[] = []
    const { scene, session } = await remembered({ reply: ({ type }) => (type === 'logIn' ? new Promise((resolve) => kept.push(() => resolve({ ok: true }))) : undefined) })
    const both = Promise.all([session.logIn('key'), scene.store.logIn(session.sessionId, 'key')])
    await scene.clock.settle()
    expect(kept).toHaveLength(1)
    kept[0]?.()
    expect(await both).toEqual([{ ok: true }, { ok: true }])
  })

  test('that fails leaves the state as it is; F34 one that never ends has a limit', async () => {
    const { scene, session } = await remembered(neverAnswer('logIn'))
    scene.agent(session).emit('session', { login })
    const loggingIn = session.logIn('key')
    await scene.clock.advance(599_999)
    await scene.clock.advance(1)
    expect(await loggingIn).toMatchObject({ ok: false, code: 'transport-timeout' })
    expect(session.login).toEqual(login)
  })
})

describe('sessions of the agent\'s own', () => {
  const foreign: ForeignSession = { agentSessionId: 'theirs', title: 'From a terminal', cwd: '/work' }
  const told = (id: string, type: string, text: string) => ({ id, type, content: { text }, timestamp: 1 })

  test('are listed, and a start takes one up with what was said in it, nothing twice', async () => {
    const asked: unknown[] = []
    const scene = createScene({ capabilities, list: (...args) => (asked.push(args), [foreign]) })
    expect(await scene.store.listForeignSessions(project, { provider: 'claude', cwd: '/work' })).toEqual([foreign])
    expect(asked).toEqual([[project, { provider: 'claude', cwd: '/work' }]])
    const session = await scene.start({ agentSessionId: 'theirs', prompt: 'Go on' })
    expect(scene.commands('start')).toMatchObject([{ agentSessionId: 'theirs' }])
    const history = { complete: true, messages: [told('h1', 'user', 'What is blue?'), told('h2', 'text', 'The sea.')] }
    scene.agent(session).emit('history', history)
    scene.agent(session).emit('history', history)
    expect(texts(session)).toEqual(['What is blue?', 'The sea.', 'Go on'])
  })

  test('cannot be listed where the transport cannot, fails, or never answers: typed', async () => {
    const without = createScene({ capabilities: {} })
    await expect(without.store.listForeignSessions(project)).rejects.toMatchObject({ code: 'not-supported' })
    const failing = createScene({ capabilities, list: () => { throw new Error('broken') } })
    await expect(failing.store.listForeignSessions(project)).rejects.toMatchObject({ code: 'transport-threw', message: 'broken' })
    const silent = createScene({ capabilities, list: () => new Promise(() => {}) })
    const listing = silent.store.listForeignSessions(project).catch((thrown: unknown) => thrown)
    await silent.clock.advance(120_000)
    expect(await listing).toMatchObject({ code: 'transport-timeout' })
  })
})

describe('B26 the agents that there are', () => {
  test('are told by the transport, anew each time', async () => {
    let usable = false
    const scene = createScene({ providers: () => [usable ? { name: 'claude', title: 'Claude', usable: true, version: '1' } : { name: 'claude', title: 'Claude', usable: false, code: 'not-installed', message: 'It is not there', install: 'npm i' }] })
    expect(await scene.store.listProviders()).toMatchObject([{ name: 'claude', usable: false, code: 'not-installed', install: 'npm i' }])
    usable = true
    expect(await scene.store.listProviders()).toEqual([{ name: 'claude', title: 'Claude', usable: true, version: '1' }])
  })

  test('cannot be told by a transport that does not know: typed', async () => {
    await expect(createScene().store.listProviders()).rejects.toMatchObject({ code: 'not-supported' })
  })
})
