import { type AgentSessionError, type AgentTransport, createAgentStore, createMemoryStorage, type RawMessage } from '@agent-session/core'
import { sampleSession } from '@agent-session/core/conformance'
import { createManualClock, createScriptedTransport, type ScriptedTransportOptions } from '@agent-session/core/testing'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectAgentRpc, serveAgentRpc, type AgentRpcHandlers, type ServeAgentRpcOptions } from '../src/index.ts'
import { ToldMessages } from '../src/host/told-messages.ts'
import { channelPair } from './channel-pair.ts'
import { desktopRpc } from './desktop-rpc.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Told {
  readonly name: string
  readonly payload: unknown
}

/** A host of ours over a scripted transport, and a page that only listens. */
function served({ transport: scripted, ...options }: Partial<Omit<ServeAgentRpcOptions, 'transport'>> & { readonly transport?: ScriptedTransportOptions } = {}) {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock, ...scripted })
  const problems: AgentSessionError[] = []
  const told: Told[] = []
  let ids = 0
  const host = serveAgentRpc({
    transport,
    clock,
    newId: () => `id${(ids += 1)}`,
    rpc: { send: (name, payload) => void told.push({ name, payload: JSON.parse(JSON.stringify(payload)) }) },
    onProblem: (problem) => problems.push(problem),
    ...options,
  })
  const { requests } = host
  /** What was told since the last look, short. */
  const news = (): unknown[] =>
    told.splice(0).map(({ name, payload }) => {
      const { sessionId: _sessionId, ...rest }: Record<string, unknown> = Object(payload)
      return name === 'agent.message' ? short(rest['messages']) : [name, rest]
    })
  const start = (more: object = {}) => requests['agent.start']({ sessionId: 's', provider: 'demo', prompt: 'Go', ...more })
  /** An event of the run that is under way. */
  const emit = (event: object): void => {
    const { run } = transport.commands.findLast((command) => command.type === 'start' || command.type === 'prompt') ?? { run: '' }
    transport.emit({ sessionId: 's', run, ...event })
  }
  return { clock, transport, host, requests, told, news, problems, start, emit }
}

const short = (messages: unknown): unknown =>
  Array.isArray(messages) ? messages.map(({ id, type, content, parentId }: RawMessage) => [id, type, content, ...(parentId === undefined ? [] : [parentId])]) : messages

const running = ['agent.status', { status: 'running' }]
const done = ['agent.status', { status: 'done' }]
const text = (id: string, words: string): unknown => [[id, 'text', { text: words }]]

describe('B27 pieces become whole messages', () => {
  test('the first at once, what follows by the clock, the last when it is whole', async () => {
    const { start, emit, news, clock } = served()
    await start()
    expect(news()).toEqual([running])
    emit({ type: 'delta', id: 'm', kind: 'text', text: 'One', offset: 0 })
    expect(news()).toEqual([text('m', 'One')])
    emit({ type: 'delta', id: 'm', kind: 'text', text: ' two', offset: 3 })
    emit({ type: 'delta', id: 'm', kind: 'text', text: ' two', offset: 3 })
    emit({ type: 'delta', id: 'm', kind: 'text', text: ' three' })
    expect([news(), clock.pending]).toEqual([[], 1])
    await clock.advance(249)
    expect(news()).toEqual([])
    await clock.advance(1)
    expect([news(), clock.pending]).toEqual([[text('m', 'One two three')], 0])
    emit({ type: 'delta', id: 'm', kind: 'text', text: '.' })
    emit({ type: 'message-end', id: 'm' })
    expect(news()).toEqual([text('m', 'One two three.')])
    await clock.advance(1_000)
    expect(news()).toEqual([])
  })

  test('for a page that appends, each once, when it is whole', async () => {
    const { start, emit, news, clock } = served({ upserts: false })
    await start()
    emit({ type: 'delta', id: 'm', kind: 'thinking', text: 'One', parentId: 'call' })
    emit({ type: 'delta', id: 'm', kind: 'thinking', text: ' two' })
    await clock.advance(10_000)
    expect([news(), clock.pending]).toEqual([[running], 0])
    emit({ type: 'message-end', id: 'm' })
    emit({ type: 'message-end', id: 'm' })
    expect(news()).toEqual([[['m', 'thinking', { text: 'One two' }, 'call']]])
  })

  test('F22 what was said before the end of a run is told before it', async () => {
    const { start, emit, news } = served({ upserts: false })
    await start()
    news()
    emit({ type: 'delta', id: 'm', kind: 'text', text: 'Hel' })
    emit({ type: 'status', status: 'done' })
    expect(news()).toEqual([text('m', 'Hel'), done])
  })

  test('F28 a long output is kept by its head and its tail, with its size said', async () => {
    const { start, emit, news } = served()
    await start()
    for (let piece = 0; piece < 100; piece += 1) emit({ type: 'delta', id: 'm', kind: 'tool_result', text: `${piece} `.padEnd(10_000, '.'), toolCallId: 'c' })
    emit({ type: 'message-end', id: 'm' })
    const [started, ...results] = news()
    expect([started, results.length]).toEqual([running, 1])
    const [[[, type, content]]] = results as [[[string, string, { output: string; toolCallId: string }]]]
    expect([type, content.toolCallId]).toEqual(['tool_result', 'c'])
    expect(content.output.length).toBeLessThan(66_000)
    expect(content.output).toContain('(1,000,000 characters in all, the middle is left out)')
    expect([content.output.startsWith('0 .'), content.output.endsWith('99 '.padEnd(10_000, '.'))]).toEqual([true, true])
  })

  test('promise 13 an output is told when it is whole, for it says that its call is over; one that was cut off is no good end', async () => {
    const { start, emit, news, clock } = served()
    await start()
    news()
    const piece = (id: string, words: string): void => emit({ type: 'delta', id, kind: 'tool_result', text: words, toolCallId: `call-${id}` })
    piece('a', 'one ')
    piece('a', 'two')
    piece('b', 'half')
    await clock.advance(1_000)
    expect(news()).toEqual([])
    emit({ type: 'message-end', id: 'a' })
    emit({ type: 'status', status: 'done' })
    expect(news()).toEqual([
      [['a', 'tool_result', { output: 'one two', toolCallId: 'call-a' }]],
      [['b', 'tool_result', { output: 'half', toolCallId: 'call-b', isError: true }]],
      done,
    ])
  })

  test('promise 13 a piece before which another is missing is not put at its place, and told to the host', async () => {
    const { start, emit, news, problems } = served()
    await start()
    emit({ type: 'delta', id: 'm', kind: 'text', text: 'One', offset: 0 })
    emit({ type: 'delta', id: 'm', kind: 'text', text: 'three', offset: 9 })
    emit({ type: 'message-end', id: 'm' })
    expect(news()).toEqual([running, text('m', 'One')])
    expect(problems.map(({ code }) => code)).toEqual(['sequence-gap'])
  })

  test('the whole message of a text that grew takes its place; a retracted text is told to be empty', async () => {
    const { start, emit, news, clock } = served()
    await start()
    emit({ type: 'delta', id: 'm', kind: 'text', text: 'One' })
    emit({ type: 'delta', id: 'm', kind: 'text', text: 'more' })
    emit({ type: 'message', messages: [{ id: 'm', type: 'text', content: { text: 'Whole' }, timestamp: 1 }] })
    await clock.advance(1_000)
    emit({ type: 'retract', ids: ['m', 'nobody'] })
    expect(news()).toEqual([running, text('m', 'One'), text('m', 'Whole'), text('m', '')])
  })
})

describe('B27 what the wire has no word for', () => {
  test('the model and the agent’s own id are told by an init, once and before what comes after', async () => {
    const { start, emit, news } = served()
    await start()
    emit({ type: 'session', agentSessionId: 'a1' })
    emit({ type: 'session', model: 'opus' })
    emit({ type: 'message', messages: [{ id: '1', type: 'text', content: { text: 'Hi' }, timestamp: 1 }] })
    emit({ type: 'session', model: 'opus' })
    emit({ type: 'message', messages: [{ id: '2', type: 'text', content: { text: 'there' }, timestamp: 1 }] })
    expect(news()).toEqual([running, [['init/["a1","opus"]', 'init', { model: 'opus', sessionId: 'a1' }]], text('1', 'Hi'), text('2', 'there')])
  })

  test('an agent that says it by a message itself is not said it again', async () => {
    const { start, emit, news } = served()
    await start()
    emit({ type: 'message', messages: [{ id: 'i', type: 'init', content: { model: 'opus', sessionId: 'a1' }, timestamp: 1 }] })
    emit({ type: 'session', model: 'opus', agentSessionId: 'a1' })
    emit({ type: 'status', status: 'done' })
    expect(news()).toEqual([running, [['i', 'init', { model: 'opus', sessionId: 'a1' }]], done])
  })

  test('prompts that are told back, plans, replays and the line are not told', async () => {
    const { start, emit, news, transport, problems } = served()
    await start()
    news()
    emit({ type: 'message', messages: [{ id: 'u', type: 'user', content: { text: 'Go' }, timestamp: 1 }] })
    emit({ type: 'plan', entries: [] })
    emit({ type: 'history', messages: [{ id: 'h', type: 'text', content: { text: 'x' }, timestamp: 1 }], complete: true })
    emit({ type: 'permission-settled', requestId: 'q', outcome: 'cancelled' })
    transport.emit({ type: 'connection', state: 'disconnected' })
    expect([news(), problems]).toEqual([[], []])
  })

  test('T16 costs are sums of the session, whatever they are reports of', async () => {
    const { start, emit, news, requests } = served()
    await start()
    emit({ type: 'cost', scope: 'run', costUsd: 1, inputTokens: 10, outputTokens: 1 })
    emit({ type: 'cost', scope: 'run', costUsd: 2 })
    emit({ type: 'cost', scope: 'turn', inputTokens: 5 })
    emit({ type: 'status', status: 'done' })
    await requests['agent.prompt']({ sessionId: 's', prompt: 'More' })
    emit({ type: 'cost', scope: 'run', costUsd: 0.5, outputTokens: 2 })
    emit({ type: 'cost', costUsd: 9 })
    const costs = news().filter((item) => Array.isArray(item) && item[0] === 'agent.cost')
    expect(costs.map((item) => Object.values(Object((item as unknown[])[1])))).toEqual([
      [1, 10, 1],
      [2, 10, 1],
      [2, 15, 1],
      [2.5, 15, 3],
      [9, 15, 3],
    ])
  })
})

describe('B27 a question of the agent', () => {
  const options = [
    { id: 'yes', label: 'Yes', kind: 'allow_once' },
    { id: 'never', label: 'Never', kind: 'reject_always' },
    { id: 'no', label: 'No', kind: 'reject_once' },
  ]
  const question = { type: 'permission', request: { id: 'q', title: 'Run `rm`?', input: { command: 'rm' }, options } }
  const answers = (transport: { commands: readonly { type: string }[] }) => transport.commands.filter(({ type }) => type === 'respond')

  test('is refused where nobody said otherwise, once, and the page is told', async () => {
    const { start, emit, news, transport } = served()
    await start()
    emit(question)
    emit(question)
    await settle()
    emit(question)
    await settle()
    expect(answers(transport)).toEqual([{ type: 'respond', sessionId: 's', requestId: 'q', optionId: 'no' }])
    expect(news()).toEqual([running, [['refused/q', 'error', { message: 'Not allowed: Run `rm`?. This page cannot be asked, and the host does not allow it.' }]]])
  })

  test('is closed without an answer where it has no option that refuses', async () => {
    const { start, emit, transport } = served()
    await start()
    emit({ ...question, request: { ...question.request, options: options.slice(0, 1) } })
    await settle()
    expect(answers(transport)).toEqual([{ type: 'respond', sessionId: 's', requestId: 'q' }])
  })

  test('is answered by the policy, which sees its session and its arguments', async () => {
    const asked: unknown[] = []
    const { start, emit, news, transport } = served({
      permissions: (given) => {
        asked.push(given)
        return 'yes'
      },
    })
    await start({ cwd: '/w' })
    emit(question)
    await settle()
    expect(asked).toEqual([{ sessionId: 's', provider: 'demo', cwd: '/w', request: question.request }])
    expect(answers(transport)).toEqual([{ type: 'respond', sessionId: 's', requestId: 'q', optionId: 'yes' }])
    expect(news()).toEqual([running])
  })

  test.each([
    ['throws', () => Promise.reject(new Error('boo'))],
    ['names an option that there is not', () => 'perhaps'],
    ['gives no answer', () => undefined],
  ])('is refused where the policy %s', async (_, permissions) => {
    const { start, emit, transport } = served({ permissions })
    await start()
    emit(question)
    await settle()
    expect(answers(transport)).toEqual([{ type: 'respond', sessionId: 's', requestId: 'q', optionId: 'no' }])
  })

  test('whose run is over, or that was settled, is not answered any more', async () => {
    let decide = (_option: string): void => {}
    const { start, emit, transport, requests } = served({ permissions: () => new Promise<string>((resolve) => (decide = resolve)) })
    await start()
    emit(question)
    emit({ type: 'permission-settled', requestId: 'q', outcome: 'cancelled' })
    decide('yes')
    emit({ ...question, request: { ...question.request, id: 'q2' } })
    await requests['agent.stop']({ sessionId: 's' })
    decide('yes')
    await settle()
    expect(answers(transport)).toEqual([])
  })
})

describe('B27 runs', () => {
  test.each([
    ['running', []],
    ['paused', [['agent.status', { status: 'idle' }]]],
    ['done', [done]],
    ['error', [['agent.status', { status: 'error', error: 'unknown' }]]],
  ])('B1 the status %s', async (status, expected) => {
    const { start, emit, news } = served()
    await start()
    news()
    emit({ type: 'status', status })
    emit({ type: 'status', status })
    expect(news()).toEqual(expected)
  })

  test('T19 an end without a reason has the words of the error before it', async () => {
    const { start, emit, told } = served()
    await start()
    emit({ type: 'message', messages: [{ id: 'e', type: 'error', content: { message: 'overloaded' }, timestamp: 1 }] })
    emit({ type: 'status', status: 'error' })
    expect(told.at(-1)).toEqual({ name: 'agent.status', payload: { sessionId: 's', status: 'error', error: 'overloaded' } })
  })

  test('T22 what a run that is over still says of its status is not told', async () => {
    const { start, transport, emit, news, requests } = served()
    await start()
    const [first] = transport.commands
    await requests['agent.stop']({ sessionId: 's' })
    expect(news()).toEqual([running, done])
    emit({ type: 'status', status: 'error', error: 'exit code 143' })
    await requests['agent.prompt']({ sessionId: 's', prompt: 'More' })
    transport.emit({ sessionId: 's', run: Reflect.get(first ?? {}, 'run'), type: 'status', status: 'error', error: 'exit code 143' })
    expect(news()).toEqual([running])
  })

  test('T2 a start that is refused, or that throws, is answered in words and can be tried again', async () => {
    const replies: ((() => never) | { ok: false; error: string; code: string } | undefined)[] = [
      { ok: false, error: 'Install it.', code: 'agent-not-found' },
      () => {
        throw new Error('boo')
      },
      undefined,
    ]
    const { start, news, problems } = served({
      transport: {
        reply: () => {
          const reply = replies.shift()
          return typeof reply === 'function' ? reply() : reply
        },
      },
    })
    expect(await start()).toEqual({ ok: false, error: 'Install it.', code: 'agent-not-found' })
    expect(await start()).toEqual({ ok: false, error: 'boo', code: 'transport-threw' })
    expect([news(), problems.map(({ code }) => code)]).toEqual([[], ['transport-threw']])
    expect(await start()).toEqual({ ok: true })
    expect(await start()).toMatchObject({ ok: false, code: 'session-running' })
  })

  test('F34 an agent that never accepts is stopped, and one that never stops is said so', async () => {
    const { start, clock, transport, requests } = served({ transport: { reply: (command) => (command.type === 'start' && transport.commands.length === 1 ? new Promise(() => {}) : command.type === 'stop' ? new Promise(() => {}) : undefined) } })
    const reply = start()
    await clock.advance(120_000)
    expect(await reply).toMatchObject({ ok: false, code: 'transport-timeout' })
    expect(transport.commands.map(({ type }) => type)).toEqual(['start', 'stop'])
    expect(await start()).toEqual({ ok: true })
    const stop = requests['agent.stop']({ sessionId: 's' })
    await clock.advance(15_000)
    expect(await stop).toMatchObject({ ok: false, code: 'transport-timeout' })
  })

  test('B24 variables that the policy refuses are left out and told; none left means none sent', async () => {
    const { start, transport, problems } = served()
    await start({ extraEnv: { EDITION: '1', ANTHROPIC_API_KEY: 'x', LD_PRELOAD: '/x', 'A=B': '1' } })
    expect(transport.commands[0]).toMatchObject({ extraEnv: { EDITION: '1' } })
    expect(problems.map(({ code, detail }) => [code, detail])).toEqual([['environment-refused', ['ANTHROPIC_API_KEY', 'LD_PRELOAD', 'A=B']]])
    await start({ sessionId: 's2', extraEnv: { PATH: '/x' } })
    expect(transport.commands[1]).not.toHaveProperty('extraEnv')
  })

  test('B5 every option of a start reaches the transport, and what is null is absent', async () => {
    const { start, transport } = served()
    const options = { cwd: '/w', model: 'm', systemPrompt: 's', maxTurns: 3, permissionMode: 'plan', claudeConfigDir: '/c', additionalDirectories: ['/a'], worktreeName: 'w', mcpServers: ['d'], agentSessionId: 'a' }
    await start({ ...options, extraEnv: null, unknown: 1 })
    expect(transport.commands[0]).toEqual({ type: 'start', sessionId: 's', projectId: 's', provider: 'demo', prompt: 'Go', run: expect.any(String), messageId: expect.any(String), ...options })
  })

  test.each([null, 'x', {}, { sessionId: 's' }, { sessionId: 'a\nb', provider: 'p', prompt: 'x' }, { sessionId: 's', provider: '', prompt: 'x' }, { sessionId: 's', provider: 'p', prompt: 'x', cwd: 7 }, { sessionId: 's', provider: 'p', prompt: 'x', extraEnv: { A: 1 } }])(
    'a start that is none is refused in words: %j',
    async (params) => {
      const { requests, transport } = served()
      expect(await requests['agent.start'](params as never)).toMatchObject({ ok: false, code: 'invalid-argument', error: expect.stringMatching(/\w/) })
      expect(transport.commands).toEqual([])
    },
  )

  test('B10 a prompt and a stop of a session that is not there', async () => {
    const { requests } = served()
    expect(await requests['agent.prompt']({ sessionId: 's', prompt: 'x' })).toEqual({ ok: false, code: 'session-not-found', error: 'Session not found' })
    expect(await requests['agent.stop']({ sessionId: 's' })).toEqual({ ok: false, code: 'session-not-found', error: 'Session not found' })
    expect(await requests['agent.prompt']({ sessionId: 's' } as never)).toMatchObject({ ok: false, code: 'invalid-argument' })
  })
})

describe('B27 a prompt while the agent is at work, from a page that does not know of it', () => {
  const more = { sessionId: 's', prompt: 'More' }

  test('is the next turn, and the page hears one end', async () => {
    const { start, emit, news, requests, transport } = served()
    await start()
    expect(await requests['agent.prompt'](more)).toEqual({ ok: true })
    expect(transport.commands).toHaveLength(1)
    emit({ type: 'status', status: 'done' })
    await settle()
    expect(transport.commands[1]).toMatchObject({ type: 'prompt', prompt: 'More', session: { provider: 'demo' } })
    emit({ type: 'status', status: 'done' })
    expect(news()).toEqual([running, running, done])
  })

  test('goes into the turn where the agent can be steered', async () => {
    const { start, requests, transport } = served({ transport: { capabilities: { steer: true } } })
    await start()
    await requests['agent.prompt'](more)
    const [first, second] = transport.commands
    expect(second).toMatchObject({ type: 'prompt', steer: true, run: Reflect.get(first ?? {}, 'run') })
  })

  test('is not sent after a stop or an error, and the error says so', async () => {
    const { start, emit, told, requests, transport } = served()
    await start()
    await requests['agent.prompt'](more)
    emit({ type: 'status', status: 'error', error: 'overloaded.' })
    await settle()
    expect(told.at(-1)?.payload).toMatchObject({ status: 'error', error: 'overloaded. The prompts that waited were not sent.' })
    await requests['agent.prompt'](more)
    await requests['agent.prompt'](more)
    await requests['agent.stop']({ sessionId: 's' })
    await settle()
    expect(transport.commands.map(({ type }) => type)).toEqual(['start', 'prompt', 'stop'])
  })

  test('that the agent refuses when its turn comes ends in an error', async () => {
    const { start, emit, told, requests } = served({ transport: { reply: ({ type }) => (type === 'prompt' ? { ok: false, error: 'too long' } : undefined) } })
    await start()
    await requests['agent.prompt'](more)
    emit({ type: 'status', status: 'done' })
    await settle()
    expect(told.at(-1)?.payload).toEqual({ sessionId: 's', status: 'error', error: 'The prompt that waited was refused: too long' })
  })

  test('promise 14 no more of them wait than a store lets wait', async () => {
    const { start, requests } = served()
    await start()
    for (let n = 0; n < 32; n += 1) expect(await requests['agent.prompt'](more)).toEqual({ ok: true })
    expect(await requests['agent.prompt'](more)).toMatchObject({ ok: false, code: 'queue-full' })
  })
})

describe('B27 pages come and go', () => {
  test('a page that is loaded anew is told what no page had saved, after it has read what is saved', async () => {
    const storage = createMemoryStorage()
    const { host, clock, emit, transport } = served({ storage })
    const rpc = desktopRpc(host.requests)
    host.connect(rpc.host)
    const first = createAgentStore({ ...connectAgentRpc(rpc.page, { clock }), clock })
    const started = await first.start('p', { provider: 'demo', prompt: 'Go' })
    if (!started.ok) throw new Error(started.error)
    const { sessionId } = started
    const say = (id: string, words: string): void => emit({ sessionId, type: 'delta', id, kind: 'text', text: words })
    say('a', 'Saved.')
    emit({ sessionId, type: 'message-end', id: 'a' })
    await settle()
    await first.flush()
    say('b', 'Never saved.')
    emit({ sessionId, type: 'message-end', id: 'b' })
    say('c', 'Half')
    await settle()
    // The page is gone without a word; another comes in its place.
    const next = desktopRpc(host.requests)
    host.connect(next.host)
    const second = createAgentStore({ ...connectAgentRpc(next.page, { clock }), clock })
    expect(await second.restore('p')).toMatchObject({ outcome: 'interrupted' })
    const session = second.getSession('p')
    expect(session?.messages.map(({ content }) => content)).toEqual(['Go', 'Saved.'])
    await clock.advance(250)
    await settle()
    expect(session?.messages.map(({ content }) => content)).toEqual(['Go', 'Saved.', 'Never saved.', 'Half'])
    say('c', ' and whole.')
    emit({ sessionId, type: 'message-end', id: 'c' })
    await settle()
    // It goes on with the session, though the agent is at work: one end is told for both.
    expect(await session?.prompt('More')).toMatchObject({ ok: true })
    emit({ sessionId, type: 'status', status: 'done' })
    await settle()
    expect(transport.commands.map(({ type }) => type)).toEqual(['start', 'prompt'])
    emit({ sessionId, type: 'message', messages: [{ id: 'd', type: 'text', content: { text: 'Here.' }, timestamp: 1 }] })
    emit({ sessionId, type: 'status', status: 'done' })
    await settle()
    expect(session).toMatchObject({ status: 'done', endReason: 'completed' })
    expect(session?.messages.map(({ content, seqId }) => `${seqId} ${content}`)).toEqual(['1 Go', '2 Saved.', '3 Never saved.', '4 Half and whole.', '5 More', '6 Here.'])
  })

  test('a text that was saved while it grew is still told to a page that is loaded anew', () => {
    const told = new ToldMessages()
    const message = (id: string, type: RawMessage['type'], content: object): RawMessage => ({ id, type, content, timestamp: 1 })
    told.told([message('a', 'text', { text: 'Half' }), message('b', 'tool_call', { name: 'x', input: 1 })])
    told.told([message('a', 'text', { text: 'Half and whole' })])
    told.saved([
      { msgId: 'a', content: 'Half' },
      { msgId: 'b', content: '1' },
      { msgId: 'c', content: '' },
    ])
    expect(told.list().map(({ id }) => id)).toEqual(['a'])
    told.saved([{ msgId: 'a', content: 'Half and whole' }])
    expect(told.list()).toEqual([])
    for (let n = 0; n < 1_100; n += 1) told.told([message(`m${n}`, 'text', { text: '' })])
    expect([told.list().length, told.list()[0]?.id]).toEqual([1_000, 'm100'])
  })

  test('a host that is started anew goes on by what is stored: the agent’s own session, the options, the cost', async () => {
    const { close: _close, ...storage } = createMemoryStorage()
    const one = served({ storage })
    await one.start({ cwd: '/w', model: 'm' })
    one.emit({ type: 'session', agentSessionId: 'a1' })
    one.emit({ type: 'cost', costUsd: 1, inputTokens: 1, outputTokens: 1 })
    // A page of the first system: it knows nothing of the agent's own id.
    await one.requests['session.save']({ projectId: 'p', sessionId: 's', provider: 'demo', status: 'done', costUsd: 1, inputTokens: 1, outputTokens: 1, model: 'm', createdAt: 1, updatedAt: 2 })
    await one.host.close()
    const two = served({ storage })
    expect(await two.requests['agent.prompt']({ sessionId: 's', prompt: 'More' })).toEqual({ ok: true })
    expect(two.transport.commands[0]).toMatchObject({ type: 'prompt', session: { projectId: 'p', provider: 'demo', cwd: '/w', model: 'm', agentSessionId: 'a1' } })
    two.emit({ type: 'cost', scope: 'run', costUsd: 0.5 })
    expect(two.told.at(-1)?.payload).toMatchObject({ costUsd: 1.5 })
  })

  test('B24 what a page saved as the options of a session is checked as a start is, and brings no environment', async () => {
    const record = sampleSession({ sessionId: 's', provider: 'demo', options: { cwd: '/w', extraEnv: { LD_PRELOAD: '/x' } } })
    const row = { projectId: 'p1', sessionId: 's', provider: 'demo', status: 'done', costUsd: 0, inputTokens: 0, outputTokens: 0, model: '', createdAt: 1, updatedAt: 2 }
    const storage = createMemoryStorage()
    const { requests, transport } = served({ storage })
    await requests['session.save']({ ...row, record })
    expect((await storage.loadSession('s'))?.options).toEqual({ cwd: '/w' })
    // Nor what got there by another way.
    await storage.commit({ session: record, upsert: [], remove: [] })
    expect(await requests['agent.prompt']({ sessionId: 's', prompt: 'More' })).toEqual({ ok: true })
    expect(transport.commands[0]).toMatchObject({ session: { cwd: '/w', provider: 'demo', projectId: 'p1' } })
    expect(transport.commands[0]).not.toHaveProperty('session.extraEnv')
    await storage.commit({ session: { ...record, sessionId: 's2', options: JSON.parse('{"cwd":7}') }, upsert: [], remove: [] })
    expect(await requests['agent.prompt']({ sessionId: 's2', prompt: 'More' })).toMatchObject({ ok: false, code: 'session-not-found' })
  })

  test('a page that cannot be told is reported once, and the others hear', async () => {
    const { host, start, emit, news, problems } = served()
    const remove = host.connect({
      send: () => {
        throw new Error('window closed')
      },
    })
    await start()
    emit({ type: 'cost', costUsd: 1 })
    expect(problems.map(({ code }) => code)).toEqual(['disconnected'])
    expect(news()).toHaveLength(2)
    remove()
    remove()
  })

  test('a close ends the agents and the storage, answers what comes late, and holds no timer', async () => {
    const storage = createMemoryStorage()
    const { host, start, emit, requests, clock, transport, told } = served({ storage })
    await start()
    emit({ type: 'delta', id: 'm', kind: 'text', text: 'One' })
    emit({ type: 'delta', id: 'm', kind: 'text', text: 'two' })
    const before = told.length
    await Promise.all([host.close(), host.close()])
    emit({ type: 'status', status: 'done' })
    expect([told.length, clock.pending, transport.closed]).toEqual([before, 0, true])
    expect(await requests['agent.prompt']({ sessionId: 's', prompt: 'x' })).toMatchObject({ ok: false, code: 'disconnected' })
    await expect(requests['session.load']({ projectId: 'p' })).rejects.toMatchObject({ code: 'storage-closed' })
  })

  test('a transport that fails to close keeps the storage from nothing', async () => {
    const problems: string[] = []
    const storage = createMemoryStorage()
    const transport: AgentTransport = { ...createScriptedTransport(), close: () => Promise.reject(new Error('stuck')) }
    await serveAgentRpc({ transport, storage, onProblem: ({ message }) => problems.push(message) }).close()
    expect(problems).toEqual(['stuck'])
    await expect(storage.listSessions()).rejects.toMatchObject({ code: 'storage-closed' })
  })

  test('an event of a session that no page started, and one that is none, are told to the host', () => {
    const { transport, problems } = served()
    transport.emit({ type: 'status', sessionId: 'other', status: 'done' })
    transport.emit(null)
    expect(problems.map(({ code }) => code)).toEqual(['unknown-session-event', 'invalid-event'])
  })
})

describe('B27 a plain channel', () => {
  test('carries requests, refusals and events; what is no request is passed over', async () => {
    const { host: end, page } = channelPair()
    const { host } = served({ rpc: end })
    const answers: unknown[] = []
    page.subscribe((packet) => answers.push(packet))
    page.post({ type: 'request', id: 1, method: 'settings.getAll', params: {} })
    page.post({ type: 'request', id: 'x', method: 'session.load', params: null })
    page.post({ type: 'request', id: 'y', method: 'toString' })
    for (const junk of [null, 7, 'x', [], {}, { type: 'request' }, { type: 'response', id: 'x', success: true }]) page.post(junk)
    await settle()
    expect(answers.toSorted((a, b) => String(Reflect.get(Object(a), 'id')).localeCompare(String(Reflect.get(Object(b), 'id'))))).toEqual([
      { type: 'response', id: 1, success: true, payload: { settings: {} } },
      { type: 'response', id: 'x', success: false, error: 'This request needs a projectId.' },
      { type: 'response', id: 'y', success: false, error: 'This host has no request named "toString".' },
    ])
    await host.close()
  })
})

test('B27 whatever a page asks and an agent tells, the host does not fall', async () => {
  const words = fc.constantFrom('__proto__', 'constructor', 'sessionId', 's', 'messages', 'projectId', 'msgId', 'role', 'content', 'seqId', 'type', 'run', 'id', 'delta', 'message', 'status', 'cost', 'permission', 'request', 'options')
  const entries = (value: fc.Arbitrary<unknown>) => fc.array(fc.tuple(words, value), { maxLength: 6 }).map((list) => JSON.parse(`{${list.map(([key, inner]) => `${JSON.stringify(key)}:${JSON.stringify(inner ?? null)}`).join(',')}}`))
  const json = fc.letrec((tie) => ({ value: fc.oneof({ maxDepth: 4 }, fc.constant(null), fc.boolean(), fc.double(), words, fc.array(tie('value'), { maxLength: 4 }), entries(tie('value'))) })).value
  const method = fc.constantFrom<keyof AgentRpcHandlers>('agent.start', 'agent.prompt', 'agent.stop', 'session.save', 'session.messages.save', 'session.load', 'session.messages.load', 'settings.getAll')
  const kind = fc.constantFrom('message', 'delta', 'message-end', 'status', 'cost', 'session', 'permission', 'retract', 'quantum')
  const { requests, transport, start, clock } = served()
  await start()
  await fc.assert(
    fc.asyncProperty(method, json, kind, async (name, params, type) => {
      const [outcome] = await Promise.allSettled([Reflect.apply(requests[name], requests, [params])])
      if (name.startsWith('agent.')) expect(outcome).toMatchObject({ status: 'fulfilled', value: { ok: expect.any(Boolean) } })
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Error)
      expect(() => transport.emit(typeof params === 'object' && params !== null ? { ...params, sessionId: 's', type } : params)).not.toThrow()
      await clock.advance(250)
      expect(Object.keys(Object.prototype)).toEqual([])
    }),
    { numRuns: 500 },
  )
})
