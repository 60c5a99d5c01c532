import { describe, expect, test } from 'vitest'
import type { Attached, Prompt } from '../src/index.ts'
import { createScene, neverAnswer, project, refuse, restarted, texts } from './scene.ts'
import { must } from './must.ts'

const minute = 60_000

/** A promise that a test settles. */
function held<Value>(): { readonly promise: Promise<Value>; readonly settle: (value: Value) => void } {
  let settle = (_value: Value): void => {}
  const promise = new Promise<Value>((resolve) => (settle = resolve))
  return { promise, settle: (value) => settle(value) }
}

describe('a prompt', () => {
  test('B17 T5 to an agent that rested in its run begins the silence anew', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).status('idle')
    await scene.clock.advance(14 * minute)
    await session.prompt('again')
    await scene.clock.advance(14 * minute)
    expect(session.stall).toBeUndefined()
    await scene.clock.advance(minute)
    expect(session.stall?.cause).toBe('model')
  })

  test('that waits is not sent where the run came to its end while a stop was under way', async () => {
    const stopping = held<{ ok: true }>()
    const scene = createScene({ reply: (command) => (command.type === 'stop' ? stopping.promise : undefined) })
    const session = await scene.start()
    await session.prompt('queued')
    const stopped = session.stop()
    await scene.clock.settle()
    scene.agent(session).status('done')
    await scene.clock.settle()
    stopping.settle({ ok: true })
    expect(await stopped).toEqual({ ok: true })
    expect(session).toMatchObject({ status: 'done', live: false })
    expect(session.queue).toHaveLength(1)
    expect(scene.commands('prompt')).toEqual([])
  })

  test('that waits and cannot be given an id when its turn comes is told, and waits on', async () => {
    let count = 0
    let broken = false
    const scene = createScene({ newId: () => (broken ? 'no id!' : `id-${++count}`) })
    const session = await scene.start()
    await session.prompt('queued')
    broken = true
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(scene.heard.errors).toMatchObject([{ code: 'invalid-argument', sessionId: session.sessionId }])
    expect(session.queue).toHaveLength(1)
  })
})

describe('a prompt that is sent again', () => {
  async function failed(prompt: Prompt, capabilities = {}) {
    let refusing = true
    const scene = createScene({ capabilities, reply: (command) => (command.type === 'prompt' && refusing ? { ok: false, error: 'no' } : undefined) })
    const session = await scene.start()
    scene.agent(session).status('done')
    await session.prompt(prompt)
    refusing = false
    const message = must(session.lastMessage)
    expect(message.delivery).toBe('failed')
    return { scene, session, message }
  }

  test('waits under its own id while the agent works, once', async () => {
    const { scene, session, message } = await failed('second')
    await session.prompt('third')
    expect(await session.retry(message.id)).toEqual({ ok: true, sessionId: session.sessionId, messageId: message.id, queued: true })
    expect(session.findMessage(message.id)?.delivery).toBe('queued')
    expect(await session.retry(message.id)).toMatchObject({ ok: false, code: 'not-failed' })
    expect(await session.withdraw(message.id)).toEqual({ ok: true })
    expect(session.findMessage(message.id)?.delivery).toBe('failed')
    await session.retry(message.id)
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(session.messages.map(({ content, delivery }) => [content, delivery])).toEqual([
      ['Hello', 'sent'],
      ['second', 'sent'],
      ['third', 'sent'],
    ])
    expect(scene.commands('prompt').at(-1)).toMatchObject({ messageId: message.id, run: session.run })
  })

  test('steers under its own id where the agent can', async () => {
    const { scene, session, message } = await failed('second', { steer: true })
    await session.prompt('third')
    expect(await session.retry(message.id)).toMatchObject({ ok: true, messageId: message.id, queued: false })
    expect(texts(session)).toEqual(['Hello', 'second', 'third'])
    expect(session.findMessage(message.id)).toMatchObject({ delivery: 'sent', run: session.run })
    expect(scene.commands('prompt').at(-1)).toMatchObject({ messageId: message.id, steer: true })
  })

  test('goes with its attachments', async () => {
    const prompt: Prompt = [{ type: 'text', text: 'See' }, { type: 'image', mimeType: 'image/png', data: 'AAAA' }]
    const { scene, session, message } = await failed(prompt)
    await session.retry(message.id)
    expect(scene.commands('prompt').map((command) => command.prompt)).toEqual([prompt, prompt])
  })
})

describe('a stop', () => {
  test('T1 promise 9 of a run is not that of the one before, which was never answered', async () => {
    const never = new Promise<never>(() => {})
    let stops = 0
    const scene = createScene({ reply: (command) => (command.type === 'stop' && stops++ === 0 ? never : undefined) })
    const session = await scene.start()
    void session.stop()
    await scene.clock.settle()
    scene.agent(session).status('done')
    await session.prompt('next')
    expect(await session.stop()).toEqual({ ok: true })
    expect(scene.commands('stop').map(({ run }) => run)).toEqual([expect.any(String), session.run])
    expect(session).toMatchObject({ live: false, endReason: 'stopped' })
    await scene.clock.advance(minute)
    expect(session).toMatchObject({ status: 'done', endReason: 'stopped' })
  })

  test('promise 13 before the agent was asked leaves a prompt that was not delivered, and can be sent', async () => {
    const scene = createScene({ settings: { getAll: () => new Promise(() => {}) } })
    const started = scene.store.start(project, { provider: 'claude', prompt: 'Hello' })
    await scene.clock.settle()
    const session = must(scene.store.getSession(project))
    await session.stop()
    await scene.clock.advance(2_000)
    expect(await started).toMatchObject({ ok: false, code: 'start-stopped' })
    const message = must(session.lastMessage)
    expect(message.delivery).toBe('failed')
    expect(await session.retry(message.id)).toMatchObject({ ok: true, messageId: message.id })
    expect(scene.transport.commands.map(({ type }) => type)).toEqual(['prompt'])
  })

  test('B7 of a start that its transport never answers makes room for another start', async () => {
    const scene = createScene(neverAnswer('start'))
    const first = scene.store.start(project, { provider: 'claude', prompt: 'one' })
    await scene.clock.settle()
    expect(await scene.store.stop(project)).toEqual({ ok: true })
    const second = scene.store.start(project, { provider: 'claude', prompt: 'two' })
    await scene.clock.settle()
    const session = must(scene.store.getSession(project))
    expect(texts(session)).toEqual(['two'])
    expect(session.live).toBe(true)
    // The end of the first is no end of the second's guard.
    await scene.clock.advance(119_000)
    expect(await scene.store.start(project, { provider: 'claude', prompt: 'three' })).toMatchObject({ code: 'start-in-progress' })
    await scene.clock.advance(2_000)
    expect(await first).toMatchObject({ code: 'transport-timeout' })
    expect(await second).toMatchObject({ code: 'transport-timeout' })
  })

  test('promise 6 of a budget that the agent refuses is told, and asked for again once more is used', async () => {
    const scene = createScene(refuse('stop', 'busy'))
    const session = await scene.start({ budget: { tokens: 10 } })
    scene.agent(session).cost({ inputTokens: 20 })
    await scene.clock.settle()
    expect(scene.heard.errors).toMatchObject([{ code: 'transport-refused', message: expect.stringContaining('busy'), sessionId: session.sessionId }])
    const [notified, stops] = [scene.heard.notifications.length, scene.commands('stop').length]
    scene.agent(session).text('a', 'no more used')
    expect(scene.commands('stop')).toHaveLength(stops)
    scene.agent(session).cost({ inputTokens: 30 })
    await scene.clock.settle()
    expect(scene.commands('stop')).toHaveLength(stops + 1)
    expect(scene.heard.notifications).toHaveLength(notified)
  })
})

test('T9 a purge stops what begins from the queue as the run ends', async () => {
  const scene = createScene()
  const session = await scene.start()
  await session.prompt('queued')
  scene.agent(session).status('done')
  expect(await scene.store.purge(session.sessionId)).toEqual({ ok: true })
  await scene.clock.settle()
  const begun = scene.commands('prompt').map(({ run }) => run)
  expect(scene.commands('stop').map(({ run }) => run)).toEqual(begun)
  expect(await scene.disk.listSessions()).toEqual([])
})

test('T9 a session that is purged while a restore asks the storage does not come back', async () => {
  const scene = createScene()
  const session = await scene.start()
  await session.stop()
  await scene.clock.advance(minute)
  await scene.store.flush()
  scene.storage.slow(10)
  const restoring = scene.store.restore(project)
  // The record is read: the purge comes before it is opened.
  await scene.clock.settle()
  scene.storage.slow(0)
  expect(await scene.store.purge(session.sessionId)).toEqual({ ok: true })
  await scene.disk.commit({ session: session.record, upsert: [], remove: [] })
  await scene.clock.advance(10)
  expect(await restoring).toEqual({ outcome: 'none' })
  expect(scene.store.findSession(session.sessionId)).toBeUndefined()
})

test('T9 a session that is being purged is neither restored nor opened', async () => {
  const scene = createScene()
  const { sessionId } = await scene.start()
  await scene.store.stop(project)
  await scene.store.flush()
  scene.storage.hang()
  const purging = scene.store.purge(sessionId)
  await scene.clock.settle()
  // Reading goes on meanwhile: it finds what is not removed yet.
  const reads = scene.disk
  scene.storage.lastSession = (projectId) => reads.lastSession(projectId)
  scene.storage.loadSession = (id) => reads.loadSession(id)
  scene.storage.loadMessages = (id, range) => reads.loadMessages(id, range)
  const restoring = scene.store.restore(project)
  expect(await scene.store.openSession(sessionId)).toBeUndefined()
  expect(await restoring).toEqual({ outcome: 'none' })
  scene.storage.release()
  expect(await purging).toEqual({ ok: true })
  expect(scene.store.findSession(sessionId)).toBeUndefined()
})

test('promise 13 a purge whose agent would not stop leaves nothing going on for those who look, and tells of the agent', async () => {
  const scene = createScene(refuse('stop', 'busy'))
  const session = await scene.start()
  const voice = scene.agent(session)
  voice.delta('m', 'half')
  voice.ask('q')
  expect(await scene.store.purge(session.sessionId)).toEqual({ ok: true })
  expect(session).toMatchObject({ live: false, status: 'done' })
  expect(session.lastMessage).toMatchObject({ content: 'half', cut: true })
  expect(session.permissions[0]?.state).toBe('cancelled')
  expect(scene.heard.errors).toMatchObject([{ code: 'transport-refused', sessionId: session.sessionId }])
  expect(await scene.disk.listSessions()).toEqual([])
  expect(scene.clock.pending).toBe(0)
})

test('T12 T24 a run that was begun while a lost one was looked for goes on', async () => {
  const scene = createScene()
  await scene.start()
  await scene.store.flush()
  const attached = held<Attached>()
  const after = await restarted(scene, { capabilities: { attach: true }, attach: () => attached.promise })
  const restoring = after.store.restore(project)
  await after.clock.settle()
  const session = must(after.store.liveSessions()[0])
  await session.stop()
  await session.prompt('new')
  attached.settle({ outcome: 'lost' })
  expect(await restoring).toMatchObject({ outcome: 'live' })
  expect(session).toMatchObject({ live: true, status: 'running' })
})

test('B21 a restored session shows at once, while its run is still looked for', async () => {
  const scene = createScene()
  const before = await scene.start()
  scene.agent(before).text('a', 'here')
  await scene.store.flush()
  const attached = held<Attached>()
  const after = await restarted(scene, { capabilities: { attach: true }, attach: () => attached.promise })
  const restoring = after.store.restore(project)
  await after.clock.settle()
  const session = must(after.store.getSession(project))
  expect(texts(session)).toEqual(['Hello', 'here'])
  expect(await after.store.start(project, { provider: 'claude', prompt: 'x' })).toMatchObject({ code: 'session-running' })
  attached.settle({ outcome: 'lost' })
  expect(await restoring).toEqual({ outcome: 'interrupted', sessionId: session.sessionId })
})

test('T24 a restored session takes no place that was taken while it was read', async () => {
  const scene = createScene()
  await scene.start()
  await scene.store.flush()
  const after = await restarted(scene, { capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
  after.storage.hang()
  const restoring = after.store.restore(project)
  await after.clock.settle()
  const started = await after.start()
  after.storage.release()
  expect(await restoring).toEqual({ outcome: 'none' })
  expect(after.store.getSession(project)).toBe(started)
})
