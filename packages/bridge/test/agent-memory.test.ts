import type { Reply } from '@agent-session/core'
import { describe, expect, it } from 'vitest'
import { compared, createHost, createMirror, type HostOptions, type HostScene, type MirrorScene } from './bridge-scene.ts'
import { createTestLine } from './test-line.ts'

const capabilities = { fork: true, forget: true, logIn: true, list: true }

/** A mirror that shows a session whose turn is over, and that its agent remembers. */
async function scene(options: HostOptions = {}): Promise<{ host: HostScene; sessionId: string } & MirrorScene> {
  const host = createHost({ capabilities, ...options })
  const { sessionId, run } = await host.start()
  host.transport.emit({ type: 'session', sessionId, run, agentSessionId: 'agent-1', login: { state: 'required', methods: [{ id: 'key', label: 'Key' }] } })
  host.transport.emit({ type: 'message', sessionId, run, messages: [{ id: 'm', type: 'text', content: { text: 'Blue.' }, timestamp: 1 }] })
  host.transport.emit({ type: 'status', sessionId, run, status: 'done' })
  await host.clock.settle()
  const mirrored = createMirror(host)
  await mirrored.mirror.ready
  return { host, sessionId, ...mirrored }
}

const asked = (host: HostScene, type: string): number => host.transport.commands.filter((command) => command.type === type).length

describe('what an agent remembers, asked for through a mirror', () => {
  it('forks a session: it is current there too when the answer comes, with its transcript', async () => {
    const { host, mirror, sessionId } = await scene()
    const forked = await mirror.findSession(sessionId)?.fork()
    expect(forked).toEqual({ ok: true, sessionId: expect.any(String) })
    const fork = mirror.getSession('home')
    expect(fork).toMatchObject({ sessionId: forked?.ok && forked.sessionId, forkedFrom: sessionId, agentSessionId: 'agent-1-fork' })
    expect(fork?.messages.map(({ content }) => content)).toEqual(['Go on.', 'Blue.'])
    const { owner, mirror: shown } = compared(host.store, mirror)
    expect(shown).toEqual(owner)
  })

  it('promise 2 a call that the line brings twice forks once', async () => {
    const { host, mirror, line, sessionId } = await scene()
    const forked = await mirror.forkSession(sessionId)
    const call = line.sent.toHost.find((packet) => packet['t'] === 'q')
    expect(call).toBeDefined()
    line.mirror.post(call)
    await host.clock.settle()
    expect(asked(host, 'fork')).toBe(1)
    expect(mirror.getSession('home')?.sessionId).toBe(forked.ok && forked.sessionId)
  })

  it('F34 a fork that the agent never answers is refused in the host\'s time, and a host that never answers in its own', async () => {
    const { host, mirror, sessionId } = await scene({ reply: ({ type }) => (type === 'fork' ? new Promise<Reply>(() => {}) : undefined) })
    const forking = mirror.forkSession(sessionId)
    await host.clock.advance(120_000)
    expect(await forking).toMatchObject({ ok: false, code: 'transport-timeout', error: expect.stringContaining('fork') })
    const alone = createTestLine()
    const lonely = createMirror(host, { line: alone })
    await lonely.mirror.ready
    lonely.stopServing()
    const asking = lonely.mirror.forkSession(sessionId)
    await host.clock.advance(150_000)
    expect(await asking).toMatchObject({ ok: false, code: expect.stringMatching(/transport-timeout|disconnected/) })
  })

  it('a log in takes a person as long as they need: longer than any other call', async () => {
    const kept: (() => void)[] = []
    const { host, mirror, sessionId } = await scene({ reply: ({ type }) => (type === 'logIn' ? new Promise<Reply>((resolve) => kept.push(() => resolve({ ok: true }))) : undefined) })
    const loggingIn = mirror.findSession(sessionId)?.logIn('key')
    await host.clock.advance(300_000)
    kept[0]?.()
    expect(await loggingIn).toEqual({ ok: true })
    expect(mirror.findSession(sessionId)?.login?.state).toBe('done')
  })

  it('a log in ends with the host that is gone', async () => {
    const { host, mirror, sessionId, stopServing } = await scene({ reply: ({ type }) => (type === 'logIn' ? new Promise<Reply>(() => {}) : undefined) })
    const loggingIn = mirror.logIn(sessionId, 'key')
    await host.clock.settle()
    stopServing()
    await host.clock.advance(60_000)
    expect(await loggingIn).toMatchObject({ ok: false, code: 'disconnected' })
  })

  it('purges with and without forgetting', async () => {
    const { host, mirror, sessionId } = await scene()
    const forked = await mirror.forkSession(sessionId)
    expect(await mirror.purge(sessionId)).toEqual({ ok: true })
    expect(asked(host, 'forget')).toBe(0)
    expect(await mirror.purge(forked.ok ? forked.sessionId : '', { forget: true })).toEqual({ ok: true })
    expect(asked(host, 'forget')).toBe(1)
    expect(await mirror.listSessions('home')).toEqual([])
  })

  it('lists foreign sessions and agents; what the host cannot tell rejects with its code', async () => {
    const foreign = { agentSessionId: 'theirs', provider: 'claude', title: 'From a terminal' }
    const state = { name: 'claude', title: 'Claude', usable: false as const, code: 'not-installed' as const, message: 'It is not there', install: 'npm i' }
    const { mirror } = await scene({ list: (projectId, query) => (projectId === 'home' && query?.cwd === '/work' ? [foreign] : []), providers: () => [state] })
    expect(await mirror.listForeignSessions('home', { cwd: '/work' })).toEqual([foreign])
    expect(await mirror.listForeignSessions('home')).toEqual([])
    expect(await mirror.listProviders()).toEqual([state])
    const plain = await scene({ capabilities: {} })
    await expect(plain.mirror.listProviders()).rejects.toMatchObject({ code: 'not-supported' })
    await expect(plain.mirror.listForeignSessions('home')).rejects.toMatchObject({ code: 'not-supported' })
    expect(await plain.mirror.forkSession(plain.sessionId)).toMatchObject({ ok: false, code: 'not-supported' })
  })
})
