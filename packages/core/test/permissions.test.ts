import { describe, expect, test } from 'vitest'
import { allowOrReject } from './agent-voice.ts'
import { createScene, neverAnswer, project, refuse, type SceneOptions } from './scene.ts'
import { must } from './must.ts'

async function asking(options: SceneOptions = {}) {
  const scene = createScene(options)
  const session = await scene.start()
  const voice = scene.agent(session)
  voice.ask('q', { title: 'Run ls?', input: { command: 'ls' }, toolCallId: 'c', parentId: 'task' })
  return { scene, session, voice, state: () => must(session.permissions[0]).state }
}

describe('a question of the agent', () => {
  test('is a thing with options and the arguments it covers', async () => {
    const { scene, session } = await asking()
    expect(session.permissions).toEqual([
      {
        id: 'q',
        title: 'Run ls?',
        input: { command: 'ls' },
        toolCallId: 'c',
        parentId: 'task',
        options: allowOrReject,
        state: 'pending',
        run: session.run,
        askedAt: scene.clock.now(),
      },
    ])
  })

  test('is answered: the answer reaches the agent', async () => {
    const { scene, session, state } = await asking()
    const answer = { optionId: 'allow', input: { command: 'ls -l' }, text: 'please' }
    expect(await scene.store.respond(session.sessionId, 'q', answer)).toEqual({ ok: true })
    expect(scene.commands('respond')).toEqual([{ type: 'respond', sessionId: session.sessionId, requestId: 'q', ...answer }])
    expect(state()).toBe('selected')
    expect(session.permissions[0]?.optionId).toBe('allow')
  })

  test('is answered once, also by two windows at the same time', async () => {
    const { scene, session } = await asking()
    const [one, two] = await Promise.all([session.respond('q', { optionId: 'allow' }), session.respond('q', { optionId: 'reject' })])
    expect(one).toEqual({ ok: true })
    expect(two).toMatchObject({ ok: false, code: 'permission-not-pending' })
    expect(await session.respond('q', { optionId: 'allow' })).toMatchObject({ ok: false, code: 'permission-not-pending' })
    expect(scene.commands('respond')).toHaveLength(1)
    expect(session.permissions[0]).toMatchObject({ state: 'selected', optionId: 'allow' })
  })

  test('shows that its answer is on its way', async () => {
    const { session, state } = await asking(neverAnswer('respond'))
    void session.respond('q', { optionId: 'allow' })
    expect(state()).toBe('answering')
    expect(session.permissions[0]?.optionId).toBe('allow')
  })

  test('without an option is cancelled', async () => {
    const { scene, session, state } = await asking()
    expect(await session.respond('q', {})).toEqual({ ok: true })
    expect(scene.commands('respond')).toEqual([{ type: 'respond', sessionId: session.sessionId, requestId: 'q' }])
    expect(state()).toBe('cancelled')
    expect(session.permissions[0]).not.toHaveProperty('optionId')
  })

  test('is bound to its session, its id and its options', async () => {
    const { scene, session, state } = await asking()
    const other = await scene.start({}, 'other')
    expect(await other.respond('q', { optionId: 'allow' })).toMatchObject({ ok: false, code: 'permission-not-pending' })
    expect(await session.respond('other', { optionId: 'allow' })).toMatchObject({ ok: false, code: 'permission-not-pending' })
    expect(await session.respond('q', { optionId: 'allow_everything' })).toMatchObject({ ok: false, code: 'permission-option-unknown' })
    expect(await scene.store.respond('nobody', 'q', { optionId: 'allow' })).toMatchObject({ ok: false, code: 'session-not-found' })
    expect(scene.commands('respond')).toEqual([])
    expect(state()).toBe('pending')
  })

  test('whose answer the transport did not take is open again', async () => {
    const { session, state } = await asking(refuse('respond', 'busy'))
    expect(await session.respond('q', { optionId: 'allow' })).toMatchObject({ ok: false, error: 'busy' })
    expect(state()).toBe('pending')
    expect(session.permissions[0]).not.toHaveProperty('optionId')
  })

  test('F34 whose answer is never taken ends in a typed error', async () => {
    const { scene, session } = await asking(neverAnswer('respond'))
    const answering = session.respond('q', { optionId: 'allow' })
    await scene.clock.advance(15_000)
    expect(await answering).toMatchObject({ ok: false, code: 'transport-timeout' })
  })

  test('cannot be answered by a transport that has no way to', async () => {
    const scene = createScene()
    delete scene.transport.respond
    const session = await scene.start()
    scene.agent(session).ask('q')
    expect(await session.respond('q', { optionId: 'allow' })).toMatchObject({ ok: false, code: 'not-supported' })
    expect(session.permissions[0]?.state).toBe('pending')
  })

  test.each(['selected', 'cancelled', 'expired'] as const)('is settled by the agent as %s', async (outcome) => {
    const { session, voice, state } = await asking()
    voice.settled('q', outcome, { optionId: 'reject' })
    expect(state()).toBe(outcome)
    expect(session.permissions[0]?.optionId).toBe('reject')
    expect(await session.respond('q', { optionId: 'allow' })).toMatchObject({ ok: false, code: 'permission-not-pending' })
  })

  test('that was settled stays so, whatever else is told of it', async () => {
    const { voice, state } = await asking()
    voice.settled('q', 'expired')
    voice.settled('q', 'selected', { optionId: 'allow' })
    expect(state()).toBe('expired')
    voice.settled('unknown', 'selected')
  })

  test.each<[string, (at: Awaited<ReturnType<typeof asking>>) => unknown]>([
    ['a stop', ({ session }) => session.stop()],
    ['the end of its run', ({ voice }) => voice.status('done')],
    ['an error', ({ voice }) => voice.status('error')],
  ])('is cancelled by %s', async (_, end) => {
    const at = await asking()
    await end(at)
    expect(at.state()).toBe('cancelled')
    expect(await at.session.respond('q', { optionId: 'allow' })).toMatchObject({ ok: false, code: 'permission-not-pending' })
  })

  test('cancelled by a stop while its answer was on the way stays cancelled', async () => {
    let take = (): void => {}
    const { session, state } = await asking({ reply: ({ type }) => (type === 'respond' ? new Promise((resolve) => (take = () => resolve({ ok: true }))) : undefined) })
    const answering = session.respond('q', { optionId: 'allow' })
    await session.stop()
    take()
    await answering
    expect(state()).toBe('cancelled')
  })

  test('promise 2 told twice is there once, also after it was answered', async () => {
    const { session, voice, state } = await asking()
    voice.ask('q', { title: 'Another title' })
    expect(session.permissions).toHaveLength(1)
    expect(session.permissions[0]?.title).toBe('Run ls?')
    await session.respond('q', { optionId: 'allow' })
    voice.ask('q')
    expect(state()).toBe('selected')
  })

  test('several are answered each by itself', async () => {
    const { session, voice } = await asking()
    voice.ask('r')
    await session.respond('r', { optionId: 'reject' })
    expect(session.permissions.map(({ id, state }) => [id, state])).toEqual([['q', 'pending'], ['r', 'selected']])
  })

  test('of the run before goes with the next one', async () => {
    const { session } = await asking()
    await session.stop()
    await session.prompt('Go on')
    expect(session.permissions).toEqual([])
  })

  test('is saved with the session', async () => {
    const { scene, session } = await asking()
    await scene.store.flush()
    expect(await scene.disk.loadSession(session.sessionId)).toMatchObject({ permissions: [{ id: 'q', state: 'pending', input: { command: 'ls' } }] })
  })

  test('an agent cannot say in its question how it was answered', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).ask('q', { optionId: 'allow', state: 'selected', askedAt: 1, run: 'x' })
    expect(session.permissions[0]).toMatchObject({ state: 'pending', askedAt: scene.clock.now(), run: session.run })
    expect(session.permissions[0]).not.toHaveProperty('optionId')
  })

  test('reaches a scripted agent, which goes on with the answer', async () => {
    const scene = createScene({
      script: async (turn) => {
        const answer = await turn.ask('May I?', allowOrReject)
        turn.message('text', { text: `You said ${answer}` })
      },
    })
    const session = await scene.start()
    await scene.clock.settle()
    await session.respond(must(session.permissions[0]).id, { optionId: 'reject' })
    await scene.clock.settle()
    expect(session.lastMessage?.content).toBe('You said reject')
    expect(scene.store.getSession(project)?.status).toBe('done')
  })
})
