import { describe, expect, test } from 'vitest'
import { budgetStanding } from '../src/budget/budget.ts'
import { createScene, project, restarted } from './scene.ts'

const warnings = (scene: ReturnType<typeof createScene>) => scene.heard.notifications.filter(({ variant }) => variant === 'warning').map(({ message }) => message)

describe('a budget', () => {
  test('in USD warns at four fifths, then stops the run', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { costUsd: 1 } })
    const voice = scene.agent(session)
    voice.cost({ costUsd: 0.5 })
    expect(warnings(scene)).toEqual([])
    voice.cost({ costUsd: 0.85 })
    voice.cost({ costUsd: 0.9 })
    expect(warnings(scene)).toEqual(['Budget nearly used up on demo (0.85 of 1 USD)'])
    voice.cost({ costUsd: 1.02 })
    await scene.clock.settle()
    expect(warnings(scene).at(-1)).toBe('Budget used up on demo (1.02 of 1 USD)')
    expect(scene.commands('stop')).toHaveLength(1)
    expect(session).toMatchObject({ status: 'done', endReason: 'budget', live: false })
  })

  test.each([
    ['budget', 'stopped'],
    // It came to its end by itself meanwhile.
    ['completed', 'completed'],
  ])('that ends a run is %s as the reason, though the agent tells first that it was %s', async (endReason, reason) => {
    const scene = createScene({
      reply(command) {
        if (command.type !== 'stop') return undefined
        scene.agent(session).status('done', { reason })
        return { ok: true }
      },
    })
    const session = await scene.start({ budget: { costUsd: 1 } })
    scene.agent(session).cost({ costUsd: 2 })
    await scene.clock.settle()
    expect(session).toMatchObject({ status: 'done', endReason, live: false })
  })

  test('that is used up takes no more prompts, until another is set', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { tokens: 100, warnAt: 0.5 } })
    scene.agent(session).cost({ inputTokens: 90, outputTokens: 20 })
    await scene.clock.settle()
    expect(await session.prompt('More')).toMatchObject({ ok: false, code: 'budget-exceeded' })
    expect(await session.setBudget({ tokens: 1_000 })).toEqual({ ok: true })
    expect(await session.prompt('More')).toMatchObject({ ok: true })
    expect(await session.setBudget(undefined)).toEqual({ ok: true })
    expect(session.budget).toBeUndefined()
  })

  test('in turns lets the last one finish, and refuses the next; what is queued waits', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { turns: 2 } })
    await session.prompt('Second')
    await session.prompt('Third')
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(session).toMatchObject({ status: 'running', turns: 2 })
    scene.agent(session).status('done')
    await scene.clock.settle()
    expect(session).toMatchObject({ status: 'done', endReason: 'completed', turns: 2 })
    expect(session.queue.map(({ prompt }) => prompt)).toEqual(['Third'])
    expect(await session.prompt('Fourth')).toMatchObject({ code: 'budget-exceeded' })
  })

  test('is the same after a restart', async () => {
    const scene = createScene()
    const session = await scene.start({ budget: { turns: 1 } })
    scene.agent(session).status('done')
    await scene.store.flush()
    const after = await restarted(scene)
    await after.store.restore(project)
    expect(await after.store.prompt(project, 'More')).toMatchObject({ code: 'budget-exceeded' })
  })

  test.each([[{ costUsd: 0 }], [{ tokens: -1 }], [{ turns: Number.NaN }], [{ costUsd: 1, warnAt: 1 }], [{ costUsd: '1' }]])(
    'that is none is refused: %j',
    async (budget) => {
      const scene = createScene()
      const session = await scene.start()
      const given = Object.fromEntries(Object.entries(budget))
      expect(await session.setBudget(given)).toMatchObject({ ok: false, code: 'invalid-argument' })
      expect(await scene.store.start('other', { provider: 'claude', prompt: 'x', budget: given })).toMatchObject({ code: 'invalid-argument' })
    },
  )

  test('with several bounds stands as the nearest of them', () => {
    const usage = { costUsd: 0.1, inputTokens: 80, outputTokens: 10, cachedInputTokens: 0 }
    expect(budgetStanding({ costUsd: 1, tokens: 100 }, usage, 1)).toEqual({ level: 'warned', text: '90 of 100 tokens' })
    expect(budgetStanding({}, usage, 1)).toEqual({ level: 'within' })
    expect(budgetStanding(undefined, usage, 1)).toEqual({ level: 'within' })
  })
})
