import { describe, expect, test } from 'vitest'
import { createScene, neverAnswer, project, refuse, rolesAndTexts, texts, type Scene } from './scene.ts'
import { must } from './must.ts'

/** A session whose first run is over, long enough ago for the project to be free of it when `cleaned`. */
async function afterRun(scene: Scene, status: 'done' | 'error' = 'done') {
  const session = await scene.start()
  scene.agent(session).status(status, status === 'error' ? { error: 'it broke' } : {})
  await scene.clock.settle()
  return session
}

describe('a prompt', () => {
  test('B10 shows at once, as the next message of the person', async () => {
    const scene = createScene(neverAnswer('prompt'))
    const session = await afterRun(scene)
    void scene.store.prompt(project, 'Go on')
    expect(session.lastMessage).toMatchObject({ seqId: 2, role: 'user', content: 'Go on', delivery: 'sending', run: session.run })
    expect(session.status).toBe('running')
  })

  test('B10 is refused where the project has no session', async () => {
    const { store } = createScene()
    const none = { ok: false, code: 'no-session', error: 'No session for project' }
    expect(await store.prompt(project, 'x')).toEqual(none)
    expect(await store.stop(project)).toEqual(none)
    expect(await store.clear(project)).toEqual(none)
  })

  test('B10 is refused where the session was purged', async () => {
    const { start, store } = createScene()
    const session = await start()
    await store.purge(session.sessionId)
    const gone = { ok: false, code: 'session-not-found', error: 'Session not found' }
    expect(await session.prompt('x')).toEqual(gone)
    expect(await session.stop()).toEqual(gone)
    expect(await session.respond('q', {})).toEqual(gone)
    expect(await session.withdraw('m')).toEqual(gone)
    expect(await store.select(project, session.sessionId)).toEqual(gone)
  })

  test.each(['', '  '])('is refused when it is empty: %j', async (prompt) => {
    const scene = createScene()
    const session = await afterRun(scene)
    expect(await session.prompt(prompt)).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(session.messageCount).toBe(1)
  })

  test('reaches the transport with what it needs to continue the session', async () => {
    const scene = createScene()
    const session = await scene.start({ cwd: '/work', model: 'opus' })
    scene.agent(session).message('init', { sessionId: 'agent-7' }, 'i')
    const first = session.run
    scene.agent(session).status('done')
    const answer = await session.prompt('Go on')
    expect(session.run).not.toBe(first)
    expect(answer).toEqual({ ok: true, sessionId: session.sessionId, messageId: session.lastMessage?.id, queued: false })
    expect(scene.commands('prompt')).toEqual([
      {
        type: 'prompt',
        sessionId: session.sessionId,
        run: session.run,
        prompt: 'Go on',
        messageId: session.lastMessage?.id,
        session: { projectId: project, provider: 'claude', cwd: '/work', model: 'opus', agentSessionId: 'agent-7' },
      },
    ])
    expect(session.lastMessage?.delivery).toBe('sent')
  })

  test.each(['done', 'error'] as const)('continues a session after %s', async (status) => {
    const scene = createScene()
    const session = await afterRun(scene, status)
    expect(await session.prompt('Go on')).toMatchObject({ ok: true, queued: false })
    expect(session).toMatchObject({ status: 'running', live: true })
    expect(session.endReason).toBeUndefined()
  })

  test('continues a session after a stop', async () => {
    const scene = createScene()
    const session = await scene.start()
    await session.stop()
    expect(await session.prompt('Go on')).toMatchObject({ ok: true, queued: false })
    expect(session).toMatchObject({ status: 'running', live: true })
  })

  test('T26 clears the error of the run before', async () => {
    const scene = createScene()
    const session = await afterRun(scene, 'error')
    expect(session.error).toBe('it broke')
    await session.prompt('Go on')
    expect(session.error).toBeUndefined()
  })

  test('B19 makes a session current again that the project was free of', async () => {
    const scene = createScene()
    const session = await afterRun(scene)
    await scene.clock.advance(60_000)
    expect(scene.store.hasSession(project)).toBe(false)
    await session.prompt('Go on')
    expect(scene.store.getSession(project)).toBe(session)
  })

  test('to a session in the background takes no place from the one that runs', async () => {
    const scene = createScene()
    const first = await afterRun(scene)
    const second = await scene.start()
    await first.prompt('Go on')
    expect(scene.store.getSession(project)).toBe(second)
    expect(first).toMatchObject({ status: 'running', current: false })
  })

  test('to a session in the background takes the place of one that has ended', async () => {
    const scene = createScene()
    const first = await afterRun(scene)
    const second = await afterRun(scene)
    await first.prompt('Go on')
    expect(scene.store.getSession(project)).toBe(first)
    expect(second.current).toBe(false)
  })

  test('T5 is saved at once', async () => {
    const scene = createScene()
    const session = await afterRun(scene)
    await session.prompt('Go on')
    await scene.clock.settle()
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ status: 'running' })
    expect((await scene.disk.loadMessages(session.sessionId)).map(({ content }) => content)).toEqual(['Hello', 'Go on'])
  })

  test('T5 arms the stall timer', async () => {
    const scene = createScene()
    const session = await afterRun(scene)
    await session.prompt('Go on')
    await scene.clock.advance(15 * 60_000)
    expect(scene.heard.notifications.map(({ message }) => message)).toContain(`Agent stalled on ${project} (no activity for 15 min)`)
  })

  test('T5 ends the cleanup timer', async () => {
    const scene = createScene()
    const session = await afterRun(scene)
    await scene.clock.advance(59_000)
    await session.prompt('Go on')
    await scene.clock.advance(60_000)
    expect(scene.store.getSession(project)).toBe(session)
  })

  test('T5 that is refused ends the run in error, saved and said', async () => {
    const scene = createScene(refuse('prompt', 'too busy'))
    const session = await afterRun(scene)
    expect(await session.prompt('Go on')).toEqual({ ok: false, code: 'transport-refused', error: 'too busy', sessionId: session.sessionId })
    expect(session).toMatchObject({ status: 'error', live: false, error: 'too busy', endReason: 'error' })
    expect(session.lastMessage).toMatchObject({ content: 'Go on', delivery: 'failed' })
    expect(scene.heard.notifications.at(-1)).toMatchObject({ variant: 'error', message: `Agent error on ${project}: too busy` })
    await scene.clock.settle()
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ status: 'error', error: 'too busy' })
    await scene.clock.advance(60_000)
    expect(scene.store.hasSession(project)).toBe(false)
  })

  test('F34 that is never answered ends in a typed error', async () => {
    const scene = createScene(neverAnswer('prompt'))
    const session = await afterRun(scene)
    const prompting = session.prompt('Go on')
    await scene.clock.advance(120_000)
    expect(await prompting).toMatchObject({ ok: false, code: 'transport-timeout' })
    expect(session).toMatchObject({ status: 'error', live: false })
    expect(scene.commands('stop')).toHaveLength(1)
  })
})

describe('a prompt while the agent works', () => {
  test('waits, visible, and goes out when the turn is done', async () => {
    const scene = createScene()
    const session = await scene.start()
    const answer = await session.prompt('Then this')
    expect(answer).toMatchObject({ ok: true, queued: true })
    expect(session.queue).toEqual([{ messageId: expect.any(String), prompt: 'Then this', queuedAt: scene.clock.now() }])
    expect(session.messageCount).toBe(1)
    expect(scene.commands('prompt')).toEqual([])
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(session.queue).toEqual([])
    expect(session).toMatchObject({ status: 'running', live: true })
    expect(scene.commands('prompt')).toMatchObject([{ prompt: 'Then this', messageId: answer.ok && answer.messageId }])
    expect(session.lastMessage).toMatchObject({ content: 'Then this', delivery: 'sent', id: answer.ok && answer.messageId })
  })

  test('is one of several that go out in their order, one a turn', async () => {
    const scene = createScene()
    const session = await scene.start()
    for (const prompt of ['a', 'b', 'c']) await session.prompt(prompt)
    for (const sent of ['a', 'b', 'c']) {
      scene.agent(session).status('done')
      await scene.clock.settle()
      expect(scene.commands('prompt').at(-1)?.prompt).toBe(sent)
    }
    expect(texts(session)).toEqual(['Hello', 'a', 'b', 'c'])
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(scene.commands('prompt')).toHaveLength(3)
    expect(session.status).toBe('done')
  })

  test.each([
    ['a stop', async (scene: Scene) => void (await scene.store.stop(project))],
    ['an error', async (scene: Scene) => scene.agent(must(scene.store.getSession(project))).status('error')],
  ])('waits on after %s, until the next prompt is through', async (_, end) => {
    const scene = createScene()
    const session = await scene.start()
    await session.prompt('later')
    await end(scene)
    await scene.clock.settle()
    expect(session.live).toBe(false)
    expect(session.queue).toHaveLength(1)
    await session.prompt('now')
    expect(scene.commands('prompt').map(({ prompt }) => prompt)).toEqual(['now'])
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(scene.commands('prompt').map(({ prompt }) => prompt)).toEqual(['now', 'later'])
  })

  test('can be withdrawn, once', async () => {
    const scene = createScene()
    const session = await scene.start()
    const queued = await session.prompt('never mind')
    const messageId = queued.ok ? queued.messageId : ''
    expect(await session.withdraw(messageId)).toEqual({ ok: true })
    expect(session.queue).toEqual([])
    expect(await session.withdraw(messageId)).toMatchObject({ ok: false, code: 'not-queued' })
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(scene.commands('prompt')).toEqual([])
  })

  test('can no longer be withdrawn once it was sent', async () => {
    const scene = createScene()
    const session = await scene.start()
    const queued = await session.prompt('x')
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(await session.withdraw(queued.ok ? queued.messageId : '')).toMatchObject({ ok: false, code: 'not-queued' })
  })

  test('withdrawing one leaves the others as they were', async () => {
    const scene = createScene()
    const session = await scene.start()
    const [a, b] = [await session.prompt('a'), await session.prompt('b')]
    const kept = session.queue[1]
    await session.withdraw(a.ok ? a.messageId : '')
    expect(session.queue).toEqual([kept])
    expect(session.queue[0]?.messageId).toBe(b.ok && b.messageId)
  })

  test('promise 14 is refused when too many wait', async () => {
    const scene = createScene({ limits: { queuedPrompts: 2 } })
    const session = await scene.start()
    expect(await session.prompt('a')).toMatchObject({ ok: true })
    expect(await session.prompt('b')).toMatchObject({ ok: true })
    expect(await session.prompt('c')).toMatchObject({ ok: false, code: 'queue-full' })
    expect(session.queue).toHaveLength(2)
  })

  test('is saved, and still waits after a restart', async () => {
    const scene = createScene()
    const session = await scene.start()
    await session.prompt('later')
    await scene.store.flush()
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ queue: [{ prompt: 'later' }] })
  })

  test('steers the turn that is under way, where the transport can', async () => {
    const scene = createScene({ capabilities: { steer: true } })
    const session = await scene.start()
    const run = session.run
    expect(await session.prompt('left!')).toMatchObject({ ok: true, queued: false })
    expect(scene.commands('prompt')).toMatchObject([{ prompt: 'left!', steer: true, run }])
    expect(session.run).toBe(run)
    expect(session.queue).toEqual([])
    expect(session.lastMessage).toMatchObject({ content: 'left!', delivery: 'sent', run })
  })

  test('that steers and is refused is marked, and the turn goes on', async () => {
    const scene = createScene({ capabilities: { steer: true }, ...refuse('prompt', 'no way') })
    const session = await scene.start()
    expect(await session.prompt('left!')).toMatchObject({ ok: false, error: 'no way' })
    expect(session.lastMessage).toMatchObject({ content: 'left!', delivery: 'failed' })
    expect(session).toMatchObject({ status: 'running', live: true })
  })

  test('after an end the transport that can steer gets a turn of its own', async () => {
    const scene = createScene({ capabilities: { steer: true } })
    const session = await afterRun(scene)
    await session.prompt('again')
    expect(scene.commands('prompt')[0]).not.toHaveProperty('steer')
  })

  test('B1 goes out at once to an agent that rests: an idle status is no turn that is under way', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).status('idle')
    await session.prompt('wake up')
    await scene.clock.settle()
    expect(scene.commands('prompt').map(({ prompt }) => prompt)).toEqual(['wake up'])
    expect(session.status).toBe('running')
  })
})

describe('a stop', () => {
  test('B11 T1 asks the transport, and ends the run as fully as done does', async () => {
    const scene = createScene()
    const session = await scene.start()
    const run = session.run
    scene.agent(session).call('c')
    scene.agent(session).delta('m', 'half a sen')
    expect(await scene.store.stop(project)).toEqual({ ok: true })
    expect(scene.commands('stop')).toEqual([{ type: 'stop', sessionId: session.sessionId, run }])
    expect(session).toMatchObject({ status: 'done', live: false, endReason: 'stopped' })
    expect(scene.heard.notifications).toEqual([
      { variant: 'info', message: `Agent stopped on ${project}`, sessionId: session.sessionId, projectId: project },
    ])
    await scene.clock.settle()
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ status: 'done', endReason: 'stopped' })
    await scene.clock.advance(60_000)
    expect(scene.store.hasSession(project)).toBe(false)
    await scene.clock.advance(60 * 60_000)
    expect(scene.heard.notifications).toHaveLength(1)
    expect(scene.clock.pending).toBe(0)
  })

  test('F22 keeps what came of a message and marks it as cut; its tool was cancelled', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).call('c')
    scene.agent(session).delta('m', 'half a sen')
    await session.stop()
    expect(session.lastMessage).toMatchObject({ content: 'half a sen', cut: true })
    expect(session.lastMessage).not.toHaveProperty('streaming')
    expect(session.findMessage('c')?.toolState).toBe('cancelled')
  })

  test('before the transport agrees, shows the session as still running', async () => {
    const scene = createScene(neverAnswer('stop'))
    const session = await scene.start()
    void session.stop()
    await scene.clock.settle()
    expect(session.status).toBe('running')
  })

  test('B11 that is refused leaves the session running', async () => {
    const scene = createScene(refuse('stop', 'cannot'))
    const session = await scene.start()
    expect(await session.stop()).toMatchObject({ ok: false, code: 'transport-refused', error: 'cannot' })
    expect(session).toMatchObject({ status: 'running', live: true })
    expect(scene.heard.notifications).toEqual([])
  })

  test('F34 that is never answered ends in a typed error, and the session does not go on showing as running', async () => {
    const scene = createScene(neverAnswer('stop'))
    const session = await scene.start()
    const stopping = session.stop()
    await scene.clock.advance(15_000)
    expect(await stopping).toMatchObject({ ok: false, code: 'transport-timeout' })
    expect(session).toMatchObject({ live: false, endReason: 'stopped' })
    expect(session.status).not.toBe('running')
    expect(session.error).toContain('did not answer')
  })

  test('asked twice is told to the agent once', async () => {
    const scene = createScene()
    const session = await scene.start()
    expect(await Promise.all([session.stop(), scene.store.stop(project), session.stop()])).toEqual([{ ok: true }, { ok: true }, { ok: true }])
    expect(scene.commands('stop')).toHaveLength(1)
    expect(scene.heard.notifications).toHaveLength(1)
  })

  test('of a session that is not running has nothing to do', async () => {
    const scene = createScene()
    const session = await afterRun(scene)
    expect(await session.stop()).toEqual({ ok: true })
    expect(scene.commands('stop')).toEqual([])
    expect(session.endReason).toBe('completed')
  })

  test('that meets the end of the run leaves it as it ended', async () => {
    const scene = createScene({ reply: ({ type }) => (type === 'stop' ? new Promise((resolve) => (agree = () => resolve({ ok: true }))) : undefined) })
    let agree = (): void => {}
    const session = await scene.start()
    const stopping = session.stop()
    scene.agent(session).status('done')
    agree()
    expect(await stopping).toEqual({ ok: true })
    expect(session).toMatchObject({ status: 'done', endReason: 'completed' })
    expect(scene.heard.notifications.map(({ variant }) => variant)).toEqual(['success'])
  })

  test('while the transport is still accepting the start ends the session; its late answer does not bring it back', async () => {
    let accept = (): void => {}
    const scene = createScene({ reply: ({ type }) => (type === 'start' ? new Promise((resolve) => (accept = () => resolve({ ok: true }))) : undefined) })
    void scene.store.start(project, { provider: 'claude', prompt: 'Hello' })
    await scene.clock.settle()
    const session = must(scene.store.getSession(project))
    expect(await session.stop()).toEqual({ ok: true })
    accept()
    await scene.clock.settle()
    expect(session).toMatchObject({ status: 'done', live: false, endReason: 'stopped' })
    expect(scene.commands('stop').length).toBe(2)
  })

  test('before the transport was even asked to start: it never is, whatever it would say of a stop', async () => {
    const scene = createScene({ settings: { getAll: () => new Promise(() => {}) }, ...refuse('stop', 'unknown session') })
    const starting = scene.store.start(project, { provider: 'claude', prompt: 'Hello' })
    const session = must(scene.store.getSession(project))
    expect(await session.stop()).toEqual({ ok: true })
    await scene.clock.advance(10_000)
    expect(await starting).toMatchObject({ ok: false, code: 'start-stopped', sessionId: session.sessionId })
    expect(session).toMatchObject({ status: 'done', endReason: 'stopped', live: false })
    expect(scene.commands('start')).toEqual([])
  })

  test('of one session leaves the others of the project alone', async () => {
    const scene = createScene()
    const first = await scene.start()
    const second = await scene.start({ ifRunning: 'background' })
    await scene.store.stop(project)
    expect(second.live).toBe(false)
    expect(first).toMatchObject({ status: 'running', live: true })
    await scene.store.stopSession(first.sessionId)
    expect(first.live).toBe(false)
  })
})

describe('promise 9 stop is final', () => {
  test('T22 late events of a stopped run change nothing but the tail of the transcript', async () => {
    const scene = createScene()
    const session = await scene.start()
    const agent = scene.agent(session)
    agent.call('c')
    agent.delta('m', 'half a')
    agent.cost({ costUsd: 1, inputTokens: 2, outputTokens: 3 })
    await session.stop()
    const standing = () => {
      const { status, endReason, live, error, permissions, plan, model, run } = session
      return { status, endReason, live, error, permissions, plan, model, run }
    }
    const before = standing()
    agent.status('running')
    agent.delta('m', ' sentence')
    agent.result('c', 'late')
    agent.text('n', 'late too')
    agent.ask('q')
    agent.emit('plan', { entries: [{ content: 'late', status: 'pending' }] })
    agent.message('init', { model: 'late' }, 'i')
    agent.message('error', { message: 'late' }, 'e')
    agent.status('error', { error: 'late' })
    expect(standing()).toEqual(before)
    expect(session.findMessage('m')).toMatchObject({ content: 'half a sentence', cut: true })
    expect(session.messages.some(({ streaming }) => streaming)).toBe(false)
    expect(rolesAndTexts(session)).toContainEqual(['assistant', 'late too'])
    await scene.clock.advance(24 * 60 * 60_000)
    expect(scene.heard.notifications.map(({ variant }) => variant)).toEqual(['info'])
    expect(scene.clock.pending).toBe(0)
  })

  test('events of an ended run, while a newer one is under way, may only finish what is there', async () => {
    const scene = createScene()
    const session = await scene.start()
    const old = scene.agent(session)
    old.delta('m', 'half a')
    old.call('c')
    await session.stop()
    await session.prompt('Go on')
    old.delta('m', ' sentence', { offset: 6 })
    old.result('c', 'output')
    old.text('n', 'not taken')
    old.delta('o', 'not taken')
    old.ask('q')
    old.status('error', { error: 'late' })
    old.cost({ inputTokens: 5 })
    old.emit('plan', { entries: [{ content: 'late', status: 'pending' }] })
    expect(rolesAndTexts(session)).toEqual([
      ['user', 'Hello'],
      ['assistant', 'half a sentence'],
      ['tool-call', 'a.txt'],
      ['user', 'Go on'],
      ['tool-result', 'output'],
    ])
    expect(session).toMatchObject({ status: 'running', live: true, permissions: [], plan: [], inputTokens: 0 })
    expect(session.error).toBeUndefined()
  })

  test('events that carry no run count for the run that is under way, and for none once it is over', async () => {
    const scene = createScene()
    const session = await scene.start()
    const { sessionId } = session
    scene.transport.emit({ sessionId, type: 'status', status: 'done' })
    expect(session.status).toBe('done')
    scene.transport.emit({ sessionId, type: 'status', status: 'running' })
    expect(session.status).toBe('done')
  })
})
