import { describe, expect, test } from 'vitest'
import { createMemoryStorage, createSessionList, type Attached, type SessionStorage, type WriterState } from '../src/index.ts'
import { must } from './must.ts'
import { createScene, project, texts, type Scene, type SceneOptions } from './scene.ts'

/** A store that writes, with a session that runs, and another one on the same storage. */
async function twoStores(options: SceneOptions = {}) {
  const disk = createMemoryStorage({ leases: 'wait' })
  const one = createScene({ disk, ...options })
  const two = createScene({ disk, clock: one.clock, ...options })
  const heard: WriterState[] = []
  two.store.on('writer', (state) => heard.push(state))
  const session = await one.start()
  one.agent(session).text('m1', 'kept')
  await one.store.flush()
  return { disk, one, two, session, heard }
}

/** A disk that tells all who listen which sessions were written. */
function tellingDisk() {
  const listeners = new Set<(sessionIds: readonly string[]) => void>()
  const memory = createMemoryStorage({ leases: 'wait' })
  const disk: SessionStorage = {
    ...memory,
    async commit(batch) {
      await memory.commit(batch)
      for (const listener of listeners) listener([batch.session.sessionId, 'one that nobody shows'])
    },
    async deleteSessions(...asked) {
      await memory.deleteSessions(...asked)
      for (const listener of listeners) listener(asked[0])
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return { disk, listeners }
}

/** Two stores, of which the second is told of what the first writes; pages of three messages. */
async function followed() {
  const { disk, listeners } = tellingDisk()
  const limits = { pageSize: 3 }
  const one = createScene({ disk, limits })
  const two = createScene({ disk, limits, clock: one.clock })
  const session = await one.start()
  return { one, two, session, agent: one.agent(session), listeners }
}

const codes = ({ heard }: Scene) => heard.errors.map(({ code }) => code)

describe('F14 of two stores on one storage', () => {
  test('the first writes, the second reads and says so', async () => {
    const { one, two, session, heard } = await twoStores()
    expect(one.store.writer).toEqual({ state: 'writing' })
    expect(two.store.writer).toEqual({ state: 'idle' })
    expect(await two.store.restore(project)).toEqual({ outcome: 'restored', sessionId: session.sessionId })
    expect(two.store.writer).toEqual({ state: 'reading', holder: one.store.snapshot().epoch })
    expect(heard).toEqual([two.store.writer])
    expect(two.store.snapshot().writer).toEqual(two.store.writer)
    expect(texts(must(two.store.getSession(project)))).toEqual(['Hello', 'kept'])
  })

  test('the second leaves alone what runs in the first', async () => {
    const { disk, one, two, session } = await twoStores()
    await two.store.restore(project)
    // Running, as the storage says, though not here.
    expect(two.store.getSession(project)).toMatchObject({ status: 'running', live: false })
    expect(await two.store.listSessions()).toMatchObject([{ status: 'running' }])
    await one.clock.advance(600_000)
    expect(await disk.loadSession(session.sessionId)).toMatchObject({ status: 'running' })
    expect(two.storage.commits).toEqual([])
    expect([codes(one), codes(two)]).toEqual([[], []])
  })

  test('the second shows what the first stores, where the storage tells of it', async () => {
    const { one, two, session, agent, listeners } = await followed()
    for (const id of ['m1', 'm2', 'm3']) agent.text(id, id)
    await one.store.flush()
    await two.store.restore(project)
    const shown = must(two.store.getSession(project))
    expect(texts(shown)).toEqual(['m1', 'm2', 'm3'])
    expect(await shown.loadOlder(5)).toBe(1)

    agent.delta('m4', 'and on')
    await one.clock.advance(2_000)
    expect(texts(shown)).toEqual(['Hello', 'm1', 'm2', 'm3', 'and on'])
    expect(shown).toMatchObject({ status: 'running', live: false, current: true, hasOlder: false })
    agent.status('done')
    await one.clock.settle()
    expect(shown.status).toBe('done')

    two.storage.failReads(new Error('disk on fire'))
    await session.rename('Unreadable')
    await one.store.flush()
    await one.clock.settle()
    // Once for each that was written.
    expect(codes(two)).toEqual(['storage-failed', 'storage-failed'])
    two.storage.failReads(undefined)

    await one.store.purge(session.sessionId)
    await one.clock.settle()
    expect(two.store.getSession(project)).toBeUndefined()
    expect(two.storage.commits).toEqual([])
    await two.store.dispose()
    expect(listeners.size).toBe(0)
  })

  test('the second goes along to what the first begins, in projects that it shows', async () => {
    const { one, two } = await followed()
    await two.store.restore(project)
    await two.store.restore('empty')
    const [before] = [must(two.store.getSession(project))]
    await one.clock.advance(1_000)
    const next = await one.start({ ifRunning: 'background' })
    await one.start({}, 'empty')
    const unseen = await one.start({}, 'unseen')
    await one.clock.settle()
    expect(two.store.getSession(project)).toMatchObject({ sessionId: next.sessionId, status: 'running', live: false })
    expect(texts(must(two.store.getSession(project)))).toEqual(['Hello'])
    expect([two.store.hasSession('empty'), two.store.hasSession('unseen'), two.store.findSession(unseen.sessionId)]).toEqual([true, false, undefined])
    // One that goes on behind it does not come before it, nor before what somebody chose here.
    one.agent(must(one.store.findSession(before.sessionId))).text('m1', 'behind')
    await one.clock.advance(2_000)
    expect(two.store.getSession(project)?.sessionId).toBe(next.sessionId)
    await two.store.select(project, before.sessionId)
    one.agent(next).text('m1', 'in front')
    await one.clock.advance(2_000)
    expect(two.store.getSession(project)?.sessionId).toBe(before.sessionId)
    one.agent(must(one.store.findSession(before.sessionId))).status('done')
    one.agent(next).status('done')
    await one.clock.advance(1_000)
    await next.prompt('Again')
    await one.clock.settle()
    expect(two.store.getSession(project)?.sessionId).toBe(next.sessionId)
    expect(two.storage.commits).toEqual([])
    expect(codes(two)).toEqual([])
  })

  test.each([true, false])('the second shows what runs in the place of what the first purged, where it had it in memory: %s', async (known) => {
    const { one, two, session } = await followed()
    if (known) await two.store.restore(project)
    await one.clock.advance(1_000)
    const next = await one.start({ ifRunning: 'background' })
    await two.store.restore(project)
    await one.clock.settle()
    expect(two.store.getSession(project)?.sessionId).toBe(next.sessionId)
    await one.store.purge(next.sessionId)
    await one.clock.settle()
    expect(two.store.getSession(project)).toMatchObject({ sessionId: session.sessionId, status: 'running', live: false })
    expect(codes(two)).toEqual([])
  })

  test.each(['listing', 'reading'])('the list of one that is %s follows what the first does to sessions that are not open here', async (state) => {
    const { one, two, session, agent, listeners } = await followed()
    agent.status('done')
    await one.store.flush()
    if (state === 'reading') await two.store.restore('another')
    const list = createSessionList(two.store)
    const stop = list.subscribe(() => {})
    await one.clock.settle()
    const listed = (): unknown[] => list.sessions.map(({ sessionId, title, pinned, status }) => ({ sessionId, title, pinned, status }))
    const { sessionId } = session
    expect(listed()).toEqual([{ sessionId, status: 'done' }])
    await session.rename('A new name')
    await session.pin(true)
    await one.clock.advance(1_000)
    expect(listed()).toEqual([{ sessionId, title: 'A new name', pinned: true, status: 'done' }])
    const other = await one.start({}, 'another one')
    await one.clock.settle()
    // Who has not asked who writes takes no run for alive.
    const running = { sessionId: other.sessionId, status: state === 'reading' ? 'running' : 'idle' }
    expect(listed()).toEqual([
      running,
      { sessionId, title: 'A new name', pinned: true, status: 'done' },
    ])
    await one.store.purge(sessionId)
    await one.clock.settle()
    expect(listed()).toEqual([running])
    expect([two.store.findSession(sessionId), two.store.findSession(other.sessionId)]).toEqual([undefined, undefined])
    expect(two.store.writer.state).toBe(state === 'reading' ? 'reading' : 'idle')
    stop()
    await two.store.dispose()
    expect(listeners.size).toBe(0)
  })

  test('one that takes over while it reads a session has it as the first left it', async () => {
    const { one, two, session, agent } = await followed()
    agent.text('m1', 'kept')
    await one.store.flush()
    await two.store.restore('another')
    two.storage.slow(1_000)
    const opening = two.store.openSession(session.sessionId)
    // The messages are read, and it is not open yet.
    await one.clock.advance(2_500)
    agent.text('m2', 'last words')
    await one.store.flush()
    two.storage.slow(0)
    await two.store.takeOver()
    await one.clock.advance(1_000)
    expect(texts(must(await opening))).toEqual(['Hello', 'kept', 'last words'])
  })

  test('the second goes on with what was open in an older page of it', async () => {
    const { one, two, session, agent } = await followed()
    agent.call('slow', 'Bash', { command: 'make' })
    for (const id of ['m1', 'm2', 'm3']) agent.text(id, id)
    await one.store.flush()
    await two.store.restore(project)
    const shown = must(two.store.getSession(project))
    expect(shown.findMessage('slow')?.toolState).toBe('running')
    await shown.loadOlder(5)
    agent.result('slow', 'made')
    await one.clock.advance(2_000)
    expect(texts(shown)).toEqual(texts(session))
    expect(shown.findMessage('slow')?.toolState).toBe('done')
  })

  test('the second lets go of what was open in an older page of it and was retracted', async () => {
    const { one, two, session, agent } = await followed()
    agent.delta('gone', 'never mind')
    await one.store.flush()
    await two.store.restore(project)
    for (const id of ['m1', 'm2', 'm3']) agent.text(id, id)
    await one.store.flush()
    await one.clock.settle()
    one.transport.emit({ type: 'retract', sessionId: session.sessionId, ids: ['gone'] })
    agent.status('done')
    await one.clock.advance(2_000)
    expect(texts(must(two.store.getSession(project)))).toEqual(texts(session))
  })

  test('the second leaves no hole where more came at once than a page', async () => {
    const { one, two, session, agent } = await followed()
    for (const id of ['m1', 'm2', 'm3']) agent.text(id, id)
    await one.store.flush()
    await two.store.restore(project)
    const shown = must(two.store.getSession(project))
    await shown.loadOlder(5)
    for (let index = 0; index < 20; index += 1) agent.text(`more${index}`, `${index}`)
    await one.clock.advance(2_000)
    expect(texts(shown)).toEqual(['17', '18', '19'])
    await shown.loadOlder(100)
    expect(texts(shown)).toEqual(texts(session))
  })

  test('the second hears nothing more once it writes itself', async () => {
    let heard = 0
    const memory = createMemoryStorage({ leases: 'wait' })
    const disk: SessionStorage = { ...memory, onChange: () => ((heard += 1), () => void (heard -= 1)) }
    const one = createScene({ disk })
    const two = createScene({ disk, clock: one.clock })
    await one.start()
    await two.store.restore(project)
    expect(heard).toBe(1)
    await two.store.takeOver()
    await one.clock.settle()
    expect([two.store.writer.state, one.store.writer.state]).toEqual(['writing', 'reading'])
    // The first has taken its place as the one that listens.
    expect(heard).toBe(1)
  })

  test('the second refuses what would change something, and does the rest', async () => {
    const { one, two, session } = await twoStores()
    const { sessionId } = session
    await two.store.restore(project)
    const { store } = two
    const imported = { record: must(await one.disk.loadSession(sessionId)), messages: [] }
    const refused = await Promise.all([
      store.start('other', { provider: 'claude', prompt: 'x' }), store.prompt(project, 'x'), store.promptSession(sessionId, 'x'),
      store.respond(sessionId, 'q', {}), store.configure(sessionId, {}), store.rename(sessionId, 'x'), store.pin(sessionId, true),
      store.retry(sessionId, 'm1'), store.withdraw(sessionId, 'm1'), store.setBudget(sessionId, undefined), store.purge(sessionId),
      store.purgeProject(project), store.importSession(imported),
    ])
    for (const answer of refused) expect(answer).toMatchObject({ ok: false, code: 'lease-held' })
    expect(await Promise.all([store.select(project, sessionId), store.stop(project), store.clear(project)])).toEqual([{ ok: true }, { ok: true }, { ok: true }])
    expect(await store.search('kept')).toHaveLength(1)
    expect(two.transport.commands).toEqual([])
    expect(two.storage.commits).toEqual([])
    await store.flush()
  })

  test('no agent is started before it is known who writes, where the storage answers at once', async () => {
    const { two } = await twoStores()
    const started = await two.store.start('other', { provider: 'claude', prompt: 'x' })
    expect(started).toMatchObject({ ok: false, code: 'lease-held' })
    expect(two.commands('start')).toEqual([])
    expect(two.store.getSession('other')).toMatchObject({ status: 'error', live: false })
  })

  test('a start that was under way when it shows that another one writes is left, and its agent stopped', async () => {
    const { one, two } = await twoStores()
    two.storage.slow(5_000)
    const session = await two.start({}, 'other')
    expect(session.live).toBe(true)
    await one.clock.advance(5_000)
    expect(two.store.writer.state).toBe('reading')
    expect(session).toMatchObject({ live: false, status: 'idle', endReason: 'interrupted', saved: 'failing' })
    expect(two.commands('stop')).toHaveLength(1)
    await expect(two.store.flush()).rejects.toMatchObject({ code: 'lease-held' })
  })

  test('the second goes on where the first ended, with all that it saved', async () => {
    const { disk, one, two, session, heard } = await twoStores()
    await two.store.restore(project)
    const shown = must(two.store.getSession(project))
    one.agent(session).text('m2', 'kept too')
    await one.store.dispose()
    await one.clock.advance(0)
    expect(heard.at(-1)).toEqual({ state: 'writing' })
    expect(two.store.getSession(project)).toBe(shown)
    expect(texts(shown)).toEqual(['Hello', 'kept', 'kept too'])
    expect(shown).toMatchObject({ status: 'idle', endReason: 'interrupted', saved: 'saved' })
    expect(await two.store.prompt(project, 'and now?')).toMatchObject({ ok: true })
    await two.store.flush()
    expect((await disk.loadMessages(session.sessionId)).map(({ seqId, content }) => [seqId, content])).toEqual([
      [1, 'Hello'], [2, 'kept'], [3, 'kept too'], [4, 'and now?'],
    ])
  })

  test('the second joins a run that its transport finds again', async () => {
    const { one, two, session } = await twoStores({ capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    await two.store.restore(project)
    expect(two.commands('attach')).toEqual([])
    one.storage.crash()
    await one.clock.advance(0)
    const shown = must(two.store.getSession(project))
    expect(shown).toMatchObject({ live: true, status: 'running', current: true })
    two.agent(session).text('m2', 'more')
    await two.store.flush()
    expect(texts(shown)).toEqual(['Hello', 'kept', 'more'])
  })

  test('the second keeps the run that it joins, though it was reading what the first wrote last', async () => {
    const { disk: told } = tellingDisk()
    let held: Promise<void> | undefined
    const disk: SessionStorage = {
      ...told,
      async loadMessages(...asked) {
        const waits = held
        held = undefined
        await waits
        return told.loadMessages(...asked)
      },
    }
    const one = createScene({ disk })
    let answer = (_: Attached): void => {}
    const attach = () => new Promise<Attached>((resolve) => (answer = resolve))
    const two = createScene({ disk, clock: one.clock, capabilities: { attach: true }, attach })
    const session = await one.start()
    await two.store.restore(project)
    let read = (): void => {}
    held = new Promise((resolve) => (read = resolve))
    one.agent(session).text('m1', 'last')
    await one.store.flush()
    one.storage.crash()
    await one.clock.advance(0)
    read()
    await one.clock.settle()
    answer({ outcome: 'live' })
    await one.clock.settle()
    expect(two.store.writer.state).toBe('writing')
    expect(two.store.getSession(project)).toMatchObject({ live: true, status: 'running' })
  })

  test('a session that the first purged is gone from the second when it writes', async () => {
    const { one, two, session } = await twoStores()
    await two.store.openSession(session.sessionId)
    await one.store.purge(session.sessionId)
    await one.store.dispose()
    await one.clock.advance(0)
    expect(two.store.writer.state).toBe('writing')
    expect(two.store.findSession(session.sessionId)).toBeUndefined()
  })
})

describe('F15 a lease that is taken', () => {
  test('ends the writing of the old holder: it reads, says so, and nothing more of it is saved', async () => {
    const { disk, one, two, session } = await twoStores()
    const heard: WriterState[] = []
    one.store.on('writer', (state) => heard.push(state))
    one.agent(session).text('m2', 'too late')
    expect(await two.store.takeOver()).toEqual({ ok: true })
    expect(two.store.writer).toEqual({ state: 'writing' })
    await one.clock.advance(0)
    expect(one.store.writer.state).toBe('reading')
    expect(codes(one)).toEqual(['lease-lost'])
    // Its agent must not work on where nobody sees it.
    expect(one.commands('stop')).toHaveLength(1)
    expect(session).toMatchObject({ live: false, endReason: 'interrupted', saved: 'failing' })
    expect(await one.store.prompt(project, 'x')).toMatchObject({ ok: false, code: 'lease-held' })
    await one.clock.advance(600_000)
    expect((await disk.loadMessages(session.sessionId)).map(({ content }) => content)).toEqual(['Hello', 'kept'])
    expect(codes(one)).toEqual(['lease-lost'])
    expect(heard.at(-1)).toEqual({ state: 'reading', holder: two.store.snapshot().epoch })
  })

  test('leaves a run alone that the new holder can join', async () => {
    const { one, two, session } = await twoStores({ capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    await two.store.takeOver()
    await one.clock.advance(0)
    expect(one.commands('stop')).toEqual([])
    await two.store.restore(project)
    expect(two.store.getSession(project)).toMatchObject({ live: true, sessionId: session.sessionId })
  })

  test('can be taken back: what the other stored meanwhile is what holds', async () => {
    const { disk, one, two, session } = await twoStores()
    await two.store.takeOver()
    await two.store.restore(project)
    await two.store.prompt(project, 'from two')
    await two.store.flush()
    expect(await one.store.takeOver()).toEqual({ ok: true })
    expect(one.store.writer).toEqual({ state: 'writing' })
    expect(texts(session)).toEqual(['Hello', 'kept', 'from two'])
    expect(await one.store.prompt(project, 'from one')).toMatchObject({ ok: true })
    await one.store.flush()
    expect((await disk.loadMessages(session.sessionId)).map(({ content }) => content)).toEqual(['Hello', 'kept', 'from two', 'from one'])
    await one.clock.advance(2_000)
    expect(two.store.writer.state).toBe('reading')
  })

  test('comes back by itself when the one who took it ends', async () => {
    const { one, two } = await twoStores()
    await two.store.takeOver()
    await one.clock.advance(2_000)
    expect(one.store.writer).toEqual({ state: 'reading', holder: two.store.snapshot().epoch })
    await two.store.dispose()
    await one.clock.advance(0)
    expect(one.store.writer).toEqual({ state: 'writing' })
  })

  test('F15 is refused inside the commit that was under way', async () => {
    const { disk, one, two, session } = await twoStores()
    one.storage.slow(10_000)
    one.agent(session).text('m2', 'in flight')
    await one.clock.advance(3_000)
    await two.store.takeOver()
    await one.clock.advance(10_000)
    expect((await disk.loadMessages(session.sessionId)).map(({ content }) => content)).toEqual(['Hello', 'kept'])
    expect(session.saved).toBe('failing')
  })

  test('a store that cannot read what was stored meanwhile lets go of it, and says so', async () => {
    const { one, two, session } = await twoStores()
    await two.store.takeOver()
    one.storage.failReads(new Error('the disk is gone'))
    await one.store.takeOver()
    expect(one.store.findSession(session.sessionId)).toBeUndefined()
    expect(codes(one)).toContain('storage-failed')
    one.storage.failReads(undefined)
    expect(await one.store.openSession(session.sessionId)).toBeDefined()
  })

  test('after dispose nothing is taken or told', async () => {
    const { one, two, heard } = await twoStores()
    await two.store.restore(project)
    await two.store.dispose()
    expect(await two.store.takeOver()).toMatchObject({ ok: false, code: 'store-disposed' })
    await one.store.dispose()
    await one.clock.advance(10_000)
    expect(heard).toHaveLength(1)
    expect(one.clock.pending).toBe(0)
  })
})

test('F14 a storage in memory goes to the last that asks, as after a restart, and is not snatched back', async () => {
  const disk = createMemoryStorage()
  const one = createScene({ disk })
  await one.start()
  await one.store.flush()
  const two = createScene({ disk, clock: one.clock })
  expect(await two.store.restore(project)).toMatchObject({ outcome: 'interrupted' })
  await one.clock.advance(600_000)
  expect([one.store.writer.state, two.store.writer.state]).toEqual(['reading', 'writing'])
  expect(codes(one)).toEqual(['lease-lost'])
  await two.store.dispose()
})
