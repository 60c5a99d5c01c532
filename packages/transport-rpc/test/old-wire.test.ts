import { type AgentSessionError, createAgentStore, type StoreOptions } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectAgentRpc, type ConnectAgentRpcOptions, type EventName } from '../src/index.ts'
import { desktopRpc, overTheWire } from './desktop-rpc.ts'
import { oldHost } from './old-host.ts'
import { channelPair } from './channel-pair.ts'

type Handlers = Parameters<typeof desktopRpc>[0]

/** A page with a store, at a host that does as it is told. */
function page(handlers: Handlers = {}, options: ConnectAgentRpcOptions & Partial<StoreOptions> = {}) {
  const clock = createManualClock()
  const ok = (): object => ({ ok: true })
  const rpc = desktopRpc({ 'agent.start': ok, 'agent.prompt': ok, 'agent.stop': ok, ...handlers })
  let ids = 0
  const { transport } = connectAgentRpc(rpc.page, { clock, newId: () => `made-${(ids += 1)}`, ...options })
  const store = createAgentStore({ transport, clock, newId: () => `id-${(ids += 1)}`, ...options })
  const reports: AgentSessionError[] = []
  store.on('warning', (report) => reports.push(report))
  store.on('error', (report) => reports.push(report))
  const tell = async (name: EventName, payload: object): Promise<void> => {
    rpc.tell(name, payload)
    await settle()
  }
  return { clock, rpc, store, reports, tell, transport }
}

/** All promises that can settle, settle. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function started(handlers: Handlers = {}, options: ConnectAgentRpcOptions & Partial<StoreOptions> = {}) {
  const given = page(handlers, options)
  const reply = await given.store.start('p', { provider: 'claude', prompt: 'Go' })
  if (!reply.ok) throw new Error(reply.error)
  const session = given.store.findSession(reply.sessionId)
  if (session === undefined) throw new Error('no session')
  const say = (...messages: object[]): Promise<void> => given.tell('agent.message', { sessionId: reply.sessionId, messages })
  const status = (word: string, error?: string): Promise<void> => given.tell('agent.status', { sessionId: reply.sessionId, status: word, error })
  return { ...given, session, sessionId: reply.sessionId, say, status }
}

const raw = (id: string, type: string, content: unknown): object => ({ id, type, content, timestamp: 1 })

describe('B27 what goes to the host', () => {
  test('B5 T17 every start option, and nothing that was not given', async () => {
    const { store, rpc } = page()
    await store.start('p', { provider: 'claude', prompt: 'Go' })
    expect(rpc.asked).toEqual([{ name: 'agent.start', params: { sessionId: expect.any(String), provider: 'claude', prompt: 'Go' } }])
    const options = {
      cwd: '/w',
      model: 'm',
      systemPrompt: 's',
      maxTurns: 3,
      permissionMode: 'plan',
      claudeConfigDir: '/c',
      extraEnv: { EDITION: '1' },
      additionalDirectories: ['/a'],
      worktreeName: 'w',
      mcpServers: ['docs'],
      agentSessionId: 'a1',
    }
    await store.start('p2', { provider: 'claude', prompt: 'Go', ...options })
    expect(rpc.asked[1]?.params).toEqual({ sessionId: expect.any(String), provider: 'claude', prompt: 'Go', ...options })
  })

  test('a prompt and a stop carry what section 4 says, and no more', async () => {
    const { session, sessionId, rpc, status } = await started()
    await status('done')
    await session.prompt('More')
    await session.stop()
    expect(rpc.asked.slice(1)).toEqual([
      { name: 'agent.prompt', params: { sessionId, prompt: 'More' } },
      { name: 'agent.stop', params: { sessionId } },
    ])
  })

  test('files go as their text; an image is refused before anything is sent', async () => {
    const { session, rpc, status } = await started()
    await status('done')
    await session.prompt([
      { type: 'text', text: 'See' },
      { type: 'file', uri: 'file:///a.txt', name: 'a.txt', text: 'one' },
      { type: 'file', uri: 'file:///b' },
    ])
    expect(rpc.asked.at(-1)?.params).toMatchObject({ prompt: 'See\na.txt:\none\n[file: file:///b]' })
    await status('done')
    const reply = await session.prompt([{ type: 'image', mimeType: 'image/png', data: 'AAAA' }])
    expect(reply).toMatchObject({ ok: false, code: 'not-supported' })
    expect(rpc.asked).toHaveLength(2)
  })

  test('an RPC whose requests are one function works as well', async () => {
    const asked: unknown[] = []
    const { transport } = connectAgentRpc({
      request: async (name, params) => {
        asked.push([name, params])
        return { ok: true }
      },
      addMessageListener: () => {},
    })
    expect(await transport.stop({ sessionId: 's', run: 'r' })).toEqual({ ok: true })
    expect(await transport.prompt({ sessionId: 's', run: 'r', prompt: 'x', messageId: 'm', session: { projectId: 'p', provider: 'a' } })).toEqual({ ok: true })
    expect(asked).toEqual([['agent.prompt', { sessionId: 's', prompt: 'x' }]])
  })

  test('an RPC that has not the request is refused in words', async () => {
    const { transport } = connectAgentRpc({ request: JSON.parse('{}'), addMessageListener: () => {} })
    expect(await transport.start({ sessionId: 's', run: 'r', prompt: 'x', messageId: 'm', projectId: 'p', provider: 'a' })).toEqual({
      ok: false,
      code: 'disconnected',
      error: 'The host did not answer agent.start: This RPC has no request named agent.start.',
    })
  })
})

describe('B27 what the host answers', () => {
  test.each([
    [{ ok: false, error: 'spawn ENOENT' }, 'transport-refused', 'spawn ENOENT'],
    [{ ok: false, error: 'Install it.', code: 'agent-not-found' }, 'agent-not-found', 'Install it.'],
    [{ ok: false }, 'transport-refused', 'unknown'],
    [{ ok: false, error: 7 }, 'transport-refused', 'unknown'],
    [undefined, 'agent-protocol', 'The host answered agent.start with what is no answer.'],
    ['ok', 'agent-protocol', 'The host answered agent.start with what is no answer.'],
  ])('T2 a start answered by %j is refused', async (reply, code, error) => {
    const { store } = page({ 'agent.start': () => reply })
    expect(await store.start('p', { provider: 'claude', prompt: 'Go' })).toMatchObject({ ok: false, code, error })
    expect(store.getSession('p')).toMatchObject({ status: 'error', error, live: false })
  })

  test('T2 an RPC that gives up on a start has the host stop it: it may have begun', async () => {
    const { store, rpc } = page({ 'agent.start': () => Promise.reject(new Error('RPC request timed out.')) })
    expect(await store.start('p', { provider: 'claude', prompt: 'Go' })).toMatchObject({ ok: false, code: 'disconnected' })
    await settle()
    expect(rpc.asked.map(({ name }) => name)).toEqual(['agent.start', 'agent.stop'])
  })

  test('F34 a start, a prompt and a stop that are never answered end by the store’s limits, and the session can be used again', async () => {
    let answers: 'never' | 'ok' = 'never'
    const reply = (): unknown => (answers === 'never' ? new Promise(() => {}) : { ok: true })
    const { store, rpc, clock } = page({ 'agent.start': reply, 'agent.prompt': reply, 'agent.stop': reply })
    const start = store.start('p', { provider: 'claude', prompt: 'Go' })
    await settle()
    await clock.advance(120_000)
    expect(await start).toMatchObject({ ok: false, code: 'transport-timeout' })
    await settle()
    expect(rpc.asked.map(({ name }) => name)).toEqual(['agent.start', 'agent.stop'])
    const session = store.getSession('p')
    const prompt = session?.prompt('More')
    await settle()
    await clock.advance(120_000)
    expect(await prompt).toMatchObject({ ok: false, code: 'transport-timeout' })
    answers = 'ok'
    expect(await session?.prompt('And now')).toMatchObject({ ok: true })
    expect(session).toMatchObject({ status: 'running', live: true })
    answers = 'never'
    const stop = session?.stop()
    await settle()
    await clock.advance(15_000)
    expect(await stop).toMatchObject({ ok: false, code: 'transport-timeout' })
    expect(session).toMatchObject({ status: 'error', endReason: 'stopped' })
    answers = 'ok'
    expect(await session?.prompt('Once more')).toMatchObject({ ok: true })
  })

  test('F34 a host that never answers of storage and settings holds up nothing: the start goes on, the save shows as failing, the restore says why not', async () => {
    const never = (): Promise<never> => new Promise(() => {})
    const clock = createManualClock()
    const rpc = desktopRpc({ 'agent.start': () => ({ ok: true }), 'session.save': never, 'session.messages.save': never, 'session.load': never, 'session.messages.load': never, 'settings.getAll': never })
    const store = createAgentStore({ ...connectAgentRpc(rpc.page, { clock }), clock })
    const reports: string[] = []
    store.on('warning', ({ code }) => reports.push(code))
    store.on('error', ({ code }) => reports.push(code))
    const start = store.start('p', { provider: 'claude', prompt: 'Go' })
    await clock.advance(2_000)
    expect(await start).toMatchObject({ ok: true })
    await clock.advance(30_000)
    expect(store.getSession('p')).toMatchObject({ live: true, saved: 'failing' })
    const restore = store.restore('p2')
    await clock.advance(30_000)
    expect(await restore).toMatchObject({ outcome: 'failed', error: { code: 'storage-timeout' } })
    expect(reports).toEqual(['settings-failed', 'storage-timeout'])
  })

  test('a close ends what waits, and has the host stop what was begun here', async () => {
    const { store, rpc } = page({ 'agent.start': () => new Promise(() => {}) })
    const start = store.start('p', { provider: 'claude', prompt: 'Go' })
    await settle()
    await store.dispose()
    expect(await start).toMatchObject({ ok: false })
    expect(rpc.asked.map(({ name }) => name)).toEqual(['agent.start', 'agent.stop'])
    expect(rpc.held.filter((what) => what === 'a listener')).toEqual([])
  })
})

describe('B27 what the host tells', () => {
  test('B12 each kind of message', async () => {
    const { session, say, reports } = await started()
    await say(raw('1', 'init', { model: 'opus', sessionId: 'a1' }), raw('2', 'thinking', { text: 'hm' }), raw('3', 'text', { text: 'Hi' }))
    await say(raw('4', 'tool_call', { name: 'Bash', input: { command: 'ls' }, toolCallId: 'c' }), raw('5', 'tool_result', { output: 'a', toolCallId: 'c' }))
    await say(raw('6', 'error', { message: 'oops' }), raw('7', 'cost', {}), raw('8', 'status', {}), raw('9', 'compaction', {}))
    expect(session.messages.slice(1).map(({ role, content }) => `${role}: ${content}`)).toEqual([
      'system: Session initialized (opus)',
      'thinking: hm',
      'assistant: Hi',
      'tool-call: ls',
      'tool-result: a',
      'system: Error: oops',
    ])
    expect(session).toMatchObject({ model: 'opus', agentSessionId: 'a1', error: 'oops' })
    expect(reports).toEqual([])
  })

  test('T25 one bad message takes nothing of its batch with it, and is reported', async () => {
    const { session, say, reports } = await started()
    const bad = [null, 7, 'x', [], {}, { type: 'quantum' }, { id: 'u', type: 'user', content: { text: 'Go' }, timestamp: 1 }, { id: 3, type: null }]
    await say(raw('a', 'text', { text: 'one' }), ...(bad as object[]), raw('b', 'tool_result', {}), { type: 'text', content: { text: 'two' } })
    expect(session.messages.slice(1).map(({ role, content }) => `${role}: ${content}`)).toEqual(['assistant: one', 'tool-result: ', 'assistant: two'])
    expect(reports.map(({ code }) => code)).toEqual(bad.map(() => 'unknown-message'))
  })

  test('an event that is none is reported, and the session goes on', async () => {
    const { session, sessionId, tell, say, reports } = await started()
    await tell('agent.message', { sessionId, messages: 'no list' })
    await tell('agent.status', { sessionId })
    await tell('agent.cost', { sessionId, costUsd: 'much' })
    expect(reports.splice(0).map(({ code }) => code)).toEqual(['unknown-message', 'unknown-message', 'unknown-message'])
    await tell('agent.message', { messages: [] })
    await tell('agent.status', { sessionId: 'x'.repeat(300), status: 'done' })
    expect(reports.splice(0).map(({ code }) => code)).toEqual(['invalid-event', 'invalid-event'])
    await tell('agent.message', { sessionId: 'another', messages: [raw('1', 'text', { text: 'Hi' })] })
    expect(reports.splice(0).map(({ code }) => code)).toEqual(['unknown-session-event'])
    await say(raw('1', 'text', { text: 'Hi' }))
    expect(session).toMatchObject({ status: 'running', messageCount: 2 })
  })

  test('F16 what is told twice shows once, and a text that grew shows as it is now', async () => {
    const { session, say } = await started()
    await say(raw('1', 'text', { text: 'Hel' }), raw('2', 'error', { message: 'x' }))
    await say(raw('1', 'text', { text: 'Hello.' }), raw('2', 'error', { message: 'x' }))
    expect(session.messages.map(({ content, seqId }) => [seqId, content])).toEqual([
      [1, 'Go'],
      [2, 'Hello.'],
      [3, 'Error: x'],
    ])
  })

  test.each([
    ['running', 'running', true],
    ['idle', 'idle', true],
    ['paused', 'idle', true],
    ['done', 'done', false],
    ['error', 'error', false],
  ])('B1 the status word %s', async (word, shown, live) => {
    const { session, status } = await started()
    await status(word, word === 'error' ? 'why' : undefined)
    expect(session).toMatchObject({ status: shown, live })
    expect(session.error).toBe(word === 'error' ? 'why' : undefined)
  })

  test('B16 the cost as last reported', async () => {
    const { session, sessionId, tell, status } = await started()
    const cost = { costUsd: 0.5, inputTokens: 10, outputTokens: 3 }
    await tell('agent.cost', { sessionId, ...cost })
    await status('done')
    await session.prompt('More')
    await tell('agent.cost', { sessionId, costUsd: 0.7, inputTokens: null })
    expect(session).toMatchObject({ costUsd: 0.7, inputTokens: 10, outputTokens: 3 })
  })

  test('T16 a host that counts each run by itself', async () => {
    const { session, sessionId, tell, status } = await started({}, { costs: 'run' })
    await tell('agent.cost', { sessionId, costUsd: 0.5, inputTokens: 10, outputTokens: 3 })
    await tell('agent.cost', { sessionId, costUsd: 0.6, inputTokens: 12, outputTokens: 4 })
    await status('done')
    await session.prompt('More')
    await tell('agent.cost', { sessionId, costUsd: 0.1, inputTokens: 1, outputTokens: 1 })
    expect(session).toMatchObject({ costUsd: 0.7, inputTokens: 13, outputTokens: 5 })
  })

  test('a result finds its call where the host names none, and nothing is guessed where several wait', async () => {
    const { session, say } = await started()
    const call = (id: string): object => raw(id, 'tool_call', { name: 'Read', input: {} })
    await say(call('1'))
    await say(raw('2', 'tool_result', { output: 'one' }))
    await say(call('3'), call('4'), raw('5', 'tool_result', { output: 'which?' }))
    // Told again it is paired as it was, whatever waits now.
    await say(raw('2', 'tool_result', { output: 'one' }), call('1'))
    expect(session.messages.slice(1).map(({ id, toolCallId, toolState }) => [id, toolCallId, toolState])).toEqual([
      ['1', '1', 'done'],
      ['2', '1', undefined],
      ['3', '3', 'running'],
      ['4', '4', 'running'],
      ['5', undefined, undefined],
    ])
  })
})

test('a result that is told again belongs to its own call, though another waits now', async () => {
  const { session, say } = await started()
  const call = (id: string): object => raw(id, 'tool_call', { name: 'Read', input: {} })
  const result = raw('2', 'tool_result', { output: 'one' })
  await say(call('1'), result)
  await say(call('3'))
  await say(result)
  expect(session.messages.slice(1).map(({ toolCallId, toolState }) => [toolCallId, toolState])).toEqual([
    ['1', 'done'],
    ['1', undefined],
    ['3', 'running'],
  ])
})

describe('B27 which run an event is of', () => {
  test('T22 late words of a stopped run change nothing but the transcript', async () => {
    const { session, say, status, transport } = await started()
    const told: unknown[] = []
    transport.subscribe((event) => told.push(event))
    await session.stop()
    await say(raw('1', 'text', { text: 'late' }))
    expect(told.at(-1)).toMatchObject({ type: 'message', run: session.run })
    await status('running')
    await status('error', 'Process exited with code 143')
    expect(session).toMatchObject({ status: 'done', endReason: 'stopped', live: false, messageCount: 2 })
    expect(session.error).toBeUndefined()
  })

  test('T22 the closing word of a stopped run that comes after the next prompt does not end the next run', async () => {
    const { session, say, status } = await started()
    await session.stop()
    await session.prompt('More')
    await status('error', 'Process exited with code 143')
    expect(session).toMatchObject({ status: 'running', live: true })
    await say(raw('1', 'text', { text: 'Here' }))
    await status('done')
    expect(session).toMatchObject({ status: 'done', endReason: 'completed' })
  })

  test('a host that never tells the end of a stopped run loses no end of the next one', async () => {
    const one = await started()
    await one.session.stop()
    await one.session.prompt('More')
    await one.status('running')
    await one.status('error', 'at once')
    expect(one.session).toMatchObject({ status: 'error', error: 'at once' })
    const two = await started()
    await two.session.stop()
    await two.clock.advance(10_000)
    await two.session.prompt('More')
    await two.status('error', 'at once')
    expect(two.session).toMatchObject({ status: 'error', error: 'at once' })
  })

  test('a stop that the host calls an error is a stop', async () => {
    const given = await started({
      'agent.stop': () => {
        given.rpc.tell('agent.status', { sessionId: given.sessionId, status: 'error', error: 'Process exited with code 143' })
        return { ok: true }
      },
    })
    await given.session.stop()
    expect(given.session).toMatchObject({ status: 'done', endReason: 'stopped' })
  })

  test('a stop that is refused leaves the run as it is', async () => {
    const { session, status } = await started({ 'agent.stop': () => ({ ok: false, error: 'No such process' }) })
    expect(await session.stop()).toMatchObject({ ok: false, error: 'No such process' })
    expect(session.live).toBe(true)
    await status('done')
    expect(session).toMatchObject({ status: 'done', endReason: 'completed' })
  })

  test('T12 after a reload the session was interrupted; what its agent still says is its tail, and nothing shows twice', async () => {
    const host = oldHost('hangs', { keeps: 'extras' })
    const clock = createManualClock()
    const first = createAgentStore({ ...connectAgentRpc(host.rpc.page, { clock }), clock })
    const start = await first.start('p', { provider: 'claude', prompt: 'Go' })
    if (!start.ok) throw new Error(start.error)
    await settle()
    await first.flush()
    // The old page is gone without a word.
    const storage = connectAgentRpc(host.rpc.page).storage
    const { transport } = connectAgentRpc(host.rpc.page)
    const second = createAgentStore({ transport, storage, clock })
    expect(await second.restore('p')).toEqual({ outcome: 'interrupted', sessionId: start.sessionId })
    const session = second.getSession('p')
    const [, hello] = session?.messages ?? []
    host.rpc.tell('agent.message', { sessionId: start.sessionId, messages: [raw(hello?.id ?? '', 'text', { text: 'Hello.' }), raw('more', 'text', { text: 'And more.' })] })
    host.rpc.tell('agent.status', { sessionId: start.sessionId, status: 'done' })
    await settle()
    expect(session?.messages.map(({ seqId, content }) => [seqId, content])).toEqual([
      [1, 'Go'],
      [2, 'Hello.'],
      [3, 'And more.'],
    ])
    expect(session).toMatchObject({ status: 'idle', endReason: 'interrupted' })
  })
})

describe('B27 data that nobody checked', () => {
  // Keys that a careless merge would take for more, and the words that the wire knows.
  const words = fc.constantFrom('__proto__', 'constructor', 'prototype', 'sessionId', 'messages', 'type', 'id', 'content', 'status', 'text', 'ok', 'success', 'toolCallId', 'tool_call', 'tool_result', 'done')
  const json = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, fc.constant(null), fc.boolean(), fc.double(), fc.string(), words, fc.array(tie('value'), { maxLength: 5 }), fc.array(fc.tuple(fc.oneof(words, fc.string()), tie('value')), { maxLength: 6 }).map(objectOf)),
  })).value
  const event = fc.constantFrom<EventName>('agent.message', 'agent.status', 'agent.cost')

  /** As JSON.parse makes it: `__proto__` is a key like any other. */
  function objectOf(entries: readonly (readonly [string, unknown])[]): unknown {
    return JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value ?? null)}`).join(',')}}`)
  }

  const polluted = (): boolean => 'polluted' in {} || Object.keys(Object.prototype).length > 0

  /** A page whose listeners a test calls itself, as an RPC does. */
  function listened() {
    const listeners = new Map<EventName, (payload: unknown) => void>()
    const { transport } = connectAgentRpc({ request: async () => ({ ok: true }), addMessageListener: (name, listener) => void listeners.set(name, listener) })
    const heard: unknown[] = []
    transport.subscribe((told) => heard.push(told))
    return { heard, hear: (name: EventName, payload: unknown) => listeners.get(name)?.(payload) }
  }

  test('whatever is told, nothing throws, nothing reaches a prototype, and all is passed on as what it is', () => {
    const { heard, hear } = listened()
    fc.assert(
      fc.property(event, json, fc.boolean(), (name, payload, ofSession) => {
        const given = ofSession ? { ...Object(payload), sessionId: 's' } : payload
        heard.length = 0
        expect(() => hear(name, given)).not.toThrow()
        const list: unknown = Reflect.get(Object(given), 'messages')
        // There is nothing to tell of an empty list.
        if (!(name === 'agent.message' && ofSession && Array.isArray(list) && list.length === 0)) expect(heard).toHaveLength(1)
        expect(heard).toEqual(overTheWire(heard))
        expect(JSON.stringify(heard)).not.toContain('"__proto__":')
        expect(polluted()).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a key that would reach a prototype is left out, however deep', () => {
    const { heard, hear } = listened()
    const content: unknown = JSON.parse('{"name":"x","input":{"a":[{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"b":1}]}}')
    hear('agent.message', { sessionId: 's', messages: [{ id: '1', type: 'tool_call', content, timestamp: 1 }] })
    expect(heard).toEqual([{ type: 'message', sessionId: 's', messages: [{ id: '1', type: 'tool_call', content: { name: 'x', input: { a: [{ b: 1 }] }, toolCallId: '1' }, timestamp: 1 }] }])
    const [{ messages }] = heard as [{ messages: [{ content: { input: { a: [object] } } }] }]
    expect(Object.getPrototypeOf(messages[0].content.input.a[0])).toBe(Object.prototype)
  })

  test('accessors and proxies are no data', async () => {
    const { heard, hear } = listened()
    const boo = (): never => {
      throw new Error('boo')
    }
    const bad = new Proxy({}, { get: boo, getOwnPropertyDescriptor: boo, ownKeys: boo })
    for (const name of ['agent.message', 'agent.status', 'agent.cost'] as const) {
      hear(name, bad)
      hear(name, { sessionId: 's', messages: [bad], status: bad, costUsd: bad })
    }
    expect(heard).toHaveLength(6)
  })

  test('whatever is answered, a command has a reply and storage an error or a value', async () => {
    await fc.assert(
      fc.asyncProperty(json, fc.boolean(), async (answer, throws) => {
        const request = async (): Promise<unknown> => {
          if (throws) throw answer
          return answer
        }
        const { transport, storage, settings } = connectAgentRpc({ request, addMessageListener: () => {} })
        const command = { sessionId: 's', run: 'r', prompt: 'x', messageId: 'm' }
        const replies = [
          await transport.start({ ...command, projectId: 'p', provider: 'a' }),
          await transport.stop(command),
          await transport.prompt({ ...command, run: 'r2', session: { projectId: 'p', provider: 'a' } }),
        ]
        for (const reply of replies) expect(typeof reply.ok).toBe('boolean')
        const outcomes = await Promise.allSettled([storage.lastSession('p'), storage.loadMessages('s'), storage.loadSession('s'), settings.getAll()])
        for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Error)
        expect(polluted()).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  test('whatever comes over a channel, nothing throws', async () => {
    const { host, page: end } = channelPair()
    const { transport } = connectAgentRpc(end)
    const heard: unknown[] = []
    transport.subscribe((told) => heard.push(told))
    const reply = transport.start({ sessionId: 's', run: 'r', prompt: 'x', messageId: 'm', projectId: 'p', provider: 'a' })
    const packets = fc.oneof(json, fc.record({ type: fc.constantFrom('response', 'message', 'request'), id: fc.oneof(json, fc.constantFrom('agent.message', 'agent.status')), payload: json }))
    fc.assert(fc.property(packets, (packet) => host.post(packet)), { numRuns: 500 })
    await settle()
    await transport.close()
    expect(await reply).toMatchObject({ ok: false, code: 'disconnected' })
  })
})

test('a page that was loaded anew does not take the answers to the one before it', async () => {
  const { host, page: end } = channelPair()
  const requests: unknown[] = []
  host.subscribe((packet) => requests.push(packet))
  const settings = connectAgentRpc(end).settings.getAll()
  const again = connectAgentRpc(end).settings.getAll()
  await settle()
  const [first, second] = requests.map((packet) => Reflect.get(Object(packet), 'id'))
  expect(first).not.toBe(second)
  host.post({ type: 'response', id: first, success: true, payload: { settings: { of: 'first' } } })
  host.post({ type: 'response', id: second, success: true, payload: { settings: { of: 'second' } } })
  expect([await settings, await again]).toEqual([{ of: 'first' }, { of: 'second' }])
})

test('the memory of a page is its own: two connections of one RPC share nothing', async () => {
  const { rpc } = page()
  const one = connectAgentRpc(rpc.page)
  const two = connectAgentRpc(rpc.page)
  const start = { run: 'r', prompt: 'x', messageId: 'm', projectId: 'p', provider: 'a' }
  expect(await one.transport.start({ ...start, sessionId: 's1' })).toEqual({ ok: true })
  const heard: unknown[] = []
  two.transport.subscribe((told) => heard.push(told))
  rpc.tell('agent.status', { sessionId: 's1', status: 'done' })
  await settle()
  // It was begun elsewhere: told without a run, so that a store that does not run it passes it over.
  expect(heard).toEqual([{ type: 'status', sessionId: 's1', status: 'done' }])
})
