import { describe, expect, test } from 'vitest'
import { createStoreInspector, type StateSection, type StoreInspector } from '../src/devtools/index.ts'
import { AgentSessionError, type StartRequest } from '../src/index.ts'
import { createScene, project, restarted, type Scene, type SceneOptions } from './scene.ts'

/** An inspector that somebody looks into. */
async function inspecting(options: SceneOptions & { readonly keep?: number; readonly given?: Scene } = {}) {
  const { keep, given, ...rest } = options
  const scene = given ?? createScene(rest)
  const inspector = createStoreInspector(scene.store, { now: scene.clock.now, ...(keep !== undefined && { keep }) })
  const heard = { times: 0 }
  const stop = inspector.subscribe(() => (heard.times += 1))
  await scene.clock.settle()
  return { scene, inspector, heard, stop, start: (request?: Partial<StartRequest>, projectId?: string) => scene.start(request, projectId) }
}

const values = (sections: readonly StateSection[], title: string): Record<string, unknown> =>
  Object.fromEntries(sections.find((section) => section.title === title)?.fields.map(({ key, value }) => [key, value]) ?? [])

const labels = (inspector: StoreInspector, filter?: string): unknown =>
  inspector.tree(filter).map(({ id, label, tags, children }) => [id, label, tags.map((tag) => tag.label), children.map((child) => [child.label, child.tags.map((tag) => tag.label)])])

const titles = (inspector: StoreInspector): string[] => inspector.timeline.map(({ kind, title, count }) => `${kind}: ${title}${count > 1 ? ` ×${count}` : ''}`)

describe('the tree of a store', () => {
  test('has its projects, their sessions, and what needs a person', async () => {
    const { scene, inspector, start } = await inspecting()
    expect(labels(inspector)).toEqual([['store', 'Store', ['connected', 'idle'], []]])
    const session = await start()
    await session.rename('Tidy up')
    scene.agent(session).ask('q')
    await scene.clock.advance(1_000)
    const other = await start({}, 'other')
    await other.stop()
    await scene.clock.settle()
    expect(labels(inspector)).toEqual([
      ['store', 'Store', ['connected', 'writing'], []],
      ['project:other', 'other', [], [[`claude ${other.sessionId.slice(0, 8)}`, ['done', 'current']]]],
      [`project:${project}`, project, [], [['Tidy up', ['running', '1 question', 'current']]]],
    ])
  })

  test('has what matches a filter, by title, id and project', async () => {
    const { scene, inspector, start } = await inspecting()
    const session = await start()
    await session.rename('Tidy up')
    await start({}, 'other')
    await scene.clock.settle()
    const shown = (filter: string) => inspector.tree(filter).flatMap(({ children }) => children.map(({ id }) => id))
    expect(shown('TIDY')).toEqual([`session:${session.sessionId}`])
    expect(shown(session.sessionId)).toEqual([`session:${session.sessionId}`])
    expect(shown('other')).toHaveLength(1)
    expect(shown('nothing of the kind')).toEqual([])
  })

  test('has what is only in storage, and does not open it', async () => {
    const before = createScene()
    const { sessionId } = await before.start()
    await before.store.stop(project)
    await before.store.flush()
    const { scene, inspector } = await inspecting({ given: await restarted(before) })
    expect(inspector.tree()[1]?.children[0]).toMatchObject({ id: `session:${sessionId}`, tags: [{ label: 'done' }, { label: 'in storage' }] })
    expect(values(inspector.state(`session:${sessionId}`), 'In storage')).toMatchObject({ sessionId, status: 'done' })
    expect(scene.store.findSession(sessionId)).toBeUndefined()
  })
})

describe('the state of a node', () => {
  test('is all that is known of a session', async () => {
    const { scene, inspector, start } = await inspecting()
    const session = await start({ budget: { costUsd: 5 } })
    const voice = scene.agent(session)
    voice.ask('q', { title: 'Run ls?' })
    voice.emit('cost', { costUsd: 0.25, inputTokens: 100, outputTokens: 20 })
    await session.prompt('and then')
    await scene.clock.settle()
    const state = inspector.state(`session:${session.sessionId}`)
    expect(values(state, 'Run')).toMatchObject({ status: 'running', live: true, current: true, turns: 1 })
    expect(values(state, 'Run')).not.toHaveProperty('error')
    expect(values(state, 'Health')).toMatchObject({ activity: 'running', attention: { reason: 'question' } })
    expect(values(state, 'Transcript')).toMatchObject({ resident: session.messageCount, seqIds: [1, session.lastSeqId], lastSeqId: session.lastSeqId })
    expect(values(state, 'Usage')).toMatchObject({ costUsd: 0.25, inputTokens: 100, outputTokens: 20, budget: { costUsd: 5 } })
    expect(values(state, 'Queue')).toEqual({ [session.queue[0]?.messageId ?? '']: session.queue[0] })
    expect(values(state, 'Permissions')).toEqual({ q: session.permissions[0] })
    expect(values(state, 'Keeping')).toMatchObject({ continuity: 'whole', updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) })
  })

  test('says that a run stalls, and since when', async () => {
    const { scene, inspector, start } = await inspecting()
    const session = await start()
    await scene.clock.advance(15 * 60_000)
    expect(values(inspector.state(`session:${session.sessionId}`), 'Run')).toMatchObject({ stall: { cause: 'model', since: expect.stringMatching(/T/) } })
    expect(inspector.tree()[1]?.children[0]?.tags.map(({ label }) => label)).toContain('stalled')
    expect(inspector.timeline.some(({ level, title }) => level === 'warning' && title.startsWith('stall'))).toBe(true)
  })

  test('is the store itself, a project, and nothing for an id that is none', async () => {
    const { scene, inspector, start } = await inspecting()
    const session = await start()
    await scene.clock.settle()
    expect(values(inspector.state('store'), 'Store')).toMatchObject({ connection: { state: 'connected' }, writer: { state: 'writing' } })
    expect(values(inspector.state('store'), 'Sessions')).toMatchObject({ live: 1, listed: 1, more: false })
    expect(values(inspector.state(`project:${project}`), 'Project')).toMatchObject({ current: session.sessionId, listed: 1 })
    expect(values(inspector.state(`project:${project}`), 'Health')).toMatchObject({ activity: 'running' })
    expect([inspector.state('session:nobody'), inspector.state('what?')]).toEqual([[], []])
  })

  test('promise 6 says why sessions could not be listed', async () => {
    const scene = createScene()
    scene.storage.failReads(new Error('disk on fire'))
    const { inspector } = await inspecting({ given: scene })
    expect(values(inspector.state('store'), 'Sessions')).toMatchObject({ error: expect.stringContaining('disk on fire') })
  })
})

describe('the timeline of a store', () => {
  test('tells what happens in words, and what streams as one entry', async () => {
    const { scene, inspector, start } = await inspecting()
    const session = await start()
    await scene.clock.advance(2_000)
    inspector.clearTimeline()
    const voice = scene.agent(session)
    voice.delta('m', 'x')
    await scene.clock.settle()
    for (let piece = 0; piece < 200; piece += 1) {
      voice.delta('m', 'x')
      await scene.clock.advance(100)
    }
    scene.agent(session).ask('q')
    await scene.clock.settle()
    await session.stop()
    await scene.clock.settle()
    const told = titles(inspector)
    expect(told).toEqual(expect.arrayContaining([expect.stringMatching(/^session: 1 message came/), 'stream: text streams ×200', expect.stringMatching(/^save: saved ×\d/)]))
    expect(told.at(-1)).toBe('save: saved')
    expect(told).toContain('session: permissions')
    expect(told).toContain('notification: Agent stopped on demo')
    expect(told.some((title) => /^session: .*status: done/.test(title))).toBe(true)
    for (const entry of inspector.timeline) {
      expect(entry.at).toBeLessThanOrEqual(scene.clock.now())
      if (entry.kind === 'session') expect(entry).toMatchObject({ sessionId: session.sessionId, projectId: project })
    }
  })

  test('tells of the line, of the writer, of warnings and of errors', async () => {
    const { scene, inspector, start } = await inspecting()
    const session = await start()
    scene.transport.emit({ type: 'connection', state: 'reconnecting' })
    scene.transport.emit({ type: 'what is this', sessionId: session.sessionId })
    scene.storage.failNext(3, new AgentSessionError('storage-full', 'no room', { cause: new Error('ENOSPC') }))
    await session.rename('A name')
    await scene.clock.advance(60_000)
    const told = inspector.timeline
    expect(told.find(({ kind }) => kind === 'connection')).toMatchObject({ level: 'warning', title: 'reconnecting' })
    expect(told.find(({ kind }) => kind === 'writer')).toMatchObject({ level: 'info', title: 'writing' })
    expect(told.find(({ kind }) => kind === 'warning')).toMatchObject({ level: 'warning', title: expect.stringMatching(/^invalid-event: /) })
    expect(told.find(({ kind, level }) => kind === 'save' && level === 'warning')).toMatchObject({ title: 'not saved: it is tried again' })
    expect(told.find(({ kind }) => kind === 'error')).toMatchObject({ level: 'error', detail: { code: 'storage-full', cause: 'ENOSPC' } })
  })

  test('promise 14 keeps the newest entries, and no message', async () => {
    const { scene, inspector, start } = await inspecting({ keep: 10 })
    const session = await start()
    const secret = 'words of the agent'
    for (let index = 0; index < 50; index += 1) {
      scene.agent(session).text(`m${index}`, secret)
      await scene.clock.settle()
    }
    await session.prompt([{ type: 'text', text: secret }])
    await scene.clock.settle()
    expect(inspector.timeline).toHaveLength(10)
    expect(inspector.timeline.map(({ id }) => id)).toEqual(inspector.timeline.map(({ id }) => id).toSorted((a, b) => a - b))
    expect(JSON.stringify(inspector.timeline)).not.toContain(secret)
  })

  test('promise 7 costs nothing while nobody looks, and begins anew', async () => {
    const { scene, inspector, heard, stop, start } = await inspecting()
    await start()
    await scene.clock.settle()
    expect(inspector.timeline.length).toBeGreaterThan(0)
    stop()
    const { times } = heard
    const { timeline } = inspector
    await start({}, 'other')
    await scene.clock.settle()
    expect([heard.times, inspector.timeline]).toEqual([times, timeline])
    inspector.subscribe(() => {})
    expect(inspector.timeline).toEqual([])
  })
})
