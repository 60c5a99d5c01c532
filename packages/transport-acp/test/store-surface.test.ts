import { createAgentStore, type AgentSession } from '@agent-session/core'
import { transportRegistry } from '@agent-session/core/registry'
import { describe, expect, it } from 'vitest'
import { acpProvider } from '../src/stdio/index.ts'
import { exampleAgent, newFolder } from './agents.ts'
import { createPeerRig, peerSession } from './peer-agent.ts'

const full = { agentCapabilities: { loadSession: true, sessionCapabilities: { resume: {}, fork: {}, delete: {}, list: {}, close: {} } }, authMethods: [{ id: 'browser', name: 'In the browser' }] }

const ended = (session: AgentSession): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (session.live) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = session.subscribe(look)
    look()
  })

const said = (session: AgentSession): [string, string][] => session.messages.map(({ role, content }) => [role, content])

describe('what an agent remembers, through a store', () => {
  it('a fork is gone on with by the agent\'s id of it; a purge that forgets deletes it; a log in shows', async () => {
    const rig = createPeerRig({
      initialize: full,
      methods: { 'session/fork': () => ({ sessionId: 'forked-0123456789' }), 'session/close': () => ({}), 'session/resume': () => ({}), 'session/delete': () => ({}), authenticate: () => ({}) },
    })
    const store = createAgentStore({ transport: rig.transport })
    await store.start('project', { provider: 'agent', prompt: 'hi', cwd: '/project' })
    const session = store.getSession('project') ?? expect.fail('no session')
    await ended(session)
    const forked = await session.fork()
    expect(rig.calls('session/fork')).toMatchObject([{ sessionId: peerSession }])
    const fork = store.getSession('project') ?? expect.fail('no fork')
    expect(fork).toMatchObject({ sessionId: forked.ok && forked.sessionId, forkedFrom: session.sessionId, agentSessionId: 'forked-0123456789' })
    expect(said(fork)).toEqual(said(session))
    expect(await fork.prompt('go on')).toMatchObject({ ok: true })
    await ended(fork)
    expect(rig.calls('session/resume')).toMatchObject([{ sessionId: 'forked-0123456789' }])
    expect(said(fork).slice(0, 3)).toEqual([...said(session), ['user', 'go on']])
    expect(session.messageCount).toBe(2)

    expect(await session.logIn('browser')).toEqual({ ok: true })
    expect(rig.calls('authenticate')).toEqual([{ methodId: 'browser' }])

    expect(await store.purge(fork.sessionId, { forget: true })).toEqual({ ok: true })
    expect(rig.calls('session/delete')).toEqual([{ sessionId: 'forked-0123456789' }])
    expect((await store.listSessions('project')).map(({ sessionId }) => sessionId)).toEqual([session.sessionId])
    await store.dispose()
    expect(rig.open()).toBe(0)
  })

  it('an agent that cannot is said so, and the session is left as it is', async () => {
    const rig = createPeerRig()
    const store = createAgentStore({ transport: rig.transport })
    await store.start('project', { provider: 'agent', prompt: 'hi' })
    const session = store.getSession('project') ?? expect.fail('no session')
    await ended(session)
    expect(await session.fork()).toMatchObject({ ok: false, code: 'not-supported' })
    expect(await store.purge(session.sessionId, { forget: true })).toMatchObject({ ok: false, code: 'not-supported' })
    expect(store.getSession('project')).toBe(session)
    await store.dispose()
  })
})

describe('B26 a registry of programs that speak the protocol', () => {
  const registryOn = (sandbox: string) =>
    transportRegistry({
      example: acpProvider(exampleAgent(sandbox), { title: 'Example agent' }),
      gone: acpProvider({ command: 'no-such-agent', install: 'npm install -g no-such-agent' }),
    })

  it('tells which are there; one that is not cannot be started, and says what to install', async () => {
    const store = createAgentStore({ transport: registryOn(newFolder()) })
    expect(await store.listProviders()).toEqual([
      { name: 'example', title: 'Example agent', usable: true },
      { name: 'gone', title: 'no-such-agent', usable: false, code: 'not-installed', message: 'The program of the agent "gone" was not found: no-such-agent', install: 'npm install -g no-such-agent' },
    ])
    expect(await store.start('project', { provider: 'gone', prompt: 'hi' })).toMatchObject({ ok: false, code: 'agent-not-found', error: expect.stringContaining('npm install -g no-such-agent') })
    expect(await store.start('project', { provider: 'example', prompt: 'hi', maxTurns: 3 })).toMatchObject({ ok: false, code: 'invalid-argument', error: expect.stringContaining('"maxTurns"') })
    await store.dispose()
  })

  it('what an agent remembers is listed before anything has run here, and taken up with what was said, nothing twice', async () => {
    const sandbox = newFolder()
    const first = createAgentStore({ transport: registryOn(sandbox) })
    await first.start('project', { provider: 'example', prompt: 'list' })
    const before = first.getSession('project') ?? expect.fail('no session')
    await ended(before)
    const told = said(before)
    await first.dispose()

    const second = createAgentStore({ transport: registryOn(sandbox) })
    expect(await second.listForeignSessions('project')).toEqual([])
    const [foreign] = await second.listForeignSessions('project', { provider: 'example' })
    expect(foreign).toMatchObject({ provider: 'example', agentSessionId: before.agentSessionId, title: 'list' })
    await second.start('project', { provider: 'example', prompt: 'recall', agentSessionId: foreign?.agentSessionId ?? '' })
    const taken = second.getSession('project') ?? expect.fail('no session')
    await ended(taken)
    expect(said(taken).slice(0, told.length + 1)).toEqual([...told, ['user', 'recall']])
    expect(new Set(taken.messages.map(({ id }) => id)).size).toBe(taken.messageCount)
    await second.dispose()
  })
})
