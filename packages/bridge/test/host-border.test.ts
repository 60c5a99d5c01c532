import { AgentSessionError, type AgentStore } from '@agent-session/core'
import { describe, expect, it } from 'vitest'
import { serveAgentStore } from '../src/index.ts'
import { createHost, createMirror } from './bridge-scene.ts'
import { createTestLine, type TestLine } from './test-line.ts'

interface Spoken {
  readonly line: TestLine
  readonly problems: AgentSessionError[]
  /** Calls as a client would that was made by somebody else; resolves to what the host answered. */
  call(method: unknown, ...args: unknown[]): Promise<Record<string, unknown> | undefined>
}

/** A host at the other end of a line on which we say what we like. */
function speakTo(store: AgentStore): Spoken {
  const line = createTestLine()
  const problems: AgentSessionError[] = []
  serveAgentStore(store, line.host, { onError: (error) => problems.push(error) })
  let count = 0
  return {
    line,
    problems,
    async call(method, ...args) {
      const id = `call-${(count += 1)}`
      line.inject('toHost', { t: 'q', i: id, m: method, a: args })
      await new Promise((resolve) => setTimeout(resolve, 0))
      const answer = line.sent.toMirror.find(({ i }) => i === id)
      return answer?.['r'] as Record<string, unknown> | undefined
    },
  }
}

const hello = { t: 'hello', protocol: 1, mirror: 'm', ask: 1, holds: [] }

describe('what a client may say', () => {
  it('is nothing at all until it has said hello, and nothing is told to it', async () => {
    const host = createHost()
    const { line } = speakTo(host.store)
    const { sessionId, run } = await host.start()
    host.transport.emit({ type: 'delta', sessionId, run, id: 'm', kind: 'text', text: 'secret' })
    host.transport.emit({ type: 'status', sessionId, run, status: 'done' })
    await host.clock.settle()
    expect(line.sent.toMirror).toEqual([])
  })

  it.each([
    undefined,
    null,
    'hello',
    7,
    [],
    {},
    { t: 'hello' },
    { ...hello, protocol: '1' },
    { ...hello, mirror: '' },
    { ...hello, mirror: 'x'.repeat(1_000) },
    { ...hello, ask: -1 },
    { ...hello, ask: 1.5 },
    { ...hello, holds: 'all' },
    { ...hello, at: { epoch: 7, revision: 1 } },
    { ...hello, at: 'here' },
    { t: 'q', m: 'start' },
    { t: 'q', i: 'x', m: 'start' },
    { t: 'q', i: 7, m: 'start', a: [] },
    { t: 'q', i: 'x', m: ['start'], a: [] },
    { t: 's', i: 'x', r: {} },
    { t: '__proto__' },
    { t: 'constructor' },
  ])('reports what is no packet and does nothing else: %j', async (data) => {
    const host = createHost()
    const { line, problems } = speakTo(host.store)
    line.inject('toHost', data ?? null)
    await host.clock.settle()
    expect(line.sent.toMirror).toEqual([])
    expect(problems.map(({ code }) => code)).toEqual(['invalid-argument'])
  })

  it('takes out of a hello what is no session', async () => {
    const host = createHost()
    const { line } = speakTo(host.store)
    line.inject('toHost', { ...hello, holds: [null, 7, { sessionId: '\u0000', from: 1 }, { sessionId: 'a' }, { sessionId: 'b', from: 2 }] })
    await host.clock.settle()
    expect(line.sent.toMirror).toMatchObject([{ t: 'snapshot', sessions: [] }])
  })

  it('answers a hello once, though it comes twice or late', async () => {
    const host = createHost()
    const { line } = speakTo(host.store)
    line.inject('toHost', { ...hello, ask: 2 })
    line.inject('toHost', { ...hello, ask: 2 })
    line.inject('toHost', { ...hello, ask: 1 })
    await host.clock.settle()
    expect(line.sent.toMirror).toMatchObject([{ t: 'snapshot', answer: { mirror: 'm', ask: 2 } }])
    line.inject('toHost', { ...hello, mirror: 'another' })
    await host.clock.settle()
    expect(line.sent.toMirror).toHaveLength(2)
  })

  it('tells one of another version so', async () => {
    const host = createHost()
    const { line } = speakTo(host.store)
    line.inject('toHost', { ...hello, protocol: 2 })
    await host.clock.settle()
    expect(line.sent.toMirror).toMatchObject([{ t: 'refused', error: { code: 'not-supported', message: expect.stringMatching(/version 1.*version 2/) } }])
  })

  it.each(['dispose', 'on', 'snapshot', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'then', ''])(
    'refuses a command that is none: %s',
    async (name) => {
      const host = createHost()
      const { call } = speakTo(host.store)
      const answer = await call(name)
      if (name === '') expect(answer).toBeUndefined()
      else expect(answer).toMatchObject({ ok: false, error: { code: 'not-supported' } })
      expect(await host.store.start('p', { provider: 'x', prompt: 'still here' })).toMatchObject({ ok: true })
    },
  )

  it.each([
    ['start', []],
    ['start', ['p']],
    ['start', ['p', null]],
    ['start', ['p', 'go']],
    ['start', [7, { provider: 'x', prompt: 'y' }]],
    ['start', ['p', { prompt: 'y' }]],
    ['start', ['p', { provider: 'x', prompt: 7 }]],
    ['start', ['p', { provider: 'x', prompt: [{ type: 'text' }] }]],
    ['start', ['p', { provider: 'x', prompt: [{ type: 'script', text: 'y' }] }]],
    ['start', ['p', { provider: 'x', prompt: 'y', cwd: 7 }]],
    ['start', ['p', { provider: 'x', prompt: 'y', ifRunning: 'kill' }]],
    ['start', ['p', { provider: 'x', prompt: 'y', extraEnv: { A: 7 } }]],
    ['start', ['p', { provider: 'x', prompt: 'y', additionalDirectories: 'all' }]],
    ['start', ['p', { provider: 'x', prompt: 'y', budget: { costUsd: 'much' } }]],
    ['start', ['x'.repeat(10_000), { provider: 'x', prompt: 'y' }]],
    ['promptSession', ['\u0000', 'x']],
    ['promptSession', [{}, 'x']],
    ['respond', ['s', 7, {}]],
    ['respond', ['s', 'r', 'yes']],
    ['respond', ['s', 'r', { optionId: 7 }]],
    ['withdraw', ['s', null]],
    ['configure', ['s', { mode: 7 }]],
    ['rename', ['s', null]],
    ['pin', ['s', 'yes']],
    ['setBudget', ['s', { turns: -1 }]],
    ['setRetention', ['all']],
    ['openSession', ['../../etc/passwd\n']],
    ['listSessions', [7, {}]],
    ['listSessions', [null, { limit: 'all' }]],
    ['loadMessages', ['s', { after: 'x' }]],
    ['search', [7, {}]],
    ['importSession', [{ record: {}, messages: [] }]],
    ['importSession', [null]],
  ])('refuses arguments that are none: %s %j', async (name, args) => {
    const host = createHost()
    const { call } = speakTo(host.store)
    expect(await call(name, ...args)).toMatchObject({ ok: false, error: { code: 'invalid-argument' } })
    expect(host.transport.commands).toEqual([])
  })

  it('lets through what is known of a request, and no key that reaches a prototype', async () => {
    const host = createHost()
    const { call } = speakTo(host.store)
    const request = JSON.parse(
      '{"provider":"x","prompt":"y","model":null,"cwd":"/tmp","shell":true,"__proto__":{"polluted":1},"extraEnv":{"CLAUDE_A":"1","__proto__":"2"}}',
    )
    expect(await call('start', 'p', request)).toMatchObject({ ok: true, value: { ok: true } })
    const [command] = host.transport.commands
    expect(command).toMatchObject({ provider: 'x', cwd: '/tmp' })
    expect(command).not.toHaveProperty('shell')
    expect(command).not.toHaveProperty('model')
    expect(Object.getPrototypeOf(command)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('refuses what is nested too deep to be honest', async () => {
    const host = createHost()
    const { call } = speakTo(host.store)
    let input: unknown = 1
    for (let depth = 0; depth < 500; depth += 1) input = [input]
    expect(await call('respond', 's', 'r', { input })).toMatchObject({ ok: false, error: { code: 'invalid-argument' } })
  })

  it('runs a command once, though it comes twice', async () => {
    const host = createHost()
    const { line } = speakTo(host.store)
    const { sessionId } = await host.start()
    for (let times = 0; times < 3; times += 1) {
      line.inject('toHost', { t: 'q', i: 'same', m: 'promptSession', a: [sessionId, 'Once.'] })
      await host.clock.settle()
    }
    expect(host.store.findSession(sessionId)?.queue).toHaveLength(1)
  })

  it('bounds how many commands are under way', async () => {
    const host = createHost()
    host.store.flush = () => new Promise(() => {})
    const { line } = speakTo(host.store)
    for (let count = 0; count < 300; count += 1) line.inject('toHost', { t: 'q', i: `i${count}`, m: 'flush', a: [] })
    await host.clock.settle()
    expect(line.sent.toMirror).toHaveLength(44)
    expect(line.sent.toMirror[0]).toMatchObject({ r: { ok: false, error: { code: 'queue-full' } } })
  })

  it('gets an error without its cause and its detail', async () => {
    const host = createHost()
    const full = new AgentSessionError('storage-full', 'The disk is full.', { cause: new Error('/home/me/secret'), detail: 'secret' })
    host.store.flush = () => Promise.reject(full)
    host.store.search = () => Promise.reject(new TypeError('undefined is not a function'))
    const { mirror } = createMirror(host)
    await mirror.ready
    const thrown: unknown = await mirror.flush().catch((error: unknown) => error)
    expect(AgentSessionError.isInstance(thrown)).toBe(true)
    expect(thrown).toMatchObject({ code: 'storage-full', message: 'The disk is full.' })
    expect(JSON.stringify(thrown)).not.toMatch(/secret/)
    await expect(mirror.search('x')).rejects.toMatchObject({ code: 'transport-threw' })
  })
})

describe('a channel that fails', () => {
  it('does not reach the store, and the mirror gets what it missed when it asks', async () => {
    const host = createHost()
    const line = createTestLine()
    const problems: string[] = []
    let broken = false
    serveAgentStore(
      host.store,
      { ...line.host, post: (data) => (broken ? ((): never => { throw new Error('cannot be cloned') })() : line.host.post(data)) },
      { onError: ({ code }) => problems.push(code) },
    )
    line.inject('toHost', hello)
    const { sessionId, run } = await host.start()
    const errors: unknown[] = []
    host.store.on('error', (error) => errors.push(error))
    broken = true
    host.transport.emit({ type: 'delta', sessionId, run, id: 'm', kind: 'text', text: 'x' })
    await host.clock.settle()
    expect(problems).toEqual(['disconnected'])
    expect(errors).toEqual([])
    broken = false
    line.inject('toHost', { t: 'check', mirror: 'm' })
    await host.clock.settle()
    expect(line.sent.toMirror.at(-1)).toMatchObject({ t: 'position', following: false })
  })
})

describe('a window that is slow to read', () => {
  it('is held back, then gets what it missed; the host keeps no queue for it', async () => {
    const host = createHost()
    const line = createTestLine()
    let bufferedBytes = 0
    const drained = new Set<() => void>()
    let posted = 0
    serveAgentStore(
      host.store,
      Object.defineProperty(
        {
          ...line.host,
          bufferedBytes: 0,
          post(data: unknown) {
            posted += 1
            line.host.post(data)
          },
          onDrain(listener: () => void) {
            drained.add(listener)
            return () => void drained.delete(listener)
          },
        },
        'bufferedBytes',
        { get: () => bufferedBytes },
      ),
      { maxBufferedBytes: 1_000 },
    )
    const { sessionId, run } = await host.start()
    line.inject('toHost', hello)
    await host.clock.settle()
    const before = posted
    bufferedBytes = 2_000
    for (let count = 0; count < 100; count += 1) {
      host.transport.emit({ type: 'delta', sessionId, run, id: 'm', kind: 'text', text: 'x' })
      await Promise.resolve()
      await Promise.resolve()
    }
    host.transport.emit({ type: 'status', sessionId, run, status: 'done' })
    await host.clock.settle()
    expect(posted).toBe(before)
    bufferedBytes = 0
    for (const listener of drained) listener()
    await host.clock.settle()
    expect(posted).toBe(before + 1)
    expect(line.sent.toMirror.at(-1)).toMatchObject({ t: 'changes', to: host.store.snapshot().revision })
  })
})
