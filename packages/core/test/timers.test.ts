import { describe, expect, test } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { createScene, project, type Scene, type SceneOptions } from './scene.ts'

const minute = 60_000
const stallMs = 15 * minute
const stalled = (name = project): string => `Agent stalled on ${name} (no activity for 15 min)`

const messages = (scene: Scene): string[] => scene.heard.notifications.map(({ message }) => message)

async function running(options: SceneOptions = {}) {
  const scene = createScene(options)
  const session = await scene.start()
  return { scene, session, voice: scene.agent(session), clock: scene.clock }
}

describe('B17 the stall timer', () => {
  test('warns after 15 minutes without an event of the agent while running', async () => {
    const { scene, session, clock } = await running()
    await clock.advance(stallMs - 1)
    expect(messages(scene)).toEqual([])
    expect(session.stall).toBeUndefined()
    const silentSince = clock.now() + 1 - stallMs
    await clock.advance(1)
    expect(scene.heard.notifications).toEqual([{ variant: 'warning', message: stalled(), sessionId: session.sessionId, projectId: project }])
    expect(session.stall).toEqual({ cause: 'model', since: silentSince })
    expect(session.status).toBe('running')
  })

  test.each([
    [minute, '1 min'],
    [90_000, '1.5 min'],
    [30 * minute, '30 min'],
  ])('says the minutes that are set: %i ms', async (ms, words) => {
    const { scene, clock } = await running({ limits: { stallMs: ms } })
    await clock.advance(ms)
    expect(messages(scene)).toEqual([`Agent stalled on ${project} (no activity for ${words})`])
  })

  test('starts anew with each event of the agent, whatever it is', async () => {
    const { scene, voice, clock } = await running()
    const say = [
      () => voice.text('a', 'x'),
      () => voice.delta('m', 'x'),
      () => voice.cost({ inputTokens: 1 }),
      () => voice.emit('plan', { entries: [] }),
      () => voice.message('compaction', {}, 'c'),
      () => voice.status('running'),
    ]
    for (const event of say) {
      await clock.advance(stallMs - 1)
      event()
    }
    await clock.advance(stallMs - 1)
    expect(messages(scene)).toEqual([])
    await clock.advance(1)
    expect(messages(scene)).toEqual([stalled()])
  })

  test('alarms once for one silence, and again for the next', async () => {
    const { scene, session, voice, clock } = await running()
    await clock.advance(10 * stallMs)
    expect(messages(scene)).toEqual([stalled()])
    voice.delta('m', 'x')
    expect(session.stall).toBeUndefined()
    await clock.advance(stallMs)
    expect(messages(scene)).toEqual([stalled(), stalled()])
  })

  test.each(['done', 'error'])('is ended by %s', async (status) => {
    const { scene, voice, clock } = await running()
    voice.status(status)
    await clock.advance(2 * stallMs)
    expect(messages(scene)).toHaveLength(1)
    expect(messages(scene)).not.toContain(stalled())
  })

  test('is ended by an idle status: an agent that rests is not silent', async () => {
    const { scene, voice, clock } = await running()
    voice.status('idle')
    await clock.advance(2 * stallMs)
    expect(messages(scene)).toEqual([])
  })

  test('T22 is not started again by late events', async () => {
    const { scene, session, voice, clock } = await running()
    await session.stop()
    voice.text('a', 'late')
    voice.delta('m', 'late')
    voice.cost({ inputTokens: 1 })
    await clock.advance(2 * stallMs)
    expect(messages(scene)).toEqual([`Agent stopped on ${project}`])
    expect(session.stall).toBeUndefined()
  })

  test('an end takes the stall away', async () => {
    const { session, voice, clock } = await running()
    await clock.advance(stallMs)
    voice.status('done')
    expect(session.stall).toBeUndefined()
  })

  test('counts each session by itself', async () => {
    const scene = createScene()
    const one = await scene.start({}, 'one')
    await scene.clock.advance(stallMs / 2)
    await scene.start({}, 'two')
    await scene.clock.advance(stallMs / 2)
    expect(messages(scene)).toEqual([stalled('one')])
    scene.agent(one).text('a', 'x')
    await scene.clock.advance(stallMs / 2)
    expect(messages(scene)).toEqual([stalled('one'), stalled('two')])
  })
})

describe('a stall has a cause, and only a silent model alarms', () => {
  test('a tool that runs', async () => {
    const { scene, session, voice, clock } = await running()
    voice.call('c', 'Bash', { command: 'sleep 9999' })
    await clock.advance(stallMs)
    expect(session.stall?.cause).toBe('tool')
    expect(messages(scene)).toEqual([])
    voice.result('c', 'x')
    expect(session.stall).toBeUndefined()
    await clock.advance(stallMs)
    expect(session.stall?.cause).toBe('model')
    expect(messages(scene)).toEqual([stalled()])
  })

  test('a question that waits for a person, before the tool that asked it', async () => {
    const { scene, session, voice, clock } = await running()
    voice.call('c')
    voice.ask('q')
    await clock.advance(stallMs)
    expect(session.stall?.cause).toBe('person')
    expect(messages(scene)).toEqual([])
    await session.respond('q', { optionId: 'allow' })
    expect(session.stall).toBeUndefined()
    voice.result('c', 'x')
    await clock.advance(stallMs)
    expect(messages(scene)).toEqual([stalled()])
  })

  test('a line that is down; once it is back the silence counts anew', async () => {
    const { scene, session, clock } = await running()
    scene.transport.emit({ type: 'connection', state: 'reconnecting' })
    await clock.advance(stallMs)
    expect(session.stall?.cause).toBe('connection')
    expect(messages(scene)).toEqual([])
    scene.transport.emit({ type: 'connection', state: 'connected' })
    expect(session.stall).toBeUndefined()
    await clock.advance(stallMs)
    expect(session.stall?.cause).toBe('model')
    expect(messages(scene)).toEqual([stalled()])
  })
})

describe('F25 a machine that sleeps', () => {
  test('has not heard the agent meanwhile: no false stall on waking', async () => {
    const { scene, session, clock } = await running()
    await clock.advance(minute)
    await clock.sleep(8 * 60 * minute)
    expect(messages(scene)).toEqual([])
    expect(session.stall).toBeUndefined()
    await clock.advance(stallMs - 1)
    expect(messages(scene)).toEqual([])
    await clock.advance(1)
    expect(messages(scene)).toEqual([stalled()])
  })

  test('timers that were throttled by a few seconds still tell a stall', async () => {
    const { scene, clock } = await running()
    await clock.advance(stallMs - 1_000)
    await clock.sleep(11_000)
    expect(messages(scene)).toEqual([stalled()])
  })

  test('that says it woke counts the silence from then', async () => {
    let wake = (): void => {}
    const lifecycle: Lifecycle = { onHide: () => () => {}, onWake: (listener) => ((wake = listener), () => {}) }
    const { scene, clock } = await running({ lifecycle })
    await clock.advance(stallMs - 1)
    wake()
    await clock.advance(stallMs - 1)
    expect(messages(scene)).toEqual([])
    await clock.advance(1)
    expect(messages(scene)).toEqual([stalled()])
  })

  test('cleans up and saves what fell due, once', async () => {
    const { scene, session, voice, clock } = await running()
    voice.text('a', 'x')
    voice.status('done')
    await clock.sleep(8 * 60 * minute)
    expect(scene.store.hasSession(project)).toBe(false)
    expect(session.saved).toBe('saved')
  })
})

describe('F26 a wall clock that jumps', () => {
  test.each([24 * 60 * minute, -24 * 60 * minute])('by %i ms moves no timer', async (jump) => {
    const { scene, session, voice, clock } = await running()
    clock.setWallClock(clock.now() + jump)
    await clock.advance(stallMs - 1)
    expect(messages(scene)).toEqual([])
    voice.text('a', 'x')
    clock.setWallClock(clock.now() + jump)
    await clock.advance(2_000)
    expect(session.saved).toBe('saved')
    voice.status('done')
    clock.setWallClock(clock.now() + jump)
    await clock.advance(minute - 1)
    expect(scene.store.hasSession(project)).toBe(true)
    await clock.advance(1)
    expect(scene.store.hasSession(project)).toBe(false)
  })

  test('backwards leaves the order of messages as it was', async () => {
    const { session, voice, clock } = await running()
    voice.delta('a', 'x')
    clock.setWallClock(0)
    voice.delta('b', 'y')
    expect(session.messages.map(({ id, seqId }) => [id, seqId]).slice(1)).toEqual([['a', 2], ['b', 3]])
  })
})

describe('B19 the cleanup', () => {
  test.each(['done', 'error'])('frees the project 60 s after %s; messages and cost stay readable', async (status) => {
    const { scene, session, voice, clock } = await running()
    voice.text('a', 'kept')
    voice.cost({ costUsd: 1, inputTokens: 2 })
    voice.status(status)
    await clock.advance(minute - 1)
    expect(scene.store.getSession(project)).toBe(session)
    await clock.advance(1)
    expect(scene.store.getSession(project)).toBeUndefined()
    expect(scene.store.findSession(session.sessionId)).toBe(session)
    expect(session).toMatchObject({ current: false, costUsd: 1, messageCount: 2 })
  })

  test('tells those who look at the project', async () => {
    const { scene, voice, clock } = await running()
    let told = 0
    const unsubscribe = scene.store.subscribeProject(project, () => (told += 1))
    voice.status('done')
    await clock.advance(minute - 1)
    expect(told).toBe(0)
    await clock.advance(1)
    expect(told).toBe(1)
    unsubscribe()
    await scene.start()
    await clock.settle()
    expect(told).toBe(1)
  })

  test('takes as long as cleanupMs says', async () => {
    const { scene, voice, clock } = await running({ limits: { cleanupMs: 100 } })
    voice.status('done')
    await clock.advance(99)
    expect(scene.store.hasSession(project)).toBe(true)
    await clock.advance(1)
    expect(scene.store.hasSession(project)).toBe(false)
  })

  test('F32 leaves a session that runs again', async () => {
    const { scene, session, voice, clock } = await running()
    voice.status('done')
    await clock.advance(minute - 1)
    await session.prompt('Go on')
    await clock.advance(10 * minute)
    expect(scene.store.getSession(project)).toBe(session)
  })

  test('counts anew from the last end', async () => {
    const { scene, session, voice, clock } = await running()
    voice.status('done')
    await clock.advance(minute - 1)
    await session.prompt('Go on')
    scene.agent(session).status('done')
    await clock.advance(minute - 1)
    expect(scene.store.hasSession(project)).toBe(true)
    await clock.advance(1)
    expect(scene.store.hasSession(project)).toBe(false)
  })

  test('F32 leaves the session that was started in its place', async () => {
    const { scene, voice, clock } = await running()
    voice.status('done')
    await clock.advance(minute - 1)
    const next = await scene.start()
    await clock.advance(10 * minute)
    expect(scene.store.getSession(project)).toBe(next)
  })

  test('B23 clear frees the project at once, of a session that is not running', async () => {
    const { scene, session, voice } = await running()
    expect(await scene.store.clear(project)).toMatchObject({ ok: false, code: 'session-running' })
    expect(scene.store.getSession(project)).toBe(session)
    voice.status('done')
    expect(await scene.store.clear(project)).toEqual({ ok: true })
    expect(scene.store.hasSession(project)).toBe(false)
    expect(scene.store.findSession(session.sessionId)).toBe(session)
    expect(session.messageCount).toBe(1)
  })
})

describe('promise 7 timers', () => {
  test('cost O(1): however many events come, a session has the same few armed', async () => {
    const { voice, clock } = await running()
    voice.delta('m', 'x')
    const armed = clock.pending
    for (let at = 0; at < 1_000; at += 1) voice.delta('m', 'x')
    expect(clock.pending).toBe(armed)
    expect(armed).toBeLessThanOrEqual(2)
  })

  test('are set by no event: it moves a number', async () => {
    const { scene, voice, clock } = await running()
    voice.delta('m', 'x')
    await scene.store.flush()
    voice.delta('m', 'x')
    let set = 0
    const { setTimeout: arm } = clock
    clock.setTimeout = (run, ms) => {
      set += 1
      return arm(run, ms)
    }
    for (let at = 0; at < 1_000; at += 1) voice.delta('m', 'x')
    expect(set).toBe(0)
  })

  test('none is left once all runs are over and saved', async () => {
    const { voice, clock } = await running()
    voice.status('done')
    await clock.advance(minute)
    expect(clock.pending).toBe(0)
  })
})
