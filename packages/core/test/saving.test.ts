import { describe, expect, test } from 'vitest'
import { createMemoryStorage, type AgentSession, type Lifecycle } from '../src/index.ts'
import { createScene, project, restarted, texts, type Scene, type SceneOptions } from './scene.ts'

/** A session whose start is saved, so that what is written from here on is what the test brings about. */
async function savedSession(scene: Scene): Promise<AgentSession> {
  const session = await scene.start()
  await scene.store.flush()
  return session
}

/** Commits since, each with the ids of its messages. */
const written = (scene: Scene, since = 0): string[][] => scene.storage.commits.slice(since).map(({ upsert }) => upsert.map(({ id }) => id))

const stored = async (scene: Scene, { sessionId }: AgentSession): Promise<string[]> =>
  (await scene.disk.loadMessages(sessionId)).map(({ content }) => content)

describe('saving', () => {
  test('B20 gathers messages for saveDelayMs and writes only what is new', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    const before = scene.storage.commits.length
    const agent = scene.agent(session)
    agent.text('a', '1')
    await scene.clock.advance(1_000)
    agent.text('b', '2')
    await scene.clock.advance(999)
    expect(written(scene, before)).toEqual([])
    await scene.clock.advance(1)
    expect(written(scene, before)).toEqual([['a', 'b']])
    agent.text('c', '3')
    await scene.clock.advance(2_000)
    expect(written(scene, before)).toEqual([['a', 'b'], ['c']])
  })

  test('B20 the delay is the one that the limits say', async () => {
    const scene = createScene({ limits: { saveDelayMs: 300 } })
    const session = await savedSession(scene)
    const before = scene.storage.commits.length
    scene.agent(session).text('a', '1')
    await scene.clock.advance(299)
    expect(written(scene, before)).toEqual([])
    await scene.clock.advance(1)
    expect(written(scene, before)).toEqual([['a']])
  })

  test('B20 the start is saved at once', async () => {
    const scene = createScene()
    const session = await scene.start()
    await scene.clock.settle()
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ status: 'running', projectId: project })
    expect(await stored(scene, session)).toEqual(['Hello'])
  })

  test.each(['idle', 'done', 'error'])('B20 T7 the status %s is saved at once, with all that came before it', async (status) => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.agent(session).text('a', 'last words')
    scene.agent(session).status(status)
    await scene.clock.settle()
    expect(await stored(scene, session)).toEqual(['Hello', 'last words'])
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ status })
  })

  test('T6 promise 5 saves a stream that never pauses every 2 s', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    const agent = scene.agent(session)
    let said = ''
    for (let at = 0; at < 10_000; at += 100) {
      agent.delta('m', '.')
      said += '.'
      await scene.clock.advance(100)
      const kept = (await stored(scene, session))[1] ?? ''
      expect(said.length - kept.length).toBeLessThanOrEqual(20)
    }
  })

  test('T6 writes a stream no more often than every 2 s', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    const before = scene.storage.commits.length
    for (let at = 0; at < 10_000; at += 100) {
      scene.agent(session).delta('m', '.')
      await scene.clock.advance(100)
    }
    expect(scene.storage.commits.length - before).toBeLessThanOrEqual(5)
  })

  test('T16 cost is saved with the batch, without a status', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.agent(session).cost({ costUsd: 0.5, inputTokens: 10, outputTokens: 20, cachedInputTokens: 5 })
    await scene.clock.advance(2_000)
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ costUsd: 0.5, inputTokens: 10, outputTokens: 20, cachedInputTokens: 5 })
  })

  test('T7 flush resolves when all is durable', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.slow(5_000)
    scene.agent(session).text('a', '1')
    let durable = false
    const flushing = scene.store.flush().then(() => (durable = true))
    await scene.clock.advance(4_999)
    expect(durable).toBe(false)
    await scene.clock.advance(1)
    await flushing
    expect(await stored(scene, session)).toEqual(['Hello', '1'])
  })

  test('T7 flush during a commit waits for what came after that began', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.slow(1_000)
    scene.agent(session).text('a', '1')
    const first = scene.store.flush()
    scene.agent(session).text('b', '2')
    const second = scene.store.flush()
    await scene.clock.advance(2_000)
    await Promise.all([first, second])
    expect(await stored(scene, session)).toEqual(['Hello', '1', '2'])
  })

  test('T7 flush with nothing to save writes nothing', async () => {
    const scene = createScene()
    await savedSession(scene)
    const before = scene.storage.commits.length
    await scene.store.flush()
    expect(scene.storage.commits).toHaveLength(before)
  })

  test('T8 F33 one commit is in flight for a session, however slow the storage and however often it is asked', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.slow(5_000)
    const before = scene.storage.commits.length
    for (let at = 0; at < 100; at += 1) {
      scene.agent(session).text(`m${at}`, 'x')
      if (at % 10 === 0) void scene.store.flush()
      await scene.clock.advance(200)
    }
    await scene.clock.advance(20_000)
    expect(scene.storage.mostCommitting).toBe(1)
    const ids = written(scene, before).flat()
    expect(ids).toHaveLength(100)
    expect(new Set(ids).size).toBe(100)
    // F33: what piles up joins one commit.
    expect(scene.storage.commits.length - before).toBeLessThanOrEqual(6)
  })

  test('F33 a slow storage is not felt: what comes shows at once', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.slow(60_000)
    scene.agent(session).text('a', '1')
    await scene.clock.advance(2_000)
    scene.agent(session).text('b', '2')
    expect(texts(session)).toEqual(['Hello', '1', '2'])
    expect(await session.stop()).toEqual({ ok: true })
    expect(session.status).toBe('done')
  })

  test('two sessions save at the same time', async () => {
    const scene = createScene()
    const [one, two] = [await scene.start({}, 'one'), await scene.start({}, 'two')]
    await scene.store.flush()
    scene.storage.slow(1_000)
    scene.agent(one).text('a', '1')
    scene.agent(two).text('b', '2')
    const flushing = scene.store.flush()
    await scene.clock.advance(1_000)
    await flushing
    expect(scene.storage.mostCommitting).toBe(2)
    expect(await stored(scene, two)).toEqual(['Hello', '2'])
  })

  test('a message that changes while it is being saved is saved again', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.slow(500)
    scene.agent(session).delta('m', 'one')
    await scene.clock.advance(2_000)
    scene.agent(session).delta('m', ' two')
    await scene.clock.advance(10_000)
    expect(await stored(scene, session)).toEqual(['Hello', 'one two'])
  })

  test('a retracted message is removed from storage, one that never got there is not written', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    const agent = scene.agent(session)
    agent.text('a', '1')
    await scene.store.flush()
    agent.text('b', '2')
    agent.emit('retract', { ids: ['a', 'b'] })
    await scene.store.flush()
    expect(await stored(scene, session)).toEqual(['Hello'])
    expect(scene.storage.commits.at(-1)).toMatchObject({ upsert: [], remove: ['a', 'b'] })
  })

  test('a page that is hidden saves at once', async () => {
    let hide = (): void => {}
    const lifecycle: Lifecycle = { onHide: (listener) => ((hide = listener), () => {}), onWake: () => () => {} }
    const scene = createScene({ lifecycle })
    const session = await savedSession(scene)
    scene.agent(session).text('a', '1')
    hide()
    await scene.clock.settle()
    expect(await stored(scene, session)).toEqual(['Hello', '1'])
  })
})

describe('promise 6 a save that fails', () => {
  test('F4 leaves memory whole, shows as failing and as an event, and is tried again until it succeeds', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    expect(session.saved).toBe('saved')
    scene.storage.failNext(3)
    scene.agent(session).text('a', '1')
    expect(session.saved).toBe('saving')
    await scene.clock.advance(2_000)
    expect(session.saved).toBe('failing')
    expect(scene.heard.errors).toMatchObject([{ code: 'storage-failed', sessionId: session.sessionId, projectId: project }])
    expect(texts(session)).toEqual(['Hello', '1'])
    // With random() = 0 a retry comes after half of 1, 2, 4 … s.
    await scene.clock.advance(500)
    expect(scene.heard.errors).toHaveLength(2)
    await scene.clock.advance(1_000)
    expect(scene.heard.errors).toHaveLength(3)
    expect(session.saved).toBe('failing')
    await scene.clock.advance(2_000)
    expect(session.saved).toBe('saved')
    expect(await stored(scene, session)).toEqual(['Hello', '1'])
  })

  test('T8 is tried again without another message', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.failNext(1)
    scene.agent(session).text('a', '1')
    await scene.clock.advance(2_500)
    expect(await stored(scene, session)).toEqual(['Hello', '1'])
  })

  test('T8 waits twice as long after each failure, up to retryMaxMs, with jitter', async () => {
    const waits = async (random: number): Promise<number[]> => {
      const scene = createScene({ random: () => random, limits: { retryMinMs: 1_000, retryMaxMs: 5_000 } })
      const session = await savedSession(scene)
      scene.storage.failNext(1_000)
      const at: number[] = []
      scene.store.on('error', () => at.push(scene.clock.monotonic()))
      scene.agent(session).text('a', '1')
      await scene.clock.advance(30_000)
      return at.slice(0, 5).map((time, index) => time - (at[index - 1] ?? 0))
    }
    expect(await waits(0)).toEqual([2_000, 500, 1_000, 2_000, 2_500])
    expect(await waits(0.5)).toEqual([2_000, 750, 1_500, 3_000, 3_750])
  })

  test('T8 a success begins the waits anew', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    for (const id of ['a', 'b']) {
      scene.storage.failNext(2)
      scene.agent(session).text(id, id)
      await scene.clock.advance(2_000 + 500 + 999)
      expect(session.saved).toBe('failing')
      await scene.clock.advance(1)
      expect(session.saved).toBe('saved')
    }
  })

  test('what it held and what came meanwhile is written together, once', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    const before = scene.storage.commits.length
    scene.storage.failNext(1)
    scene.agent(session).text('a', '1')
    await scene.clock.advance(2_000)
    scene.agent(session).text('b', '2')
    await scene.clock.advance(10_000)
    expect(written(scene, before)).toEqual([['a'], ['a', 'b']])
  })

  test('what is retracted meanwhile is removed, not written', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.slow(100)
    scene.storage.failNext(1)
    scene.agent(session).text('a', '1')
    await scene.clock.advance(2_050)
    scene.agent(session).emit('retract', { ids: ['a'] })
    await scene.clock.advance(10_000)
    expect(scene.storage.commits.at(-1)).toMatchObject({ upsert: [], remove: ['a'] })
    expect(await stored(scene, session)).toEqual(['Hello'])
  })

  test('promise 2 a commit whose answer was lost is written again and changes nothing', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.loseAnswers(1)
    scene.agent(session).text('a', '1')
    await scene.clock.advance(10_000)
    expect(session.saved).toBe('saved')
    expect(await stored(scene, session)).toEqual(['Hello', '1'])
  })

  test('makes flush reject with its error, and the next flush tries at once', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.failNext(1, new Error('disk on fire'))
    scene.agent(session).text('a', '1')
    await expect(scene.store.flush()).rejects.toMatchObject({ code: 'storage-failed', cause: new Error('disk on fire') })
    await scene.store.flush()
    expect(await stored(scene, session)).toEqual(['Hello', '1'])
  })

  test('a typed error of the storage comes through as it is', async () => {
    const { AgentSessionError } = await import('../src/index.ts')
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.failNext(1, new AgentSessionError('storage-full', 'The disk is full.'))
    scene.agent(session).text('a', '1')
    await expect(scene.store.flush()).rejects.toMatchObject({ code: 'storage-full' })
    expect(scene.heard.errors).toMatchObject([{ code: 'storage-full', sessionId: session.sessionId }])
  })

  test('does not stop the session: it runs, ends and is told as ever', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.failNext(1_000)
    scene.agent(session).status('done')
    await scene.clock.advance(60_000)
    expect(session.status).toBe('done')
    expect(scene.heard.notifications).toHaveLength(1)
    expect(scene.store.hasSession(project)).toBe(false)
    expect(session.saved).toBe('failing')
  })

  test('F34 F6 that never settles shows as failing, is waited for, and stays shown as failing whatever comes', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.hang()
    scene.agent(session).text('a', '1')
    await scene.clock.advance(2_000 + 29_999)
    expect(session.saved).toBe('saving')
    await scene.clock.advance(1)
    expect(session.saved).toBe('failing')
    expect(scene.heard.errors).toMatchObject([{ code: 'storage-timeout' }])
    scene.agent(session).text('b', '2')
    expect(session.saved).toBe('failing')
    await scene.clock.advance(600_000)
    expect(scene.storage.committing).toBe(1)
    scene.storage.release()
    await scene.clock.advance(10_000)
    expect(session.saved).toBe('saved')
    expect(await stored(scene, session)).toEqual(['Hello', '1', '2'])
  })

  test.each<[string, (scene: Scene, session: AgentSession) => Promise<unknown>]>([
    ['flush', ({ store }) => store.flush().catch(() => 'failed')],
    ['dispose', ({ store }) => store.dispose()],
    ['purge', ({ store }, { sessionId }) => store.purge(sessionId)],
    ['purgeProject', ({ store }) => store.purgeProject(project)],
    ['listSessions', ({ store }) => store.listSessions().catch(() => 'failed')],
    ['restore', ({ store }) => store.restore('another')],
    ['openSession', ({ store }) => store.openSession('another').catch(() => 'failed')],
    ['loadMessages', ({ store }) => store.loadMessages('another').catch(() => 'failed')],
    ['search', ({ store }) => store.search('x').catch(() => 'failed')],
  ])('F34 a storage that never settles any more does not hold %s for ever', async (_, command) => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.hang()
    scene.agent(session).text('a', '1')
    await scene.clock.advance(60_000)
    let settled = false
    void command(scene, session).then(() => (settled = true))
    await scene.clock.advance(300_000)
    expect(settled).toBe(true)
  })
})

describe('promise 3 a crash', () => {
  test('F1 loses at most what came in the last saveDelayMs', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    for (let at = 0; at < 100; at += 1) {
      scene.agent(session).text(`m${at}`, `${at}`)
      await scene.clock.advance(100)
    }
    const after = await restarted(scene)
    expect(await after.store.restore(project)).toEqual({ outcome: 'interrupted', sessionId: session.sessionId })
    const kept = after.store.getSession(project)?.messageCount ?? 0
    expect(101 - kept).toBeLessThanOrEqual(20)
  })

  test.each([0, 1, 2, 3])('F2 promise 4 after %i operations of the storage leaves all of a commit or none', async (operations) => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.crash(operations)
    const agent = scene.agent(session)
    for (const round of [1, 2, 3]) {
      agent.numbered({ epoch: 'e', seq: round * 2 - 1 }).text(`m${round}`, `${round}`)
      agent.numbered({ epoch: 'e', seq: round * 2 }).cost({ inputTokens: round })
      await scene.clock.advance(2_000)
    }
    const kept = await stored(scene, session)
    const record = await scene.disk.loadSession(session.sessionId)
    const cursor = await scene.disk.loadCursor?.(session.sessionId)
    const rounds = Math.min(operations, 3)
    expect(kept).toEqual(['Hello', '1', '2', '3'].slice(0, rounds + 1))
    expect(record).toMatchObject({ inputTokens: rounds, lastSeqId: rounds + 1 })
    expect(cursor).toEqual(rounds === 0 ? undefined : { epoch: 'e', seq: rounds * 2 })
  })

  test('promise 3 what flush acknowledged is there afterwards', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.agent(session).text('a', '1')
    await scene.store.flush()
    const after = await restarted(scene)
    await after.store.restore(project)
    expect(after.store.getSession(project)?.messages.map(({ content }) => content)).toEqual(['Hello', '1'])
  })
})

describe('promise 4 the cursor', () => {
  test('is committed with what it covers, never ahead of it', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    const agent = scene.agent(session)
    agent.numbered({ epoch: 'e', seq: 1 }).text('a', '1')
    agent.numbered({ epoch: 'e', seq: 3 }).text('c', '3')
    await scene.store.flush()
    expect(scene.storage.commits.at(-1)).toMatchObject({ upsert: [{ id: 'a' }], cursor: { epoch: 'e', seq: 1 } })
    agent.numbered({ epoch: 'e', seq: 2 }).text('b', '2')
    await scene.store.flush()
    expect(scene.storage.commits.at(-1)).toMatchObject({ upsert: [{ id: 'b' }, { id: 'c' }], cursor: { epoch: 'e', seq: 3 } })
  })

  test('of a commit that failed joins the next one', async () => {
    const scene = createScene()
    const session = await savedSession(scene)
    scene.storage.failNext(1)
    scene.agent(session).numbered({ epoch: 'e', seq: 1 }).text('a', '1')
    await scene.clock.advance(10_000)
    expect(await scene.disk.loadCursor?.(session.sessionId)).toEqual({ epoch: 'e', seq: 1 })
  })
})

describe('redact', () => {
  const redact = (text: string): string => text.replaceAll('SECRET', '***')

  test('takes secrets out of every text before it is stored, and leaves what is on screen', async () => {
    const scene = createScene({ redact })
    const session = await scene.start({ prompt: 'my SECRET', systemPrompt: 'SECRET', cwd: '/SECRET' })
    const agent = scene.agent(session)
    agent.call('c', 'Bash', { command: 'echo SECRET' })
    agent.result('c', 'SECRET')
    agent.delta('m', 'a SECRET')
    agent.ask('q', { title: 'SECRET?', input: { id: 'SECRET', key: 'SECRET', role: ['SECRET'], kind: { state: 'SECRET' } } })
    agent.emit('plan', { entries: [{ content: 'SECRET', status: 'pending' }] })
    agent.emit('session', { title: 'SECRET' })
    await session.prompt('queued SECRET')
    agent.status('error', { error: 'SECRET' })
    await scene.store.flush()
    expect(texts(session)[0]).toBe('my SECRET')
    expect(JSON.stringify(scene.storage.commits)).not.toContain('SECRET')
    expect(await stored(scene, session)).toContain('a ***')
  })

  test('leaves names and numbers as they are', async () => {
    const scene = createScene({ redact: () => '***' })
    const session = await scene.start()
    scene.agent(session).call('c')
    await scene.store.flush()
    const batch = scene.storage.commits.at(-1)
    expect(batch?.session).toMatchObject({ sessionId: session.sessionId, projectId: project, provider: 'claude', status: 'running', lastSeqId: 2 })
    expect(batch?.upsert.at(-1)).toMatchObject({ id: 'c', seqId: 2, role: 'tool-call', toolCallId: 'c', toolState: 'running', content: '***' })
  })

  test('that throws keeps what it could not clean out of storage', async () => {
    const options: SceneOptions = {
      redact: () => {
        throw new Error('bad pattern')
      },
    }
    const scene = createScene(options)
    const session = await scene.start()
    await expect(scene.store.flush()).rejects.toMatchObject({ code: 'storage-failed' })
    expect(session.saved).toBe('failing')
    expect(scene.storage.commits).toEqual([])
  })
})

test('T9 a session that is purged twice is not written after either', async () => {
  const disk = createMemoryStorage()
  const order: string[] = []
  const scene = createScene({
    disk: {
      ...disk,
      commit: (batch) => disk.commit(batch).then(() => void order.push('written')),
      deleteSessions: (...asked) => disk.deleteSessions(...asked).then(() => void order.push('deleted')),
    },
  })
  const session = await savedSession(scene)
  scene.agent(session).status('done')
  await scene.store.flush()
  order.length = 0
  scene.storage.slow(5_000)
  await session.rename('Anew')
  const purged = [scene.store.purge(session.sessionId)]
  scene.storage.slow(0)
  purged.push(scene.store.purge(session.sessionId))
  await scene.clock.advance(20_000)
  expect(await Promise.all(purged)).toEqual([{ ok: true }, { ok: true }])
  expect(order).toEqual(['written', 'deleted', 'deleted'])
})
