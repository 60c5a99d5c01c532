import { describe, expect, test } from 'vitest'
import { allowOrReject } from '../../test/agent-voice.ts'
import { reducedSession, sampleMessage, sampleState } from '../../test/reduced-session.ts'
import { defaultLimits } from '../limits.ts'
import { SessionModel } from '../session/session-model.ts'
import { reduce } from './reduce.ts'

const context = { now: 1_000, limits: defaultLimits }

describe('reduce', () => {
  test('is pure: it reads the session and changes nothing', () => {
    const model = new SessionModel({ type: 'opened', state: sampleState({ lastSeqId: 1 }), messages: [sampleMessage('a', 1)], hasOlder: false })
    const before = { state: model.state, messages: model.log.snapshot() }
    const event = { type: 'message', sessionId: 's', messages: [{ id: 'b', type: 'text', content: { text: 'x' }, timestamp: 1 }] } as const
    const first = reduce(model, event, context)
    expect(reduce(model, event, context)).toEqual(first)
    expect(model.state).toBe(before.state)
    expect(model.log.snapshot()).toBe(before.messages)
  })

  test('messages of one event see each other', () => {
    const session = reducedSession()
    session.tell({
      type: 'message',
      messages: [
        { id: 'call', type: 'tool_call', content: { name: 'Read', toolCallId: 'c' }, timestamp: 1 },
        { id: 'call', type: 'tool_call', content: { name: 'Write', toolCallId: 'c' }, timestamp: 1 },
        { id: 'result', type: 'tool_result', content: { output: 'x', toolCallId: 'c' }, timestamp: 1 },
      ],
    })
    expect(session.messages.map(({ toolName, toolState }) => [toolName, toolState])).toEqual([['Write', 'done'], ['Write', undefined]])
  })
})

describe('where an event stands', () => {
  const standings = {
    'of the run under way': { live: true, run: 'r' },
    'of no run, while one is': { live: true, run: undefined },
    'of another run, while one is': { live: true, run: 'old' },
    'of the last run': { live: false, run: 'r' },
    'of no run, when none is': { live: false, run: undefined },
    'of an older run, when none is': { live: false, run: 'old' },
  } as const
  const counts: Record<keyof typeof standings, { status: boolean; message: boolean; permission: boolean; plan: boolean }> = {
    'of the run under way': { status: true, message: true, permission: true, plan: true },
    'of no run, while one is': { status: true, message: true, permission: true, plan: true },
    'of another run, while one is': { status: false, message: false, permission: false, plan: false },
    'of the last run': { status: false, message: true, permission: false, plan: false },
    'of no run, when none is': { status: false, message: true, permission: false, plan: false },
    'of an older run, when none is': { status: false, message: false, permission: false, plan: false },
  }

  test.each(Object.keys(standings).filter((name): name is keyof typeof standings => name in standings))('%s', (name) => {
    const { live, run } = standings[name]
    const session = reducedSession({ live, status: live ? 'running' : 'done' })
    const about = run === undefined ? {} : { run }
    session.tell({ ...about, type: 'message', messages: [{ id: 'm', type: 'text', content: { text: 'x' }, timestamp: 1 }] })
    session.tell({ ...about, type: 'permission', request: { id: 'q', title: '?', options: allowOrReject } })
    session.tell({ ...about, type: 'plan', entries: [{ content: 'x', status: 'pending' }] })
    session.tell({ ...about, type: 'status', status: 'error', error: 'new' })
    expect({
      message: session.find('m') !== undefined,
      permission: session.state.permissions.length > 0,
      plan: session.state.plan.length > 0,
      status: session.state.status === 'error',
    }).toEqual(counts[name])
  })
})

describe('a run', () => {
  test('begins with its prompt as a message and a clean sheet', () => {
    const session = reducedSession({
      live: false,
      status: 'error',
      error: 'old',
      endReason: 'error',
      costUsd: 2,
      inputTokens: 3,
      outputTokens: 4,
      cachedInputTokens: 5,
      permissions: [{ id: 'q', title: '?', state: 'cancelled', options: [], askedAt: 0 }],
      queue: [{ messageId: 'p', prompt: 'Go', queuedAt: 0 }, { messageId: 'other', prompt: 'x', queuedAt: 0 }],
    })
    session.act({ type: 'run-began', run: 'r2', messageId: 'p', prompt: 'Go' })
    expect(session.messages).toEqual([{ id: 'p', seqId: 1, role: 'user', content: 'Go', delivery: 'sending', run: 'r2', timestamp: 1_000 }])
    expect(session.state).toMatchObject({ status: 'running', live: true, run: 'r2', permissions: [], queue: [{ messageId: 'other' }], updatedAt: 1_000 })
    expect(session.state.usageBeforeRun).toEqual({ costUsd: 2, inputTokens: 3, outputTokens: 4, cachedInputTokens: 5 })
    for (const field of ['error', 'endReason', 'stall']) expect(session.state).not.toHaveProperty(field)
  })

  test('that sends a prompt again takes its message along', () => {
    const session = reducedSession({ live: false, status: 'error' }, [sampleMessage('p', 1, { role: 'user', content: 'Go', delivery: 'failed', run: 'r' })])
    session.act({ type: 'run-began', run: 'r2', messageId: 'p', prompt: 'Go' })
    expect(session.messages).toStrictEqual([{ id: 'p', seqId: 1, role: 'user', content: 'Go', delivery: 'sending', run: 'r2', timestamp: 0 }])
  })

  test('that rests or goes on shows the error that the agent names, and keeps the last one where it names none', () => {
    const session = reducedSession()
    session.tell({ type: 'status', status: 'running', error: 'rate limited' })
    expect(session.state).toMatchObject({ status: 'running', error: 'rate limited', updatedAt: 1_000 })
    session.tell({ type: 'status', status: 'idle' })
    expect(session.state).toMatchObject({ status: 'idle', live: true, error: 'rate limited' })
  })

  test('that ends leaves nothing streaming, running or asking', () => {
    const session = reducedSession()
    session.tell({ type: 'delta', id: 'm', kind: 'text', text: 'x' })
    session.tell({ type: 'message', messages: [{ id: 'c', type: 'tool_call', content: { toolCallId: 'c' }, timestamp: 1 }] })
    session.tell({ type: 'permission', request: { id: 'q', title: '?', options: [] } })
    session.act({ type: 'run-ended', status: 'done', reason: 'stopped' })
    expect(session.find('m')).toMatchObject({ cut: true })
    expect(session.find('c')).toMatchObject({ toolState: 'cancelled' })
    expect(session.state.permissions).toMatchObject([{ state: 'cancelled' }])
    expect(session.state).toMatchObject({ status: 'done', live: false, endReason: 'stopped' })
    expect([...session.model.log.open]).toEqual([])
  })

  test.each([
    ['done', 'completed', undefined],
    ['done', 'max_tokens', undefined],
    ['done', 'stopped', true],
    ['error', 'error', true],
    ['idle', 'interrupted', true],
  ] as const)('that ends %s, %s: what still streams is cut: %s', (status, reason, cut) => {
    const session = reducedSession()
    session.tell({ type: 'delta', id: 'm', kind: 'text', text: 'x' })
    session.act({ type: 'run-ended', status, reason })
    expect(session.find('m')?.cut).toBe(cut)
  })

  test.each([
    ['interrupted', 'expired'],
    ['stopped', 'cancelled'],
  ] as const)('that was %s leaves its questions %s, and settled ones as they were', (reason, state) => {
    const session = reducedSession({
      permissions: (['pending', 'answering', 'selected', 'cancelled', 'expired'] as const).map((kind) => ({ id: kind, title: '?', state: kind, options: [], askedAt: 0 })),
    })
    session.act({ type: 'run-ended', status: 'idle', reason })
    expect(session.state.permissions.map((request) => request.state)).toEqual([state, state, 'selected', 'cancelled', 'expired'])
  })

  test('an end with an error shows it, one without leaves what was said', () => {
    const session = reducedSession({ error: 'said before' })
    session.act({ type: 'run-ended', status: 'error', reason: 'error' })
    expect(session.state.error).toBe('said before')
    const other = reducedSession()
    other.tell({ type: 'status', status: 'error', error: 'new' })
    expect(other.state.error).toBe('new')
  })
})

describe('a question', () => {
  const question = { id: 'q', title: 'May I?', options: allowOrReject }

  test('has what the agent said of it, and nothing else', () => {
    const session = reducedSession()
    session.tell({ type: 'permission', request: question })
    session.tell({ type: 'permission', request: { ...question, id: 'q2', toolCallId: 'c', parentId: 'task', input: { a: 1 } } })
    const asked = { title: 'May I?', state: 'pending', options: allowOrReject, run: 'r', askedAt: 1_000 }
    expect(session.state.permissions).toStrictEqual([{ ...asked, id: 'q' }, { ...asked, id: 'q2', toolCallId: 'c', parentId: 'task', input: { a: 1 } }])
  })

  test('of no run has none', () => {
    const session = reducedSession()
    session.act({ type: 'fields', patch: { run: undefined } })
    session.tell({ type: 'permission', request: question })
    expect(session.state.permissions).toStrictEqual([{ ...question, state: 'pending', askedAt: 1_000 }])
  })

  test('promise 2 moved to where it is stays as it is', () => {
    const session = reducedSession()
    session.tell({ type: 'permission', request: question })
    expect(session.act({ type: 'permission-moved', requestId: 'q', state: 'pending' }).changes).toEqual([])
  })
})

describe('what an agent says of its session', () => {
  test('leaves the continuity alone unless it began again', () => {
    const session = reducedSession()
    session.tell({ type: 'session', title: 'T', restarted: false })
    expect(session.state).toMatchObject({ title: 'T', updatedAt: 1_000 })
    expect(session.state).not.toHaveProperty('continuity')
    session.tell({ type: 'session', restarted: true })
    expect(session.state.continuity).toBe('restarted')
  })
})

describe('actions of the store', () => {
  test('a delivery moves the prompt it is of', () => {
    const session = reducedSession({}, [sampleMessage('p', 1, { role: 'user', delivery: 'sending' })])
    session.act({ type: 'delivery', messageId: 'p', delivery: 'sent' })
    expect(session.find('p')?.delivery).toBe('sent')
    expect(session.act({ type: 'delivery', messageId: 'p', delivery: 'sent' }).changes).toEqual([])
    expect(session.act({ type: 'delivery', messageId: 'unknown', delivery: 'sent' }).changes).toEqual([])
  })

  test('a prompt that steers is a message of the run', () => {
    const session = reducedSession()
    session.act({ type: 'steered', messageId: 'p', prompt: 'left' })
    expect(session.find('p')).toMatchObject({ role: 'user', content: 'left', run: 'r', delivery: 'sending' })
    expect(session.state).toMatchObject({ run: 'r', updatedAt: 1_000 })
  })

  test('the queue keeps its order', () => {
    const session = reducedSession()
    for (const id of ['a', 'b', 'c']) session.act({ type: 'queued', messageId: id, prompt: id })
    session.act({ type: 'unqueued', messageId: 'b' })
    expect(session.state.queue).toEqual([{ messageId: 'a', prompt: 'a', queuedAt: 1_000 }, { messageId: 'c', prompt: 'c', queuedAt: 1_000 }])
  })

  test('withdrawing what is not queued leaves the queue as it is', () => {
    const session = reducedSession()
    session.act({ type: 'queued', messageId: 'a', prompt: 'a' })
    const { queue } = session.state
    session.act({ type: 'unqueued', messageId: 'b' })
    expect(session.state.queue).toBe(queue)
  })

  test('a gap shows', () => {
    const session = reducedSession()
    session.act({ type: 'gap' })
    expect(session.state.continuity).toBe('gapped')
  })

  test('T11 a field that is taken away is absent, not undefined', () => {
    const session = reducedSession({ stall: { cause: 'model', since: 0 } })
    session.act({ type: 'fields', patch: { stall: undefined } })
    expect(session.state).not.toHaveProperty('stall')
  })
})
