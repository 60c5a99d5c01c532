import { describe, expect, test } from 'vitest'
import { createMemoryStorage, type AgentSession, type MessageRecord, type SessionRecord, type SessionStorage } from '../src/index.ts'
import { createScene, project, restarted, rolesAndTexts, texts, type Scene } from './scene.ts'
import { must } from './must.ts'

/** A session with something of everything, its run over and saved. */
async function eventful(scene: Scene): Promise<AgentSession> {
  const session = await scene.start({ cwd: '/work', model: 'opus' })
  const agent = scene.agent(session)
  agent.message('init', { model: 'opus-2', sessionId: 'agent-7' }, 'init')
  agent.message('thinking', { text: 'hm' }, 'think', { parentId: 'task' })
  agent.call('c', 'Bash', { command: 'ls' })
  agent.result('c', 'x\n'.repeat(600))
  agent.call('d', 'Read', { file_path: 'b.txt' })
  agent.result('d', 'no such file', { isError: true })
  agent.delta('m', 'half a', { parentId: 'task' })
  agent.cost({ costUsd: 0.25, inputTokens: 10, outputTokens: 20, cachedInputTokens: 3, contextUsed: 5, contextSize: 100 })
  agent.emit('plan', { entries: [{ content: 'Look', status: 'completed', priority: 'high' }] })
  agent.emit('session', { title: 'Listing', mode: 'plan', modes: [{ id: 'plan', label: 'Plan' }], models: [{ id: 'o', label: 'O' }], commands: [{ name: 'help' }] })
  agent.ask('q', { input: { command: 'ls' }, toolCallId: 'c' })
  agent.status('error', { error: 'it broke' })
  await scene.store.flush()
  return session
}

/** What of a session is there after a restart as it was before. */
const lasting = ({ record, messages }: AgentSession): object => ({ record, messages })

/** A storage that holds one session as older data may: anything in its rows. */
async function olderData(record: Partial<SessionRecord>, rows: readonly Partial<MessageRecord>[]): Promise<SessionStorage> {
  const scene = createScene()
  const session = await scene.start()
  await session.stop()
  await scene.store.flush()
  const found = must(await scene.disk.loadSession(session.sessionId))
  const disk = createMemoryStorage()
  const messages = rows.map((row, index) => ({ id: `row-${index}`, seqId: index + 1, role: 'assistant' as const, content: `${index}`, timestamp: 1, ...row }))
  const stored = { ...found, ...record }
  return {
    ...disk,
    lastSession: async () => stored,
    loadSession: async () => stored,
    loadMessages: async () => messages,
  }
}

async function restoredFrom(disk: SessionStorage, options = {}): Promise<{ scene: Scene; session: AgentSession }> {
  const scene = createScene({ disk, ...options })
  await scene.store.restore(project)
  return { scene, session: must(scene.store.getSession(project)) }
}

describe('a restore', () => {
  test('B21 T11 gives back the session as it was saved, field by field', async () => {
    const scene = createScene()
    const before = lasting(await eventful(scene))
    const after = await restarted(scene)
    const result = await after.store.restore(project)
    const session = must(after.store.getSession(project))
    expect(result).toEqual({ outcome: 'restored', sessionId: session.sessionId })
    expect(lasting(session)).toEqual(before)
    expect(session).toMatchObject({ current: true, live: false, saved: 'saved' })
    expect(session.stall).toBeUndefined()
  })

  test('B21 gives the last of several sessions', async () => {
    const scene = createScene()
    const first = await scene.start()
    await first.stop()
    await scene.clock.advance(1_000)
    const second = await scene.start()
    await second.stop()
    await scene.start({}, 'another project')
    await scene.store.flush()
    const after = await restarted(scene)
    expect(await after.store.restore(project)).toMatchObject({ sessionId: second.sessionId })
  })

  test('B21 says "none" where there is nothing', async () => {
    const { store } = createScene()
    expect(await store.restore(project)).toEqual({ outcome: 'none' })
    expect(store.hasSession(project)).toBe(false)
  })

  test('B21 never takes the place of a session that is there', async () => {
    const scene = createScene()
    await eventful(scene)
    const after = await restarted(scene)
    const session = await after.start()
    expect(await after.store.restore(project)).toEqual({ outcome: 'none' })
    expect(after.store.getSession(project)).toBe(session)
  })

  test('B21 says "failed", with the error, where the storage fails', async () => {
    const scene = createScene()
    scene.storage.failReads(new Error('disk on fire'))
    const result = await scene.store.restore(project)
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'storage-failed', cause: new Error('disk on fire') } })
    scene.storage.failReads(undefined)
    expect(await scene.store.restore(project)).toEqual({ outcome: 'none' })
  })

  test('F34 says "failed" where the storage never answers', async () => {
    const scene = createScene()
    scene.storage.hang()
    const restoring = scene.store.restore(project)
    await scene.clock.advance(30_000)
    expect(await restoring).toMatchObject({ outcome: 'failed', error: { code: 'storage-timeout' } })
  })

  test('T24 does not take the place of a session that was started while the storage was asked', async () => {
    const scene = createScene()
    await eventful(scene)
    const after = await restarted(scene)
    after.storage.slow(1_000)
    const restoring = after.store.restore(project)
    await after.clock.advance(1_500)
    const session = await after.start()
    await after.clock.advance(10_000)
    expect(await restoring).toEqual({ outcome: 'none' })
    expect(after.store.getSession(project)).toBe(session)
  })

  test('T24 nor of a start that is in progress', async () => {
    const scene = createScene()
    await eventful(scene)
    const after = await restarted(scene, { reply: () => new Promise(() => {}) })
    void after.store.start(project, { provider: 'claude', prompt: 'new' })
    expect(await after.store.restore(project)).toEqual({ outcome: 'none' })
  })

  test('asked several times at once reads the session once', async () => {
    const scene = createScene()
    const { sessionId } = await eventful(scene)
    const after = await restarted(scene)
    const [one, opened, two] = await Promise.all([after.store.restore(project), after.store.openSession(sessionId), after.store.restore(project)])
    expect([one, two].map(({ outcome }) => outcome)).toContain('restored')
    expect(after.store.getSession(project)).toBe(opened)
    expect(opened?.messageCount).toBe(8)
  })

  test('T10 writes nothing, and the next save only what is new', async () => {
    const scene = createScene()
    await eventful(scene)
    const after = await restarted(scene)
    await after.store.restore(project)
    await after.clock.advance(600_000)
    expect(after.storage.commits).toEqual([])
    const session = must(after.store.getSession(project))
    await session.prompt('Go on')
    await after.store.flush()
    const ids = after.storage.commits.flatMap(({ upsert }) => upsert.map(({ id }) => id))
    expect(new Set(ids)).toEqual(new Set([session.lastMessage?.id]))
  })

  test('promise 12 has no side effects: no command, notification or timer', async () => {
    const scene = createScene()
    await eventful(scene)
    const after = await restarted(scene)
    await after.store.restore(project)
    expect(after.clock.pending).toBe(0)
    await after.clock.advance(24 * 60 * 60_000)
    expect(after.transport.commands).toEqual([])
    expect(after.heard.notifications).toEqual([])
    expect(after.store.hasSession(project)).toBe(true)
  })

  test('promise 1 B21 the counter goes on after the highest', async () => {
    const scene = createScene()
    await eventful(scene)
    const after = await restarted(scene)
    await after.store.restore(project)
    const session = must(after.store.getSession(project))
    const highest = session.lastSeqId
    await session.prompt('Go on')
    expect(session.lastMessage?.seqId).toBe(highest + 1)
  })

  test('promise 1 a seqId that was retracted is not given again', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).text('a', '1')
    scene.agent(session).emit('retract', { ids: ['a'] })
    await session.stop()
    await scene.store.flush()
    const after = await restarted(scene)
    await after.store.restore(project)
    const restored = must(after.store.getSession(project))
    await restored.prompt('Go on')
    expect(restored.messages.map(({ seqId }) => seqId)).toEqual([1, 3])
  })

  test('resumes the session by the agent\'s own id', async () => {
    const scene = createScene()
    await eventful(scene)
    const after = await restarted(scene)
    await after.store.restore(project)
    await after.store.prompt(project, 'Go on')
    expect(after.commands('prompt')).toMatchObject([{ prompt: 'Go on', session: { agentSessionId: 'agent-7', cwd: '/work', model: 'opus', provider: 'claude', projectId: project } }])
  })
})

describe('a session that was running when the process died', () => {
  async function killed(options = {}) {
    const scene = createScene()
    const session = await scene.start()
    const agent = scene.agent(session).numbered({ epoch: 'e', seq: 1 })
    agent.call('c', 'Bash', { command: 'ls' })
    scene.agent(session).delta('m', 'half a')
    scene.agent(session).ask('q')
    await scene.store.flush()
    const after = await restarted(scene, options)
    return { scene, after, session }
  }

  test('T12 comes back as interrupted, with nothing that goes on', async () => {
    const { after, session } = await killed()
    expect(await after.store.restore(project)).toEqual({ outcome: 'interrupted', sessionId: session.sessionId })
    const back = must(after.store.getSession(project))
    expect(back).toMatchObject({ status: 'idle', endReason: 'interrupted', live: false })
    expect(back.findMessage('m')).toMatchObject({ content: 'half a', cut: true })
    expect(back.findMessage('m')).not.toHaveProperty('streaming')
    expect(back.findMessage('c')?.toolState).toBe('cancelled')
    expect(back.permissions).toMatchObject([{ id: 'q', state: 'expired' }])
    expect(after.heard.notifications).toEqual([])
  })

  test('T12 stays interrupted in storage, so that every window says the same', async () => {
    const { after, session } = await killed()
    await after.store.restore(project)
    await after.clock.advance(10_000)
    expect(await after.disk.loadSession(session.sessionId)).toMatchObject({ status: 'idle', endReason: 'interrupted' })
    expect(after.clock.pending).toBe(0)
  })

  test('T12 is listed as interrupted before it is opened', async () => {
    const { after, session } = await killed()
    expect(await after.store.listSessions(project)).toMatchObject([{ sessionId: session.sessionId, status: 'idle', endReason: 'interrupted' }])
  })

  test('promise 13 a button never lies: the question can no longer be answered', async () => {
    const { after, session } = await killed()
    await after.store.restore(project)
    expect(await after.store.respond(session.sessionId, 'q', { optionId: 'allow' })).toMatchObject({ ok: false, code: 'permission-not-pending' })
    expect(after.commands('respond')).toEqual([])
  })

  test('T12 can be continued', async () => {
    const { after } = await killed()
    await after.store.restore(project)
    expect(await after.store.prompt(project, 'Go on')).toMatchObject({ ok: true, queued: false })
    expect(after.store.getSession(project)).toMatchObject({ status: 'running', live: true })
    expect(after.store.getSession(project)?.endReason).toBeUndefined()
  })

  test('T12 comes back live where the transport can attach again, from the cursor', async () => {
    const { after, session } = await killed({ capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    expect(await after.store.restore(project)).toEqual({ outcome: 'live', sessionId: session.sessionId })
    const back = must(after.store.getSession(project))
    expect(after.commands('attach')).toMatchObject([{ sessionId: session.sessionId, run: session.run, cursor: { epoch: 'e', seq: 1 }, session: { projectId: project, provider: 'claude' } }])
    expect(back).toMatchObject({ status: 'running', live: true, permissions: [{ id: 'q', state: 'pending' }] })
    expect(after.heard.notifications).toEqual([])
    const agent = after.agent(back)
    agent.numbered({ epoch: 'e', seq: 1 }).text('old', 'told before')
    agent.delta('m', 'half a sentence', { offset: 0 })
    agent.status('done')
    expect(rolesAndTexts(back).at(-1)).toEqual(['assistant', 'half a sentence'])
    expect(back.findMessage('old')).toBeUndefined()
    expect(after.heard.notifications.map(({ variant }) => variant)).toEqual(['success'])
  })

  test('F25 counts the silence of a session that came back live from then on', async () => {
    const { after } = await killed({ capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    await after.store.restore(project)
    after.agent(must(after.store.getSession(project))).settled('q', 'selected')
    after.agent(must(after.store.getSession(project))).result('c', 'x')
    await after.clock.advance(15 * 60_000 - 1)
    expect(after.heard.notifications).toEqual([])
    await after.clock.advance(1)
    expect(after.heard.notifications).toMatchObject([{ variant: 'warning' }])
  })

  test('is interrupted after a replay that told no end, and done after one that did', async () => {
    const { after, session } = await killed({ capabilities: { attach: true }, attach: () => ({ outcome: 'replayed' }) })
    expect(await after.store.restore(project)).toMatchObject({ outcome: 'interrupted' })
    const told = await killed({
      capabilities: { attach: true },
      attach: async (command: { sessionId: string; run?: string }) => {
        must(replaying).transport.emit({ sessionId: command.sessionId, run: command.run, type: 'status', status: 'done' })
        return { outcome: 'replayed' }
      },
    })
    const replaying: Scene | undefined = told.after
    expect(await told.after.store.restore(project)).toMatchObject({ outcome: 'restored' })
    expect(told.after.store.getSession(project)).toMatchObject({ status: 'done', endReason: 'completed' })
    expect(session.sessionId).not.toBe(told.session.sessionId)
  })

  test.each(['transcript-only', 'lost'])('T12 is interrupted where the transport says %s', async (outcome) => {
    const { after } = await killed({ capabilities: { attach: true }, attach: () => ({ outcome }) })
    expect(await after.store.restore(project)).toMatchObject({ outcome: 'interrupted' })
    expect(after.store.getSession(project)).toMatchObject({ status: 'idle', endReason: 'interrupted' })
    await after.clock.settle()
    expect(after.clock.pending).toBe(0)
  })

  test.each([
    ['rejects', () => Promise.reject(new Error('gone')), 'transport-threw'],
    ['never answers', () => new Promise(() => {}), 'transport-timeout'],
  ])('F34 is interrupted where the attach %s', async (_, attach, code) => {
    const { after } = await killed({ capabilities: { attach: true }, attach })
    const restoring = after.store.restore(project)
    await after.clock.advance(120_000)
    expect(await restoring).toMatchObject({ outcome: 'interrupted' })
    expect(after.heard.errors.map((error) => error.code)).toEqual([code])
  })

  const longRun = async (shown: number) => {
    const limits = { pageSize: 5 }
    const scene = createScene({ limits })
    const session = await scene.start()
    const agent = scene.agent(session)
    agent.text('before', 'x')
    agent.call('slow', 'Bash', { command: 'make' })
    agent.delta('long', 'It ')
    for (let index = 1; index <= shown; index += 1) agent.text(`m${index}`, 'x')
    await scene.store.flush()
    const after = await restarted(scene, { limits, capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    await after.store.restore(project)
    return { after, session: must(after.store.getSession(project)) }
  }

  test('T12 one whose agent rested within its run is found again too, or ended with all that was open', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).call('watch', 'Bash', { command: 'tail -f log' })
    scene.agent(session).status('idle')
    await scene.store.flush()
    const after = await restarted(scene, { capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    expect(await after.store.restore(project)).toMatchObject({ outcome: 'live' })
    expect(must(after.store.getSession(project))).toMatchObject({ live: true, status: 'idle' })
    const later = await restarted(after)
    expect(await later.store.restore(project)).toMatchObject({ outcome: 'interrupted' })
    expect(must(later.store.getSession(project))).toMatchObject({ live: false, endReason: 'interrupted', lastMessage: { toolState: 'cancelled' } })
  })

  test('promise 13 a prompt of an earlier run that nobody answered is not taken for sent where a later run is found', async () => {
    const disk = await olderData({ status: 'running', run: 'later' }, [
      { id: 'earlier', role: 'user', delivery: 'sending', run: 'earlier' },
      { id: 'later', role: 'user', delivery: 'sending', run: 'later' },
    ])
    const { session } = await restoredFrom(disk, { capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    expect(session.live).toBe(true)
    expect(session.messages.map(({ delivery }) => delivery)).toEqual(['failed', 'sent'])
  })

  test.each([3, 4, 5, 20])('F21 promise 3 goes on with what was open, however far back: %i messages after it', async (shown) => {
    const { after, session } = await longRun(shown)
    const agent = after.agent(session)
    expect(session.messages.map(({ seqId }) => seqId)).toEqual([0, 1, 2, 3, 4].map((place) => shown + place))
    expect(session.hasOlder).toBe(true)
    agent.delta('long', 'goes on')
    agent.emit('message-end', { id: 'long' })
    agent.result('slow', 'made')
    expect(session.findMessage('long')).toMatchObject({ content: 'It goes on', seqId: 4 })
    // Seen in a page too, before it is saved.
    expect((await after.store.loadMessages(session.sessionId, { before: 5 })).at(-1)).toMatchObject({ content: 'It goes on' })
    await after.store.flush()
    const stored = await after.disk.loadMessages(session.sessionId)
    expect(stored.filter(({ id }) => id === 'long')).toMatchObject([{ content: 'It goes on', seqId: 4 }])
    expect(await after.disk.loadSession(session.sessionId)).not.toHaveProperty('open')
    await session.loadOlder(100)
    expect(session.messages.map(({ seqId }) => seqId)).toEqual(Array.from({ length: shown + 5 }, (_, index) => index + 1))
    expect(session.messages.filter(({ toolName }) => toolName === 'Bash').map(({ toolState }) => toolState)).toEqual(['done', undefined])
  })

  test('promise 13 a prompt far back whose run ended before its delivery was saved is not on its way for ever', async () => {
    const disk = await olderData({ status: 'done', open: [1] }, Array.from({ length: 9 }, () => ({})))
    const rows = (await disk.loadMessages('')).map((row, index) => (index === 0 ? { ...row, role: 'user' as const, delivery: 'sending' as const } : row))
    const memory = createMemoryStorage()
    await memory.commit({ session: must(await disk.loadSession('')), upsert: rows, remove: [] })
    const { scene, session } = await restoredFrom(memory, { limits: { pageSize: 5 } })
    await scene.store.flush()
    expect((await scene.disk.loadMessages(session.sessionId))[0]).toMatchObject({ delivery: 'failed' })
  })

  test('F21 what was open and far back is ended with its run', async () => {
    const { after, session } = await longRun(20)
    await session.stop()
    await after.store.flush()
    const stored = await after.disk.loadMessages(session.sessionId, { before: 5 })
    expect(stored.map(({ toolState, cut, streaming }) => toolState ?? cut ?? streaming)).toEqual([undefined, undefined, 'cancelled', true])
  })

  test('B21 where nothing is open the last page is all that is read', async () => {
    const { after, session } = await longRun(20)
    await session.stop()
    await after.store.flush()
    const again = await restarted(after, { limits: { pageSize: 5 } })
    await again.store.restore(project)
    expect(again.store.getSession(project)?.messageCount).toBe(5)
  })

  test.each(['7', 7, null, [-1], [1e9], [null, 'x', {}], [2, 2, 1]])('T27 a record that says something else of what is open is read all the same: %j', async (open) => {
    const rows = Array.from({ length: 4 }, (_, index) => ({ id: `m${index + 1}` }))
    const { session } = await restoredFrom(await olderData(JSON.parse(JSON.stringify({ open, asked: open })), rows), { limits: { pageSize: 2 } })
    expect(session.messages.map(({ id }) => id)).toEqual(['m3', 'm4'])
  })

  test('F18 shows a gap that the far side can no longer fill', async () => {
    const { after } = await killed({ capabilities: { attach: true }, attach: () => ({ outcome: 'live', gapped: true }) })
    await after.store.restore(project)
    expect(after.store.getSession(project)?.continuity).toBe('gapped')
  })
})

describe('older data', () => {
  test('promise 13 a prompt whose run ended before its delivery was saved can be sent again', async () => {
    const { session } = await restoredFrom(await olderData({ status: 'error' }, [{ id: 'asked', seqId: 1, role: 'user', delivery: 'sending' }]))
    expect(session.lastMessage).toMatchObject({ id: 'asked', delivery: 'failed' })
  })

  test('B21 F16 rows that are there twice come once, in the order of their seqIds', async () => {
    const { session } = await restoredFrom(await olderData({}, [{ id: 'b', seqId: 2 }, { id: 'a', seqId: 1 }, { id: 'b', seqId: 2 }, { id: 'c', seqId: 3 }]))
    expect(session.messages.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  test('B21 two rows with the same seqId both come, each with its own', async () => {
    const { session } = await restoredFrom(await olderData({}, [{ id: 'a', seqId: 1 }, { id: 'b', seqId: 1 }]))
    expect(session.messages.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(session.messages.map(({ seqId }) => seqId)).toEqual([1, 2])
  })

  test.each([0, -1, 1.5, Number.NaN])('T27 rows with the seqId %s are told apart by their id, and get one in their order', async (seqId) => {
    const { session } = await restoredFrom(await olderData({}, [{ id: 'a', seqId }, { id: 'b', seqId }, { id: 'a', seqId }]))
    expect(session.messages.map((message) => [message.id, message.seqId])).toEqual([['a', 1], ['b', 2]])
  })

  test('T27 the seqIds that such rows got are kept: what comes later never comes before them', async () => {
    const old = await olderData({ lastSeqId: 0 }, [{ id: 'a', seqId: 0 }])
    const rows = await old.loadMessages('')
    const record = must(await old.loadSession(''))
    const disk = createMemoryStorage()
    await disk.commit({ session: record, upsert: rows, remove: [] })
    const first = await restoredFrom(disk)
    await first.session.prompt('new')
    await first.session.stop()
    await first.scene.store.flush()
    const second = await restarted(first.scene)
    await second.store.restore(project)
    expect(second.store.getSession(project)?.messages.map(({ id, content }) => (content === 'new' ? 'new' : id))).toEqual(['a', 'new'])
  })

  test('promise 1 a record whose counter is behind its messages goes on after the highest', async () => {
    const { session } = await restoredFrom(await olderData({ lastSeqId: 1 }, [{ seqId: 1 }, { seqId: 9 }]))
    await session.prompt('next')
    expect(session.lastMessage?.seqId).toBe(10)
  })

  test('T23 the timestamps of a provider are for showing: the order is that of the seqIds', async () => {
    const { session } = await restoredFrom(await olderData({}, [{ timestamp: 900 }, { timestamp: 5 }, { timestamp: 70 }]))
    expect(texts(session)).toEqual(['0', '1', '2'])
  })

  test.each(['old id', 'project:17/9?x=1', 'x'.repeat(256), '../../etc/passwd'])('T28 an id of older data is read: %j', async (sessionId) => {
    const { session } = await restoredFrom(await olderData({ sessionId }, [{}]))
    expect(session.sessionId).toBe(sessionId)
    expect(session.messageCount).toBe(1)
  })

  test.each(['', 'a\u0000b', 'a\nb', 'x'.repeat(257)])('T28 an id that could be no id is refused on read: %j', async (sessionId) => {
    const scene = createScene({ disk: await olderData({ sessionId }, [{}]) })
    expect((await scene.store.restore(project)).outcome).toBe('failed')
    expect(await scene.store.openSession(sessionId)).toBeUndefined()
    expect(scene.store.hasSession(project)).toBe(false)
  })

  test('B1 a stored status that is unknown reads idle', async () => {
    const { session } = await restoredFrom(await olderData(JSON.parse('{"status":"paused"}'), [{}]))
    expect(session.status).toBe('idle')
  })
})

describe('opening and paging', () => {
  async function long(count: number, pageSize = 10) {
    const scene = createScene()
    const session = await scene.start()
    for (let at = 2; at <= count; at += 1) scene.agent(session).text(`m${at}`, `${at}`)
    await session.stop()
    await scene.store.flush()
    const after = await restarted(scene, { limits: { pageSize } })
    await after.store.restore(project)
    return { after, session: must(after.store.getSession(project)) }
  }

  test('F29 the last page is there at once, the rest comes by loadOlder', async () => {
    const { session } = await long(35)
    expect(session.messages.map(({ seqId }) => seqId)).toEqual(Array.from({ length: 10 }, (_, index) => index + 26))
    expect(session.hasOlder).toBe(true)
    expect(await session.loadOlder(20)).toBe(20)
    expect(session.messageCount).toBe(30)
    expect(session.messages[0]?.seqId).toBe(6)
    expect(session.hasOlder).toBe(true)
    expect(await session.loadOlder(20)).toBe(5)
    expect(session.hasOlder).toBe(false)
    expect(session.messages.map(({ seqId }) => seqId)).toEqual(Array.from({ length: 35 }, (_, index) => index + 1))
    expect(await session.loadOlder(20)).toBe(0)
  })

  test('F29 a page that is just full has nothing before it', async () => {
    const { session } = await long(10)
    expect(session.hasOlder).toBe(false)
    expect(await session.loadOlder(5)).toBe(0)
  })

  test('loadOlder is no change of the session: nothing is saved, the store tells of none', async () => {
    const { after, session } = await long(35)
    after.heard.changes.length = 0
    const heard: string[] = []
    session.subscribe(({ fields }) => heard.push([...fields].sort().join(' ')))
    await session.loadOlder(20)
    await after.clock.advance(60_000)
    expect(heard).toEqual(['messageList messages'])
    expect(after.storage.commits).toEqual([])
    expect(after.heard.changes).toEqual([])
  })

  test('loadOlder asked twice at once brings nothing twice', async () => {
    const { session } = await long(35)
    await Promise.all([session.loadOlder(5), session.loadOlder(5)])
    const seqIds = session.messages.map(({ seqId }) => seqId)
    expect(new Set(seqIds).size).toBe(seqIds.length)
    expect(seqIds).toEqual([...seqIds].sort((a, b) => a - b))
  })

  test.each([0, -1])('loadOlder(%i) brings nothing', async (count) => {
    const { session } = await long(35)
    expect(await session.loadOlder(count)).toBe(0)
    expect(session.messageCount).toBe(10)
  })

  test('loadOlder leaves every message that was there the same object', async () => {
    const { session } = await long(35)
    const before = session.messages
    await session.loadOlder(5)
    expect(session.messages.slice(5)).toEqual(before)
    before.forEach((message, index) => expect(session.messages[index + 5]).toBe(message))
  })

  test('loadOlder rejects with a typed error when the storage fails, and works again afterwards', async () => {
    const { after, session } = await long(35)
    after.storage.failReads(new Error('gone'))
    await expect(session.loadOlder(5)).rejects.toMatchObject({ code: 'storage-failed' })
    after.storage.failReads(undefined)
    expect(await session.loadOlder(5)).toBe(5)
  })

  test('loadMessages gives ranges from memory and storage, and brings nothing into memory', async () => {
    const { after, session } = await long(35)
    const seqIds = async (range?: { after?: number; before?: number; limit?: number }) =>
      (await after.store.loadMessages(session.sessionId, range)).map(({ seqId }) => seqId)
    expect(await seqIds()).toHaveLength(35)
    expect(await seqIds({ after: 30 })).toEqual([31, 32, 33, 34, 35])
    expect(await seqIds({ before: 4 })).toEqual([1, 2, 3])
    expect(await seqIds({ before: 28, limit: 4 })).toEqual([24, 25, 26, 27])
    expect(await seqIds({ after: 3, before: 7 })).toEqual([4, 5, 6])
    expect(await seqIds({ limit: 3 })).toEqual([33, 34, 35])
    expect(session.messageCount).toBe(10)
  })

  test('openSession gives the session that is there, and makes none current', async () => {
    const scene = createScene()
    const { sessionId } = await eventful(scene)
    expect(await scene.store.openSession(sessionId)).toBe(scene.store.findSession(sessionId))
    const after = await restarted(scene)
    const opened = must(await after.store.openSession(sessionId))
    expect(await after.store.openSession(sessionId)).toBe(opened)
    expect(opened.current).toBe(false)
    expect(after.store.hasSession(project)).toBe(false)
    expect(await after.store.openSession('unknown')).toBeUndefined()
    expect(await after.store.select(project, sessionId)).toEqual({ ok: true })
    expect(after.store.getSession(project)).toBe(opened)
  })

  test('search is refused with a typed error where the storage cannot', async () => {
    const { search: _search, ...disk } = createMemoryStorage()
    const { store } = createScene({ disk })
    await expect(store.search('x')).rejects.toMatchObject({ code: 'not-supported' })
  })

  test('search finds what was said', async () => {
    const scene = createScene()
    const session = await eventful(scene)
    expect(await scene.store.search('HALF')).toMatchObject([{ sessionId: session.sessionId, projectId: project, message: { id: 'm' } }])
  })
})

describe('listing', () => {
  test('gives what is in memory, newest first, also before it is saved', async () => {
    const scene = createScene()
    scene.storage.slow(1_000_000)
    const first = await scene.start()
    await scene.clock.advance(10)
    const second = await scene.start({}, 'other')
    scene.storage.slow(0)
    expect((await scene.store.listSessions()).map(({ sessionId }) => sessionId)).toEqual([second.sessionId, first.sessionId])
    expect((await scene.store.listSessions(project)).map(({ sessionId }) => sessionId)).toEqual([first.sessionId])
    expect(await scene.store.listSessions('none')).toEqual([])
  })

  test('shows each session once, as it is now, in pages', async () => {
    const scene = createScene()
    for (let at = 0; at < 5; at += 1) {
      const session = await scene.start({ ifRunning: 'background' })
      scene.agent(session).emit('session', { title: `t${at}` })
      await scene.clock.advance(10)
    }
    await scene.store.flush()
    const titles = async (page?: { limit?: number; offset?: number }) => (await scene.store.listSessions(project, page)).map(({ title }) => title)
    expect(await titles()).toEqual(['t4', 't3', 't2', 't1', 't0'])
    expect(await titles({ limit: 2 })).toEqual(['t4', 't3'])
    expect(await titles({ limit: 2, offset: 2 })).toEqual(['t2', 't1'])
  })

  test('rejects with a typed error when the storage fails', async () => {
    const scene = createScene()
    scene.storage.failReads(new Error('gone'))
    await expect(scene.store.listSessions()).rejects.toMatchObject({ code: 'storage-failed' })
  })
})
