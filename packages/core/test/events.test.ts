import { describe, expect, test } from 'vitest'
import type { Reply } from '../src/index.ts'
import { createScene, project, restarted, rolesAndTexts, texts, type SceneOptions } from './scene.ts'
import { must } from './must.ts'

const epoch = (name: string) => (seq: number) => ({ epoch: name, seq })
const e = epoch('e')

async function running(options: SceneOptions = {}) {
  const scene = createScene(options)
  const session = await scene.start()
  return { ...scene, session, voice: scene.agent(session) }
}

describe('what the agent says', () => {
  test('B12 becomes messages, each kind as its role', async () => {
    const { session, voice, heard } = await running()
    voice.message('init', { model: 'opus' }, '1')
    voice.text('2', 'Hi')
    voice.message('thinking', { text: 'hm' }, '3')
    voice.call('4', 'Bash', { command: 'ls' })
    voice.result('4', 'a.txt')
    voice.message('error', { message: 'bad' }, '6')
    voice.message('error', {}, '7')
    voice.message('init', {}, '8')
    for (const type of ['cost', 'status', 'compaction'] as const) voice.message(type, { text: 'x' }, type)
    expect(heard.warnings).toEqual([])
    voice.message('unknown', { odd: 1 }, 'unknown')
    expect(rolesAndTexts(session)).toEqual([
      ['user', 'Hello'],
      ['system', 'Session initialized (opus)'],
      ['assistant', 'Hi'],
      ['thinking', 'hm'],
      ['tool-call', 'ls'],
      ['tool-result', 'a.txt'],
      ['system', 'Error: bad'],
      ['system', 'Error: Unknown error'],
      ['system', 'Session initialized'],
    ])
    expect(heard.warnings).toMatchObject([{ code: 'unknown-message', sessionId: session.sessionId, detail: { id: 'unknown' } }])
  })

  test('B2 shows no role but the six', async () => {
    const { session, voice } = await running()
    for (const type of ['init', 'text', 'thinking', 'tool_call', 'tool_result', 'error'] as const) voice.message(type, {}, type)
    expect(new Set(session.messages.map(({ role }) => role))).toEqual(new Set(['user', 'assistant', 'tool-call', 'tool-result', 'thinking', 'system']))
  })

  test('B6 promise 1 each message takes the next seqId from 1, the prompt first', async () => {
    const { session, voice } = await running()
    voice.text('a', '1')
    voice.message('status', {}, 'not shown')
    voice.messages(...['b', 'c'].map((id) => ({ id, type: 'text', content: { text: id }, timestamp: 1 })))
    voice.delta('d', 'x')
    expect(session.messages.map(({ seqId }) => seqId)).toEqual([1, 2, 3, 4, 5])
    expect(session.lastSeqId).toBe(5)
  })

  test('T23 the order is that of arrival, whatever the timestamps say', async () => {
    const { session, voice } = await running()
    voice.text('a', '1', { timestamp: 900 })
    voice.text('b', '2', { timestamp: -5 })
    expect(session.messages.slice(1).map(({ id, timestamp }) => [id, timestamp])).toEqual([['a', 900], ['b', -5]])
  })

  test('T13 an init is taken by the session it is for, and no other', async () => {
    const scene = createScene()
    const [one, two] = [await scene.start({}, 'one'), await scene.start({}, 'two')]
    scene.agent(one).message('init', { model: 'opus', sessionId: two.sessionId }, 'i')
    expect([one.model, one.agentSessionId]).toEqual(['opus', two.sessionId])
    expect([two.model, two.agentSessionId]).toEqual(['', undefined])
    expect(two.messageCount).toBe(1)
  })

  test('T19 an error message shows on the session', async () => {
    const { session, voice } = await running()
    voice.message('error', { message: 'rate limit' }, 'x')
    expect(session.error).toBe('rate limit')
    voice.status('error')
    expect(session).toMatchObject({ status: 'error', error: 'rate limit' })
  })

  test('T25 a tool result without output is empty', async () => {
    const { session, voice } = await running()
    voice.call('c')
    voice.result('c', undefined)
    expect(session.lastMessage).toMatchObject({ role: 'tool-result', content: '' })
  })

  test('T25 one bad message never takes its batch with it', async () => {
    const { session, voice, heard } = await running()
    const good = (id: string) => ({ id, type: 'text', content: { text: id }, timestamp: 1 })
    voice.messages(good('a'), null, { id: 5 }, 'x', { ...good('b'), type: 'odd' }, { ...good('c'), timestamp: Number.NaN }, good('d'))
    expect(texts(session)).toEqual(['Hello', 'a', 'd'])
    expect(heard.warnings).toMatchObject([{ code: 'invalid-event' }])
    expect(must(heard.warnings[0]).detail).toHaveLength(5)
  })

  test('text that streams grows one message, and ends as a whole one', async () => {
    const { session, voice } = await running()
    voice.delta('m', 'Hel')
    expect(session.lastMessage).toMatchObject({ role: 'assistant', content: 'Hel', streaming: true })
    voice.delta('m', 'lo')
    voice.end('m')
    expect(session.lastMessage).toMatchObject({ content: 'Hello' })
    expect(session.lastMessage).not.toHaveProperty('streaming')
    expect(session.messageCount).toBe(2)
  })

  test('the title, mode and commands that the agent names show', async () => {
    const { session, voice } = await running()
    const news = { title: 'T', mode: 'plan', modes: [{ id: 'plan', label: 'Plan' }], models: [{ id: 'o', label: 'O' }], commands: [{ name: 'help' }], model: 'o', agentSessionId: 'x' }
    voice.emit('session', news)
    expect(session).toMatchObject(news)
    voice.emit('session', { title: 'U' })
    expect(session).toMatchObject({ ...news, title: 'U' })
  })

  test('promise 13 an agent that began anew is shown as restarted', async () => {
    const { session, voice } = await running()
    expect(session.continuity).toBeUndefined()
    voice.emit('session', { restarted: true })
    expect(session.continuity).toBe('restarted')
  })

  test('a plan replaces the one before', async () => {
    const { session, voice } = await running()
    voice.emit('plan', { entries: [{ content: 'a', status: 'pending' }, { content: 'b', status: 'pending' }] })
    voice.emit('plan', { entries: [{ content: 'b', status: 'completed' }] })
    expect(session.plan).toEqual([{ content: 'b', status: 'completed' }])
  })

  test('a message of a sub-agent carries its parent', async () => {
    const { session, voice } = await running()
    voice.call('task')
    voice.text('a', 'x', { parentId: 'task' })
    voice.delta('b', 'y', { parentId: 'task' })
    expect(session.messages.map(({ parentId }) => parentId)).toEqual([undefined, undefined, 'task', 'task'])
  })
})

describe('the border', () => {
  test('promise 8 what is no event is passed over with a warning, and the session goes on', async () => {
    const { session, voice, transport, heard } = await running()
    const { sessionId } = session
    for (const odd of [null, undefined, 5, 'x', [], {}, { type: 'message' }, { type: 'toString', sessionId }, { type: 'delta', sessionId, id: 'm' }, { type: 'status', sessionId: '', status: 'done' }]) {
      transport.emit(odd)
    }
    expect(heard.warnings).toHaveLength(10)
    expect(new Set(heard.warnings.map(({ code }) => code))).toEqual(new Set(['invalid-event']))
    voice.text('a', 'still here')
    expect(session.lastMessage?.content).toBe('still here')
  })

  test('an event for a session that is not here is told, and makes none', async () => {
    const { store, transport, heard } = await running()
    transport.emit({ type: 'status', sessionId: 'elsewhere', status: 'running' })
    expect(heard.warnings).toMatchObject([{ code: 'unknown-session-event', sessionId: 'elsewhere' }])
    expect(store.findSession('elsewhere')).toBeUndefined()
  })

  test('news of a session carry only what news may: nothing else of the session can be set by them', async () => {
    const { session, voice } = await running()
    voice.text('a', '1')
    voice.emit('session', { status: 'done', live: false, current: false, lastSeqId: 0, projectId: 'other', permissions: [], queue: 5, costUsd: 9, title: 'fine' })
    const { status, live, current, lastSeqId, projectId, permissions, queue, costUsd, title } = session
    expect({ status, live, current, lastSeqId, projectId, permissions, queue, costUsd, title }).toEqual({
      status: 'running',
      live: true,
      current: true,
      lastSeqId: 2,
      projectId: project,
      permissions: [],
      queue: [],
      costUsd: 0,
      title: 'fine',
    })
  })

  test('news that are there but undefined are absent: they take nothing away', async () => {
    const { session, voice } = await running()
    voice.emit('session', { title: 'T', modes: [{ id: 'm', label: 'M' }] })
    voice.emit('session', { title: undefined, modes: undefined })
    expect(session.title).toBe('T')
    expect(session.modes).toHaveLength(1)
  })

  test.each(['__proto__', 'constructor', 'prototype'])('a %s key in the arguments of a question never reaches an object', async (key) => {
    const { session, transport } = await running()
    transport.emit(
      JSON.parse(`{"type":"permission","sessionId":${JSON.stringify(session.sessionId)},"request":{"id":"q","title":"?","options":[],"input":{"a":[{"${key}":{"polluted":1},"b":2}]}}}`),
    )
    expect(JSON.stringify(session.permissions[0]?.input)).toBe('{"a":[{"b":2}]}')
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  test('a listener that changes what it was given changes nothing of the session', async () => {
    const { session } = await running()
    expect(Object.isFrozen(session.messages)).toBe(true)
  })
})

describe('numbered events', () => {
  test('F16 promise 2 an event told twice counts once', async () => {
    const { session, voice } = await running()
    for (const at of [1, 1, 2, 2, 1]) voice.numbered(e(at)).delta('m', `${at}`)
    expect(session.lastMessage?.content).toBe('12')
  })

  test('promise 2 a turn\'s cost told twice counts once', async () => {
    const { session, voice } = await running()
    for (const _ of [1, 2]) voice.numbered(e(1)).cost({ costUsd: 1, inputTokens: 5, scope: 'turn' })
    expect(session).toMatchObject({ costUsd: 1, inputTokens: 5 })
  })

  test('F17 events out of order are put in order', async () => {
    const { session, voice } = await running()
    for (const at of [1, 4, 3, 5, 2, 6]) voice.numbered(e(at)).delta('m', `${at}`)
    expect(session.lastMessage?.content).toBe('123456')
    expect(session.continuity).toBeUndefined()
  })

  test('F17 the first event may come after the second', async () => {
    const { session, voice } = await running()
    voice.numbered(e(2)).text('b', '2')
    voice.numbered(e(1)).text('a', '1')
    expect(texts(session)).toEqual(['Hello', '1', '2'])
  })

  test('F18 promise 13 a gap that nobody fills is shown, and what came after it is not held for ever', async () => {
    const { session, voice, clock, heard } = await running()
    voice.numbered(e(1)).text('a', '1')
    voice.numbered(e(3)).text('c', '3')
    await clock.advance(1_999)
    expect(texts(session)).toEqual(['Hello', '1'])
    expect(session.continuity).toBeUndefined()
    await clock.advance(1)
    expect(texts(session)).toEqual(['Hello', '1', '3'])
    expect(session.continuity).toBe('gapped')
    expect(heard.warnings).toMatchObject([{ code: 'sequence-gap', sessionId: session.sessionId }])
    voice.numbered(e(2)).text('b', 'too late')
    voice.numbered(e(4)).text('d', '4')
    expect(texts(session)).toEqual(['Hello', '1', '3', '4'])
  })

  const attaching = (attach: SceneOptions['attach']): SceneOptions => ({ capabilities: { attach: true }, ...(attach && { attach }) })

  test('F17 what is missing is asked for again, where the transport can attach, and comes', async () => {
    const at = await running(attaching(() => {
      at.voice.numbered(e(2)).text('b', '2')
      at.voice.numbered(e(3)).text('c', '3')
      return { outcome: 'live' }
    }))
    at.voice.numbered(e(1)).text('a', '1')
    at.voice.numbered(e(3)).text('c', '3')
    await at.clock.advance(2_000)
    expect(at.commands('attach')).toMatchObject([{ sessionId: at.session.sessionId, run: at.session.run, cursor: e(1) }])
    await at.clock.advance(60_000)
    expect(texts(at.session)).toEqual(['Hello', '1', '2', '3'])
    expect(at.session.continuity).toBeUndefined()
    expect(at.commands('attach')).toHaveLength(1)
  })

  test('F17 what was told while the line was down is asked for when it is back, the end of the run too', async () => {
    const at = await running(attaching(() => {
      at.voice.numbered(e(2)).text('b', '2')
      at.voice.numbered(e(3)).status('done')
      return { outcome: 'replayed' }
    }))
    at.voice.numbered(e(1)).text('a', '1')
    at.transport.emit({ type: 'connection', state: 'disconnected' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    await at.clock.settle()
    expect(at.commands('attach')).toMatchObject([{ sessionId: at.session.sessionId, run: at.session.run, cursor: e(1) }])
    expect(texts(at.session)).toEqual(['Hello', '1', '2'])
    expect(at.session).toMatchObject({ status: 'done', live: false })
  })

  test('F17 what was told while the line was down is asked for too where its prompt was not answered before', async () => {
    let accept = (_: Reply): void => {}
    const at = await running({
      ...attaching(() => {
        at.agent(at.session).numbered(e(1)).text('a', '1')
        return { outcome: 'live' }
      }),
      reply: ({ type }) => (type === 'prompt' ? new Promise((resolve) => (accept = resolve)) : undefined),
    })
    at.voice.status('done')
    void at.session.prompt('again')
    await at.clock.settle()
    at.transport.emit({ type: 'connection', state: 'disconnected' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    await at.clock.settle()
    expect(at.commands('attach')).toEqual([])
    accept({ ok: true })
    await at.clock.settle()
    expect(texts(at.session)).toEqual(['Hello', 'again', '1'])
  })

  test.each<[string, SceneOptions['attach'], object]>([
    ['is lost', () => ({ outcome: 'lost' }), { status: 'idle', endReason: 'interrupted', live: false }],
    ['goes on', () => ({ outcome: 'live' }), { status: 'running', live: true }],
    ['cannot be asked after', () => Promise.reject(new Error('down')), { status: 'running', live: true }],
  ])('promise 13 a run that %s when the line is back shows so', async (_, attach, shown) => {
    const at = await running(attaching(attach))
    at.transport.emit({ type: 'connection', state: 'reconnecting' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    await at.clock.settle()
    expect(at.session).toMatchObject(shown)
  })

  test.each([true, false])('F19 promise 13 a host that begins again before it could say what was missed leaves a gap, where something had been heard of it: %s', async (heard) => {
    let refuse = (): void => {}
    const at = await running(attaching(() => new Promise((_, reject) => (refuse = () => reject(new Error('down'))))))
    if (heard) at.voice.numbered(e(1)).text('a', '1')
    at.transport.emit({ type: 'connection', state: 'disconnected' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    await at.clock.settle()
    at.voice.numbered({ epoch: 'another', seq: 1 }).text('c', '3')
    expect(at.session.continuity).toBeUndefined()
    refuse()
    await at.clock.settle()
    expect(at.session.continuity).toBe('gapped')
    expect(texts(at.session)).toEqual(['Hello', ...(heard ? ['1'] : []), '3'])
  })

  test.each([
    ['before it heard what was missed', true, false, 'gapped'],
    ['after it heard that nothing was', true, true, undefined],
    ['before it heard what was missed of all', false, false, 'gapped'],
    ['after it heard that nothing was missed of all', false, true, undefined],
  ])('F1 F19 promise 13 a process that dies %s, of a host that began again, says so when it comes back', async (_, heard, answered, continuity) => {
    let answer = (): void => {}
    const at = await running(attaching(() => new Promise((resolve) => (answer = () => resolve({ outcome: 'live' })))))
    if (heard) at.voice.numbered(e(1)).text('a', '1')
    at.transport.emit({ type: 'connection', state: 'disconnected' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    await at.clock.settle()
    at.voice.numbered({ epoch: 'another', seq: 1 }).text('c', '3')
    await at.store.flush()
    if (answered) answer()
    await at.clock.advance(2_000)
    const after = await restarted(at, attaching(() => ({ outcome: 'live' })))
    await after.store.restore(project)
    expect(after.store.getSession(project)?.continuity).toBe(continuity)
    await after.store.flush()
    expect((await at.disk.lastSession(project))?.continuity).toBe(continuity)
  })

  test.each([
    ['neither', undefined, 'gapped'],
    ['the second alone', 1, 'gapped'],
    ['the first alone', 0, undefined],
  ])('F1 F19 promise 13 a process that dies and, of two questions for what was missed, heard %s answered, knows when it comes back whether something is missing', async (_, answered, continuity) => {
    const answers: (() => void)[] = []
    const at = await running(attaching(() => new Promise((resolve) => answers.push(() => resolve({ outcome: 'live' })))))
    const lineBack = async (): Promise<void> => {
      at.transport.emit({ type: 'connection', state: 'disconnected' })
      at.transport.emit({ type: 'connection', state: 'connected' })
      await at.clock.settle()
    }
    await lineBack()
    at.voice.numbered({ epoch: 'another', seq: 1 }).text('c', '3')
    await lineBack()
    if (answered !== undefined) answers[answered]?.()
    await at.clock.advance(2_000)
    at.voice.numbered({ epoch: 'another', seq: 2 }).text('d', '4')
    await at.store.flush()
    const after = await restarted(at, attaching(() => ({ outcome: 'live' })))
    await after.store.restore(project)
    expect(after.store.getSession(project)?.continuity).toBe(continuity)
  })

  test.each([
    ['goes on', false],
    ['dies', true],
  ])('F1 F19 promise 13 a run that ended in another numbering, before its prompt was answered and what was missed could be asked for, has a gap in a process that %s', async (_, dies) => {
    let accept = (_: Reply): void => {}
    const at = await running({ ...attaching(() => ({ outcome: 'live' })), reply: ({ type }) => (type === 'prompt' ? new Promise((resolve) => (accept = resolve)) : undefined) })
    at.voice.numbered(e(1)).status('done')
    void at.session.prompt('again')
    await at.clock.settle()
    at.transport.emit({ type: 'connection', state: 'disconnected' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    await at.clock.settle()
    at.agent(at.session).numbered({ epoch: 'another', seq: 1 }).status('done')
    await at.store.flush()
    const shown = dies ? await restarted(at, attaching(() => ({ outcome: 'live' }))) : at
    if (dies) await shown.store.restore(project)
    accept({ ok: true })
    await at.clock.settle()
    expect(shown.store.getSession(project)).toMatchObject({ status: 'done', continuity: 'gapped' })
    expect(at.commands('attach')).toEqual([])
  })

  test('F17 what was told while the line was down is asked for too where a prompt that was on its way is refused and its run goes on', async () => {
    let refuse = (): void => {}
    const at = await running({
      capabilities: { attach: true, steer: true },
      attach: () => ({ outcome: 'live' }),
      reply: ({ type }) => (type === 'prompt' ? new Promise((resolve) => (refuse = () => resolve({ ok: false, error: 'no' }))) : undefined),
    })
    void at.session.prompt('more')
    await at.clock.settle()
    at.transport.emit({ type: 'connection', state: 'disconnected' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    await at.clock.settle()
    expect(at.commands('attach')).toEqual([])
    refuse()
    await at.clock.settle()
    expect(at.commands('attach')).toHaveLength(1)
  })

  test('F17 a run that has ended, or is not accepted yet, is not asked after when the line is back', async () => {
    const at = await running({ ...attaching(() => ({ outcome: 'lost' })), reply: ({ type }) => (type === 'prompt' ? new Promise(() => {}) : undefined) })
    at.voice.status('done')
    at.transport.emit({ type: 'connection', state: 'disconnected' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    void at.session.prompt('again')
    at.transport.emit({ type: 'connection', state: 'disconnected' })
    at.transport.emit({ type: 'connection', state: 'connected' })
    await at.clock.settle()
    expect(at.commands('attach')).toEqual([])
    expect(at.session).toMatchObject({ status: 'running', live: true })
  })

  test.each<[string, SceneOptions['attach'], number]>([
    ['does not come', () => ({ outcome: 'live' }), 4_000],
    ['is gone for good', () => ({ outcome: 'live', gapped: true }), 2_000],
    ['is nowhere to be had', () => ({ outcome: 'lost' }), 2_000],
    ['cannot be asked for', () => Promise.reject(new Error('down')), 2_000],
    ['is asked for in vain', () => new Promise(() => {}), 122_000],
  ])('F18 what is missing and %s is a gap', async (_, attach, ms) => {
    const { session, voice, clock, commands } = await running(attaching(attach))
    voice.numbered(e(1)).text('a', '1')
    voice.numbered(e(3)).text('c', '3')
    await clock.advance(ms - 1)
    expect(session.continuity).toBeUndefined()
    await clock.advance(1)
    expect(session.continuity).toBe('gapped')
    expect(texts(session)).toEqual(['Hello', '1', '3'])
    expect(commands('attach')).toHaveLength(1)
  })

  test('F17 a gap that is filled in time is none', async () => {
    const { session, voice, clock, heard } = await running()
    voice.numbered(e(1)).text('a', '1')
    voice.numbered(e(3)).text('c', '3')
    await clock.advance(1_500)
    voice.numbered(e(2)).text('b', '2')
    await clock.advance(10_000)
    expect(texts(session)).toEqual(['Hello', '1', '2', '3'])
    expect(session.continuity).toBeUndefined()
    expect(heard.warnings).toEqual([])
  })

  test('promise 14 F17 no more than reorderEvents are held', async () => {
    const { session, voice } = await running({ limits: { reorderEvents: 3 } })
    voice.numbered(e(1)).text('a', '1')
    for (const at of [3, 4]) voice.numbered(e(at)).text(`m${at}`, `${at}`)
    expect(session.messageCount).toBe(2)
    voice.numbered(e(5)).text('m5', '5')
    expect(texts(session)).toEqual(['Hello', '1', '3', '4', '5'])
    expect(session.continuity).toBe('gapped')
  })

  test('F19 a host that restarts and numbers from 1 again is heard', async () => {
    const { session, voice } = await running()
    const f = epoch('f')
    for (const at of [1, 2, 3]) voice.numbered(e(at)).text(`e${at}`, `e${at}`)
    for (const at of [1, 2]) voice.numbered(f(at)).text(`f${at}`, `f${at}`)
    expect(texts(session)).toEqual(['Hello', 'e1', 'e2', 'e3', 'f1', 'f2'])
    expect(session.continuity).toBeUndefined()
  })

  test('F23 a late packet of an old numbering is ignored', async () => {
    const { session, voice } = await running()
    voice.numbered(e(1)).text('a', '1')
    voice.numbered(epoch('f')(1)).text('b', '2')
    voice.numbered(e(2)).text('c', 'late')
    expect(texts(session)).toEqual(['Hello', '1', '2'])
  })

  test('F18 what a numbering that ended still missed is a gap', async () => {
    const { session, voice } = await running()
    voice.numbered(e(1)).text('a', '1')
    voice.numbered(e(3)).text('c', '3')
    voice.numbered(epoch('f')(1)).text('d', '4')
    expect(texts(session)).toEqual(['Hello', '1', '3', '4'])
    expect(session.continuity).toBe('gapped')
  })

  test('events without a number pass between them', async () => {
    const { session, voice } = await running()
    voice.numbered(e(1)).text('a', '1')
    voice.text('b', '2')
    voice.numbered(e(2)).text('c', '3')
    expect(texts(session)).toEqual(['Hello', '1', '2', '3'])
  })

  test('a gap leaves no timer behind when it is filled, nor when the session is purged', async () => {
    const { session, voice, clock, store } = await running()
    voice.numbered(e(1)).text('a', '1')
    voice.numbered(e(3)).text('c', '3')
    await store.purge(session.sessionId)
    await clock.settle()
    expect(clock.pending).toBe(0)
  })
})

describe('cost', () => {
  test('B16 is as last reported', async () => {
    const { session, voice } = await running()
    voice.cost({ costUsd: 1, inputTokens: 10, outputTokens: 20, cachedInputTokens: 3, contextUsed: 7, contextSize: 100 })
    voice.cost({ costUsd: 0.5, inputTokens: 11, outputTokens: 21 })
    expect(session).toMatchObject({ costUsd: 0.5, inputTokens: 11, outputTokens: 21, cachedInputTokens: 3, contextUsed: 7, contextSize: 100 })
  })

  test('B16 a report that knows no USD leaves what was known', async () => {
    const { session, voice } = await running()
    voice.cost({ costUsd: 1, inputTokens: 1 })
    voice.cost({ inputTokens: 2 })
    expect(session).toMatchObject({ costUsd: 1, inputTokens: 2 })
  })

  test('T16 the total of a run is added to what the runs before it cost, the newest report of each counts', async () => {
    const { session, voice, agent } = await running()
    voice.cost({ costUsd: 1, inputTokens: 10, outputTokens: 5, scope: 'run' })
    voice.cost({ costUsd: 2, inputTokens: 20, outputTokens: 6, cachedInputTokens: 2, scope: 'run' })
    voice.status('done')
    await session.prompt('Go on')
    agent(session).cost({ costUsd: 0.5, inputTokens: 1, outputTokens: 1, cachedInputTokens: 1, scope: 'run' })
    agent(session).cost({ costUsd: 0.75, inputTokens: 2, outputTokens: 2, cachedInputTokens: 2, scope: 'run' })
    expect(session).toMatchObject({ costUsd: 2.75, inputTokens: 22, outputTokens: 8, cachedInputTokens: 4 })
  })

  test('T16 the report of a turn is added, a total is not', async () => {
    const { session, voice } = await running()
    voice.cost({ costUsd: 1, inputTokens: 10, outputTokens: 1, cachedInputTokens: 1, scope: 'turn' })
    voice.cost({ costUsd: 1, inputTokens: 10, outputTokens: 1, cachedInputTokens: 1, scope: 'turn' })
    expect(session).toMatchObject({ costUsd: 2, inputTokens: 20, outputTokens: 2, cachedInputTokens: 2 })
    voice.cost({ costUsd: 9, inputTokens: 9, scope: 'session' })
    expect(session).toMatchObject({ costUsd: 9, inputTokens: 9, outputTokens: 0 })
  })

  test('T16 totals go on over a restore', async () => {
    const { restarted } = await import('./scene.ts')
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).cost({ costUsd: 2, inputTokens: 20, scope: 'run' })
    await session.stop()
    await scene.store.flush()
    const after = await restarted(scene)
    await after.store.restore(project)
    const back = must(after.store.getSession(project))
    await back.prompt('Go on')
    after.agent(back).cost({ costUsd: 1, inputTokens: 1, scope: 'run' })
    expect(back).toMatchObject({ costUsd: 3, inputTokens: 21 })
  })

  test('names the model where nobody has', async () => {
    const { session, voice } = await running()
    voice.cost({ model: 'opus' })
    expect(session.model).toBe('opus')
    voice.cost({ model: 'haiku' })
    expect(session.model).toBe('opus')
  })
})

describe('status', () => {
  test.each([
    ['idle', 'idle'],
    ['running', 'running'],
    ['done', 'done'],
    ['error', 'error'],
    ['paused', 'idle'],
    ['', 'idle'],
    ['DONE', 'idle'],
    ['constructor', 'idle'],
  ])('B1 the status %j reads %s', async (told, read) => {
    const { session, voice } = await running()
    voice.status(told)
    expect(session.status).toBe(read)
  })

  test('B18 done is told as a success', async () => {
    const { session, voice, heard } = await running()
    voice.status('done')
    expect(heard.notifications).toEqual([{ variant: 'success', message: `Agent completed on ${project}`, sessionId: session.sessionId, projectId: project }])
    expect(session).toMatchObject({ status: 'done', endReason: 'completed', live: false })
  })

  test.each([
    [{ error: 'quota' }, 'quota'],
    [{}, 'unknown'],
    [{ error: '' }, 'unknown'],
  ])('B18 an error is told with its reason: %j', async (fields, why) => {
    const { session, voice, heard } = await running()
    voice.status('error', fields)
    expect(heard.notifications).toMatchObject([{ variant: 'error', message: `Agent error on ${project}: ${why}` }])
    expect(session).toMatchObject({ status: 'error', endReason: 'error', live: false })
  })

  test('a reason of the agent\'s own is kept', async () => {
    const { session, voice } = await running()
    voice.status('done', { reason: 'max_tokens' })
    expect(session.endReason).toBe('max_tokens')
  })

  test('each end is told once', async () => {
    const { voice, heard } = await running()
    voice.status('done')
    voice.status('done')
    voice.status('error')
    expect(heard.notifications).toHaveLength(1)
  })

  test('nothing goes on after an end: no stream, no tool, no question', async () => {
    const { session, voice } = await running()
    voice.call('c')
    voice.delta('m', 'x')
    voice.ask('q')
    voice.status('error')
    expect(session.findMessage('m')).toMatchObject({ cut: true })
    expect(session.findMessage('c')?.toolState).toBe('cancelled')
    expect(session.permissions).toMatchObject([{ state: 'cancelled' }])
  })

  test('a message that streams when the run is done is whole, not cut', async () => {
    const { session, voice } = await running()
    voice.delta('m', 'x')
    voice.status('done')
    expect(session.lastMessage).not.toHaveProperty('cut')
    expect(session.lastMessage).not.toHaveProperty('streaming')
  })
})

describe('the line to the agent', () => {
  test('is told, and shows on the store', async () => {
    const { store, transport, heard } = await running()
    expect(store.connection).toEqual({ state: 'connected' })
    transport.emit({ type: 'connection', state: 'reconnecting', error: 'ECONNRESET' })
    expect(store.connection).toEqual({ state: 'reconnecting', error: 'ECONNRESET' })
    transport.emit({ type: 'connection', state: 'connected' })
    expect(heard.connections).toEqual([{ state: 'reconnecting', error: 'ECONNRESET' }, { state: 'connected' }])
  })
})
