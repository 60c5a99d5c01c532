import { describe, expect, test, vi } from 'vitest'
import type { SessionNotice, StoreChange } from '../src/index.ts'
import { mirrorOf } from './mirror.ts'
import { createScene, project, texts, type SceneOptions } from './scene.ts'
import { must } from './must.ts'

const fieldsOf = (notices: readonly SessionNotice[]): string[] => notices.map(({ fields }) => [...fields].sort().join(' '))

/** Gives notice when the test says. */
function byHand() {
  const due: (() => void)[] = []
  return {
    schedule: (flush: () => void) => void due.push(flush),
    get scheduled() {
      return due.length
    },
    flush: () => {
      for (const flush of due.splice(0)) flush()
    },
  }
}

async function watched(options: SceneOptions = {}) {
  const hand = byHand()
  const scene = createScene({ schedule: hand.schedule, ...options })
  const session = await scene.start()
  await scene.store.flush()
  hand.flush()
  const notices: SessionNotice[] = []
  const unsubscribe = session.subscribe((notice) => notices.push(notice))
  scene.heard.changes.length = 0
  return { scene, session, voice: scene.agent(session), hand, notices, unsubscribe }
}

describe('promise 11 notices', () => {
  test('there is one for a flush, however many events came', async () => {
    const { session, voice, hand, notices } = await watched()
    for (let at = 0; at < 1_000; at += 1) voice.delta('m', 'x')
    expect(notices).toEqual([])
    expect(hand.scheduled).toBe(1)
    expect(session.lastMessage?.content).toHaveLength(1_000)
    hand.flush()
    expect(notices).toHaveLength(1)
    hand.flush()
    expect(notices).toHaveLength(1)
  })

  test('F27 a flood asks for one notice a frame', async () => {
    const { voice, hand, notices } = await watched()
    for (let frame = 0; frame < 5; frame += 1) {
      for (let at = 0; at < 2_000; at += 1) voice.delta('m', 'x')
      hand.flush()
    }
    expect(notices).toHaveLength(5)
  })

  test('say which parts changed', async () => {
    const { voice, hand, notices, scene } = await watched()
    voice.delta('m', 'x')
    hand.flush()
    voice.delta('m', 'y')
    hand.flush()
    voice.cost({ inputTokens: 5 })
    hand.flush()
    voice.emit('retract', { ids: ['m'] })
    hand.flush()
    expect(scene.heard.changes.length).toBeGreaterThan(3)
    const [made, grown, cost, retracted] = fieldsOf(notices)
    expect(made).toContain('lastSeqId messageList messages')
    expect(grown).toBe('messages')
    expect(cost).toContain('inputTokens')
    expect(cost).not.toContain('messages')
    expect(retracted).toContain('messageList messages')
  })

  test('come never in the middle of a change: what a listener reads is whole', async () => {
    const { session, voice, hand } = await watched()
    const seen: unknown[] = []
    session.subscribe(() => seen.push([session.status, session.lastMessage?.content, session.live]))
    voice.delta('m', 'x')
    voice.status('done')
    expect(seen).toEqual([])
    hand.flush()
    expect(seen).toEqual([['done', 'x', false]])
  })

  test('of what a listener brings about come with the next flush', async () => {
    const { session, voice, hand, notices } = await watched()
    session.subscribe(({ fields }) => {
      if (fields.has('messages') && session.live) void session.prompt('queued')
    })
    voice.text('a', '1')
    hand.flush()
    expect(notices).toHaveLength(1)
    hand.flush()
    expect(fieldsOf(notices)[1]).toContain('queue')
  })

  test('go to each session by itself', async () => {
    const { scene, hand, notices, voice } = await watched()
    const other = await scene.start({}, 'other')
    hand.flush()
    notices.length = 0
    scene.agent(other).text('a', 'x')
    hand.flush()
    expect(notices).toEqual([])
    voice.text('a', 'x')
    hand.flush()
    expect(notices).toHaveLength(1)
  })

  test('end with the subscription; the same listener subscribed twice is two subscriptions', async () => {
    const { session, voice, hand } = await watched()
    const listener = vi.fn()
    const [one, two] = [session.subscribe(listener), session.subscribe(listener)]
    voice.delta('m', 'x')
    hand.flush()
    expect(listener).toHaveBeenCalledTimes(2)
    one()
    one()
    voice.delta('m', 'x')
    hand.flush()
    expect(listener).toHaveBeenCalledTimes(3)
    two()
    voice.delta('m', 'x')
    hand.flush()
    expect(listener).toHaveBeenCalledTimes(3)
  })

  test('of one message come to who looks at it, with it, and with undefined when it went', async () => {
    const { session, voice, hand } = await watched()
    const seen: (string | undefined)[] = []
    const unsubscribe = session.subscribeMessage('m', (message) => seen.push(message?.content))
    voice.text('other', 'x')
    hand.flush()
    expect(seen).toEqual([])
    voice.delta('m', 'a')
    voice.delta('m', 'b')
    hand.flush()
    voice.delta('m', 'c')
    hand.flush()
    voice.emit('retract', { ids: ['m'] })
    hand.flush()
    expect(seen).toEqual(['ab', 'abc', undefined])
    unsubscribe()
    voice.delta('m', 'd')
    hand.flush()
    expect(seen).toHaveLength(3)
  })

  test('of one message come to each who looks at it, until that one does no more', async () => {
    const { session, voice, hand } = await watched()
    const [one, two] = [vi.fn(), vi.fn()]
    const unsubscribe = session.subscribeMessage('m', one)
    session.subscribeMessage('m', two)
    unsubscribe()
    voice.delta('m', 'x')
    hand.flush()
    expect(one).not.toHaveBeenCalled()
    expect(two).toHaveBeenCalledOnce()
  })

  test('by default come in a microtask', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.clock.settle()
    const listener = vi.fn()
    session.subscribe(listener)
    scene.agent(session).text('a', 'x')
    expect(listener).not.toHaveBeenCalled()
    await Promise.resolve()
    expect(listener).toHaveBeenCalledOnce()
  })

  test('tell those who look at a project when another session takes its place', async () => {
    const { scene, hand } = await watched()
    const listener = vi.fn()
    scene.store.subscribeProject(project, listener)
    await scene.start({ ifRunning: 'background' })
    expect(listener).not.toHaveBeenCalled()
    hand.flush()
    expect(listener).toHaveBeenCalledOnce()
    await scene.start({}, 'other')
    hand.flush()
    expect(listener).toHaveBeenCalledOnce()
  })
})

describe('promise 10 snapshots', () => {
  test('one token replaces one message object; everything else keeps its identity', async () => {
    const { session, voice } = await watched()
    for (const id of ['a', 'b', 'c']) voice.delta(id, 'x')
    const before = session.messages
    voice.delta('b', 'y')
    const after = session.messages
    expect(after.map((message, index) => message === before[index])).toEqual([true, true, false, true])
    expect(before[2]?.content).toBe('x')
    expect(after[2]?.content).toBe('xy')
  })

  test('are the same array until something of the messages changes', async () => {
    const { session, voice } = await watched()
    const before = session.messages
    voice.cost({ inputTokens: 1 })
    voice.emit('session', { title: 'T' })
    expect(session.messages).toBe(before)
    voice.text('a', 'x')
    const after = session.messages
    expect(after).not.toBe(before)
    expect(session.messages).toBe(after)
    expect(before).toHaveLength(1)
  })

  test('promise 2 a message told again word for word keeps its identity', async () => {
    const { session, voice, hand, notices } = await watched()
    const tell = () => voice.messages({ id: 'a', type: 'tool_result', content: { output: 'x\n'.repeat(600), toolCallId: 'c', isError: true }, timestamp: 1 })
    tell()
    hand.flush()
    const before = session.messages
    tell()
    expect(session.messages).toBe(before)
    hand.flush()
    expect(notices).toHaveLength(1)
  })

  test('fields that did not change keep their identity', async () => {
    const { session, voice } = await watched()
    voice.ask('q')
    voice.emit('plan', { entries: [{ content: 'a', status: 'pending' }] })
    const { permissions, plan, modes, queue, options } = session
    voice.delta('m', 'x')
    voice.cost({ inputTokens: 1 })
    expect({ permissions, plan, modes, queue, options }).toEqual({
      permissions: session.permissions,
      plan: session.plan,
      modes: session.modes,
      queue: session.queue,
      options: session.options,
    })
    expect(session.permissions).toBe(permissions)
    expect(session.plan).toBe(plan)
    expect(session.modes).toBe(modes)
  })

  test('T20 are made only when they are read: events copy no messages', async () => {
    const { session, voice, hand } = await watched()
    for (let at = 0; at < 100; at += 1) voice.text(`m${at}`, 'x')
    session.subscribe(() => void [session.status, session.messageCount, session.lastMessage?.content])
    const copied = vi.spyOn(Array.prototype, 'slice')
    const frozen = vi.spyOn(Object, 'freeze')
    for (let at = 0; at < 50; at += 1) {
      voice.delta('m', 'x')
      hand.flush()
    }
    const lengths = [...copied.mock.results.map(({ value }) => value), ...frozen.mock.calls.map(([value]) => value)]
      .filter((value) => Array.isArray(value))
      .map((value) => value.length)
    copied.mockRestore()
    frozen.mockRestore()
    expect(Math.max(0, ...lengths)).toBeLessThan(50)
  })

  test('messageAt, findMessage and lastMessage read the same objects', async () => {
    const { session, voice } = await watched()
    voice.text('a', '1')
    expect(session.messageCount).toBe(2)
    expect(session.messageAt(1)).toBe(session.messages[1])
    expect(session.findMessage('a')).toBe(session.messages[1])
    expect(session.lastMessage).toBe(session.messages[1])
    expect(session.messageAt(2)).toBeUndefined()
    expect(session.messageAt(-1)).toBeUndefined()
    expect(session.findMessage('z')).toBeUndefined()
  })
})

describe('promise 8 isolation', () => {
  test('F30 a listener that throws is reported, and the others hear', async () => {
    const { session, voice, hand, scene, notices } = await watched()
    const broken = new Error('broken listener')
    const heard = vi.fn()
    session.subscribe(() => {
      throw broken
    })
    session.subscribeMessage('m', () => {
      throw broken
    })
    session.subscribe(heard)
    scene.store.subscribeProject(project, () => {
      throw broken
    })
    voice.delta('m', 'x')
    hand.flush()
    expect(heard).toHaveBeenCalledOnce()
    expect(notices).toHaveLength(1)
    expect(scene.heard.errors.map(({ code, cause }) => [code, cause])).toEqual([['listener-threw', broken], ['listener-threw', broken]])
    await scene.start({ ifRunning: 'background' })
    hand.flush()
    expect(scene.heard.errors).toHaveLength(4)
  })

  test.each(['notification', 'change', 'warning', 'connection'] as const)('F30 a listener of "%s" that throws stops nobody else', async (event) => {
    const scene = createScene()
    const session = await scene.start()
    const heard = vi.fn()
    scene.store.on(event, () => {
      throw new Error('broken')
    })
    scene.store.on(event, heard)
    scene.transport.emit({ type: 'connection', state: 'reconnecting' })
    scene.transport.emit({ type: 'nonsense' })
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(heard).toHaveBeenCalled()
    expect(scene.heard.errors.map(({ code }) => code)).toContain('listener-threw')
    expect(session.status).toBe('done')
  })

  test('F30 a listener of "error" that throws is told to the others, and to itself not', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.store.flush()
    const broken = vi.fn(() => {
      throw new Error('broken')
    })
    scene.store.on('error', broken)
    scene.storage.failNext(1)
    scene.agent(session).text('a', 'x')
    await scene.clock.advance(2_000)
    expect(broken).toHaveBeenCalledOnce()
    expect(scene.heard.errors.map(({ code }) => code)).toEqual(['storage-failed', 'listener-threw'])
  })

  test('F30 an error with nobody to hear it breaks nothing', async () => {
    const scene = createScene()
    const session = await scene.start()
    session.subscribe(() => {
      throw new Error('broken')
    })
    scene.agent(session).text('a', 'x')
    await scene.clock.settle()
    expect(session.messageCount).toBe(2)
  })

  test('the same listener on one event twice: each unsubscribe ends its own', async () => {
    const scene = createScene()
    const listener = vi.fn()
    const [one] = [scene.store.on('connection', listener), scene.store.on('connection', listener)]
    one()
    scene.transport.emit({ type: 'connection', state: 'reconnecting' })
    expect(listener).toHaveBeenCalledOnce()
  })

  test('a listener that unsubscribes while it is called keeps nobody from hearing', async () => {
    const scene = createScene()
    const heard = vi.fn()
    const unsubscribe = scene.store.on('connection', () => unsubscribe())
    scene.store.on('connection', heard)
    scene.transport.emit({ type: 'connection', state: 'reconnecting' })
    expect(heard).toHaveBeenCalledOnce()
  })

  test('what belongs to one session never shows in another', async () => {
    const scene = createScene()
    const [one, two] = [await scene.start({}, 'one'), await scene.start({}, 'two')]
    const voice = scene.agent(one)
    voice.text('same id', 'one')
    scene.agent(two).text('same id', 'two')
    voice.call('c')
    voice.ask('q')
    voice.cost({ inputTokens: 5 })
    voice.status('error', { error: 'mine' })
    expect(texts(one)).toContain('one')
    expect(texts(two)).toEqual(['Hello', 'two'])
    expect(two).toMatchObject({ status: 'running', inputTokens: 0, permissions: [] })
    expect(two.error).toBeUndefined()
  })

  test('F34 a storage that fails for one session does not hold up another', async () => {
    const scene = createScene()
    const one = await scene.start({}, 'one')
    await scene.store.flush()
    scene.storage.hang()
    scene.agent(one).text('a', 'x')
    await scene.clock.advance(2_000)
    const two = await scene.start({}, 'two')
    scene.agent(two).text('a', 'x')
    expect(texts(two)).toEqual(['Hello', 'x'])
  })
})

describe('the change feed', () => {
  test('numbers each change by 1 under one epoch', async () => {
    const { scene, voice, hand } = await watched()
    const first = scene.store.snapshot().revision
    for (const id of ['a', 'b', 'c']) {
      voice.text(id, 'x')
      hand.flush()
    }
    expect(scene.heard.changes.map(({ revision }) => revision)).toEqual([first + 1, first + 2, first + 3])
    expect(new Set(scene.heard.changes.map(({ epoch }) => epoch))).toEqual(new Set([scene.store.snapshot().epoch]))
    expect(createScene().store.snapshot().epoch).not.toBe(scene.store.snapshot().epoch)
  })

  test('joins the pieces of one message in one change', async () => {
    const { scene, voice, hand } = await watched()
    voice.delta('m', 'a')
    hand.flush()
    for (const piece of ['b', 'c', 'd']) voice.delta('m', piece)
    hand.flush()
    expect(must(scene.heard.changes.at(-1)).changes).toEqual([{ type: 'message-extended', id: 'm', offset: 1, text: 'bcd' }])
  })

  test('a snapshot is of one moment: what changed before it is told before it', async () => {
    const { scene, voice } = await watched()
    voice.text('a', 'x')
    const told = scene.heard.changes.length
    const { revision, sessions } = scene.store.snapshot()
    expect(scene.heard.changes.length).toBe(told + 1)
    expect(must(scene.heard.changes.at(-1)).revision).toBe(revision)
    expect(sessions[0]?.messages.map(({ content }) => content)).toEqual(['Hello', 'x'])
  })

  test('a snapshot is JSON', async () => {
    const { scene, voice } = await watched()
    voice.ask('q')
    voice.delta('m', 'x')
    const snapshot = scene.store.snapshot()
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
  })

  test('a snapshot taken while changes are being told, and the changes after it, hold nothing twice', async () => {
    const hand = byHand()
    const scene = createScene({ schedule: hand.schedule })
    const [one, two] = [await scene.start({}, 'one'), await scene.start({}, 'two')]
    hand.flush()
    let taken: ReturnType<typeof scene.store.snapshot> | undefined
    const after: StoreChange[] = []
    scene.store.on('change', (change) => {
      if (taken === undefined) taken = scene.store.snapshot()
      else if (change.revision > taken.revision) after.push(change)
    })
    scene.agent(one).text('a', 'x')
    scene.agent(two).text('b', 'y')
    hand.flush()
    const count = must(taken).sessions.flatMap(({ messages }) => messages).length
    const appended = after.flatMap(({ changes }) => changes).filter(({ type }) => type === 'messages-appended').length
    expect(count + appended).toBe(4)
  })

  test('promise 11 every listener hears the revisions in their order, also where one of them takes a snapshot', async () => {
    const scene = createScene()
    const [a, b] = [await scene.start({}, 'a'), await scene.start({}, 'b')]
    await scene.store.flush()
    await scene.clock.settle()
    let first = true
    const revisions: number[] = []
    scene.store.on('change', () => {
      if (!first) return
      first = false
      scene.agent(a).text('more', 'x')
      scene.store.snapshot()
    })
    scene.store.on('change', ({ revision }) => revisions.push(revision))
    scene.agent(a).text('1', 'x')
    scene.agent(b).text('2', 'x')
    await scene.clock.settle()
    expect(revisions.length).toBeGreaterThanOrEqual(3)
    expect(revisions).toEqual(revisions.map((_, index) => must(revisions[0]) + index))
  })

  test('a session that is opened anew names the fields and messages that are no more', async () => {
    const { scene, session, voice } = await watched()
    voice.text('a', 'x')
    voice.text('b', 'y')
    const mirror = mirrorOf(scene).directory
    const [whole] = mirror.snapshot()
    const view = must(mirror.get(session.sessionId))
    mirror.apply(session.sessionId, { type: 'session-updated', patch: { title: 'A title', stall: { cause: 'model', since: 1 } } })
    mirror.flush()
    const notices: SessionNotice[] = []
    const gone: unknown[] = []
    view.subscribe((notice) => notices.push(notice))
    view.subscribeMessage('b', (message) => gone.push(message))
    const { state, messages, hasOlder } = must(whole)
    mirror.apply(session.sessionId, { type: 'opened', state, messages: messages.slice(0, 2), hasOlder })
    mirror.flush()
    expect(view.title).toBeUndefined()
    expect(notices).toHaveLength(1)
    expect([...must(notices[0]).fields]).toEqual(expect.arrayContaining(['title', 'stall', 'messages', 'messageList', 'status']))
    expect(gone).toEqual([undefined])
  })

  test('a mirror that is fed by it equals the owner', async () => {
    const hand = byHand()
    const scene = createScene({ schedule: hand.schedule })
    const first = await scene.start({ prompt: 'one' })
    const mirror = mirrorOf(scene)
    const same = () => {
      hand.flush()
      expect(mirror.directory.snapshot()).toEqual(scene.store.snapshot().sessions)
      expect(mirror.missed).toEqual([])
      expect(mirror.directory.current(project)?.sessionId).toBe(scene.store.getSession(project)?.sessionId)
    }
    const voice = scene.agent(first)
    voice.delta('m', 'a')
    voice.call('c')
    voice.ask('q')
    same()
    voice.delta('m', 'b')
    voice.result('c', 'out')
    voice.emit('retract', { ids: ['m'] })
    voice.text('m2', 'x')
    same()
    const second = await scene.start({ ifRunning: 'background' })
    await first.prompt('queued')
    same()
    voice.status('error', { error: 'x' })
    await scene.store.flush()
    same()
    await second.stop()
    await scene.clock.advance(60_000)
    same()
    await scene.store.purge(first.sessionId)
    same()
    expect(mirror.directory.get(first.sessionId)).toBeUndefined()
  })
})
