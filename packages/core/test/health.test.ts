import { describe, expect, test } from 'vitest'
import { createScene, project, restarted, type Scene } from './scene.ts'
import { must } from './must.ts'

const minute = 60_000

async function running(scene = createScene()) {
  const session = await scene.start()
  return { scene, session, voice: scene.agent(session), clock: scene.clock, health: () => must(scene.store.sessionHealth(session.sessionId)) }
}

describe('B25 health', () => {
  test('is that of the current session; without one there is none', async () => {
    const { scene, health } = await running()
    expect(scene.store.health(project)).toEqual(health())
    expect(scene.store.health('other')).toBeUndefined()
    expect(scene.store.sessionHealth('nobody')).toBeUndefined()
  })

  test('activity: running, idle, stalled, inactive', async () => {
    const { voice, clock, health } = await running()
    expect(health().activity).toBe('running')
    voice.status('idle')
    expect(health().activity).toBe('idle')
    voice.status('running')
    await clock.advance(15 * minute)
    expect(health().activity).toBe('stalled')
    voice.text('a', 'x')
    expect(health().activity).toBe('running')
    voice.status('done')
    expect(health().activity).toBe('idle')
    await clock.advance(minute)
    expect(health().activity).toBe('inactive')
  })

  test('the tool that runs, and none once it is done', async () => {
    const { voice, health } = await running()
    expect(health()).not.toHaveProperty('activeTool')
    voice.call('a', 'Read')
    voice.call('b', 'Bash', { command: 'ls' })
    expect(health().activeTool).toBe('Bash')
    voice.result('b', 'x')
    expect(health().activeTool).toBe('Read')
    voice.result('a', 'x')
    expect(health()).not.toHaveProperty('activeTool')
  })

  test('the time since the last sign of the agent, by the clock that never jumps', async () => {
    const { voice, clock, health } = await running()
    expect(health()).not.toHaveProperty('idleMs')
    voice.delta('m', 'x')
    await clock.advance(700)
    clock.setWallClock(0)
    expect(health().idleMs).toBe(700)
    voice.delta('m', 'y')
    expect(health().idleMs).toBe(0)
  })

  test('what it burns: USD an hour and tokens a minute over five minutes', async () => {
    const { voice, clock, health } = await running()
    expect(health()).toMatchObject({ burnRateUsdPerHour: 0, tokensPerMinute: 0 })
    for (let at = 1; at <= 10; at += 1) {
      await clock.advance(minute)
      voice.cost({ costUsd: at * 0.1, inputTokens: at * 100, outputTokens: at * 20 })
    }
    expect(health().burnRateUsdPerHour).toBeCloseTo(6)
    expect(health().tokensPerMinute).toBeCloseTo(120)
    await clock.advance(5 * minute)
    expect(health()).toMatchObject({ burnRateUsdPerHour: 0, tokensPerMinute: 0 })
  })

  test('keeps a bounded memory of it, however often it is told', async () => {
    const { voice, clock, health } = await running()
    for (let at = 1; at <= 2_000; at += 1) {
      voice.cost({ costUsd: at * 0.001, inputTokens: at })
      await clock.advance(100)
    }
    expect(health().burnRateUsdPerHour).toBeCloseTo(36, 0)
  })

  test('a total that is put right downwards burns nothing', async () => {
    const { voice, clock, health } = await running()
    voice.cost({ costUsd: 5, inputTokens: 100 })
    await clock.advance(minute)
    voice.cost({ costUsd: 1, inputTokens: 10 })
    expect(health().burnRateUsdPerHour).toBeGreaterThanOrEqual(0)
    expect(health().tokensPerMinute).toBeGreaterThanOrEqual(0)
  })

  test('how full the context is', async () => {
    const { voice, health } = await running()
    expect(health()).not.toHaveProperty('contextPressure')
    voice.cost({ contextUsed: 50, contextSize: 200 })
    expect(health().contextPressure).toBe(0.25)
    voice.cost({ contextUsed: 500, contextSize: 200 })
    expect(health().contextPressure).toBe(1)
  })

  test('files that two live sessions write', async () => {
    const scene = createScene()
    const [one, two] = [await running(scene), await scene.start({ ifRunning: 'background' })]
    one.voice.call('a', 'Write', { file_path: 'shared.txt' })
    one.voice.call('b', 'Read', { file_path: 'read.txt' })
    scene.agent(two).call('c', 'Edit', { file_path: 'shared.txt' })
    scene.agent(two).call('d', 'Write', { file_path: 'read.txt' })
    expect(one.health().conflicts).toEqual(['shared.txt'])
    expect(scene.store.sessionHealth(two.sessionId)?.conflicts).toEqual(['shared.txt'])
    await two.stop()
    expect(one.health().conflicts).toEqual([])
  })
})

test('B25 promise 14 the files of a session are remembered up to a bound, the newest', async () => {
  const scene = createScene()
  const [one, two] = [await scene.start(), await scene.start({ ifRunning: 'background' })]
  for (let at = 0; at < 250; at += 1) scene.agent(one).call(`w${at}`, 'Write', { file_path: `${at}.txt` })
  for (const at of [0, 49, 50, 249]) scene.agent(two).call(`x${at}`, 'Edit', { file_path: `${at}.txt` })
  expect(scene.store.sessionHealth(two.sessionId)?.conflicts).toEqual(['50.txt', '249.txt'])
})

describe('attention', () => {
  type Session = Awaited<ReturnType<typeof running>>
  const reasons: [string, (at: Session) => unknown][] = [
    ['question', ({ voice }) => voice.ask('q')],
    ['connection', ({ scene }) => scene.transport.emit({ type: 'connection', state: 'disconnected' })],
    ['stalled', ({ clock }) => clock.advance(15 * minute)],
    ['error', ({ voice }) => voice.status('error')],
    ['context', ({ voice }) => voice.cost({ contextUsed: 95, contextSize: 100 })],
    ['finished', ({ voice }) => voice.status('done')],
    ['none', () => {}],
  ]

  test.each(reasons)('has the reason "%s"', async (reason, bringAbout) => {
    const at = await running()
    await bringAbout(at)
    expect(at.health().attention.reason).toBe(reason)
  })

  test('of a session that is over and no longer shown is none', async () => {
    const at = await running()
    at.voice.status('done')
    await at.clock.advance(minute)
    expect(at.health().attention).toEqual({ score: 0, reason: 'none' })
  })

  test('"interrupted" after a crash', async () => {
    const at = await running()
    await at.scene.store.flush()
    const after = await restarted(at.scene)
    await after.store.restore(project)
    expect(after.store.health(project)?.attention.reason).toBe('interrupted')
    expect(after.store.health(project)?.activity).toBe('idle')
  })

  test('"saving" while nothing can be saved', async () => {
    const at = await running()
    await at.scene.store.flush()
    at.scene.storage.failNext(100)
    at.voice.text('a', 'x')
    await at.clock.advance(2_000)
    expect(at.health().attention.reason).toBe('saving')
  })

  test('is the greater the more it presses', async () => {
    const scores: number[] = []
    for (const [, bringAbout] of reasons) {
      const at = await running()
      await bringAbout(at)
      scores.push(at.health().attention.score)
    }
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    for (const score of scores) expect(score >= 0 && score <= 100).toBe(true)
  })
})

const questions = (scene: Scene): string[] => scene.heard.notifications.map(({ message }) => message)

describe('a budget', () => {
  test('warns, then stops', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { costUsd: 1 } })
    const voice = scene.agent(session)
    voice.cost({ costUsd: 0.79 })
    expect(questions(scene)).toEqual([])
    voice.cost({ costUsd: 0.8 })
    voice.cost({ costUsd: 0.9 })
    expect(questions(scene)).toEqual([`Budget nearly used up on ${project} (0.80 of 1 USD)`])
    expect(session.live).toBe(true)
    voice.cost({ costUsd: 1 })
    await scene.clock.settle()
    expect(questions(scene).slice(1)).toEqual([`Budget used up on ${project} (1.00 of 1 USD)`, `Agent stopped on ${project}`])
    expect(session.live).toBe(false)
    expect(session.endReason).toBe('budget')
    expect(scene.commands('stop')).toHaveLength(1)
    expect(await session.prompt('more')).toMatchObject({ ok: false, code: 'budget-exceeded' })
    expect(scene.commands('prompt')).toEqual([])
  })

  test('that is used up while the start is still being accepted stops the agent once it is', async () => {
    let accept = (): void => {}
    const scene = createScene({ reply: ({ type }) => (type === 'start' ? new Promise((resolve) => (accept = () => resolve({ ok: true }))) : undefined) })
    void scene.store.start(project, { provider: 'claude', prompt: 'x', budget: { costUsd: 1 } })
    await scene.clock.settle()
    scene.agent(must(scene.store.getSession(project))).cost({ costUsd: 2 })
    await scene.clock.settle()
    accept()
    await scene.clock.settle()
    expect(scene.commands('stop')).toHaveLength(2)
    expect(scene.store.getSession(project)).toMatchObject({ live: false, endReason: 'budget' })
  })

  test('of tokens counts what goes in and what comes out', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { tokens: 100 } })
    scene.agent(session).cost({ inputTokens: 60, outputTokens: 39 })
    expect(session.live).toBe(true)
    scene.agent(session).cost({ inputTokens: 60, outputTokens: 40 })
    await scene.clock.settle()
    expect(session.live).toBe(false)
  })

  test('of turns lets the last one be finished', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { turns: 2 } })
    scene.agent(session).status('done')
    expect(await session.prompt('second')).toMatchObject({ ok: true })
    expect(session.live).toBe(true)
    scene.agent(session).status('done')
    expect(await session.prompt('third')).toMatchObject({ ok: false, code: 'budget-exceeded' })
    expect(session.turns).toBe(2)
  })

  test('can be raised, and work goes on', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { turns: 1 } })
    scene.agent(session).status('done')
    expect(await session.prompt('x')).toMatchObject({ ok: false })
    expect(await session.setBudget({ turns: 5 })).toEqual({ ok: true })
    expect(await session.prompt('x')).toMatchObject({ ok: true })
    expect(await session.setBudget(undefined)).toEqual({ ok: true })
    expect(session.budget).toBeUndefined()
  })

  test('that is set below what was used stops at once', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).cost({ costUsd: 5 })
    await session.setBudget({ costUsd: 1 })
    await scene.clock.settle()
    expect(session.live).toBe(false)
  })

  test('holds queued prompts back too', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { turns: 1 } })
    const queued = await session.prompt('next')
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(queued.ok ? session.queue.length : 0).toBe(queued.ok ? 1 : 0)
    expect(scene.commands('prompt')).toEqual([])
  })

  test.each(['{"costUsd":0}', '{"tokens":-1}', '{"turns":"5"}', '{"warnAt":1}', '{"warnAt":0}', '{"costUsd":null}'])('that is none is refused: %s', async (json) => {
    const scene = createScene()
    const session = await scene.start()
    expect(await session.setBudget(JSON.parse(json))).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(session.budget).toBeUndefined()
    expect(await scene.store.start('other', { provider: 'claude', prompt: 'x', budget: JSON.parse(json) })).toMatchObject({ ok: false, code: 'invalid-argument' })
  })
})
