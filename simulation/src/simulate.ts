import { Checks } from './checks.ts'
import type { Core } from './core.ts'
import type { Step } from './story.ts'
import { heal, takeStep } from './take-step.ts'
import { Violation, World } from './world.ts'

/** Longer than every limit of the world. */
const restMs = 90_000

/** Tells one story from beginning to end; throws a `Violation` at the first step after which a promise does not hold. */
export async function simulate(core: Core, story: readonly Step[]): Promise<void> {
  const world = new World(core)
  const checks = new Checks(world)
  const unhandled = (error: unknown): void => world.violate(`promise 6: nobody handled ${String(error)}`)
  process.on('unhandledRejection', unhandled)
  try {
    for (const [index, step] of story.entries()) {
      if (step.name === 'crash' || step.name === 'usurp') {
        // What the disk holds at this instant is all that the next process will have.
        await checks.disk()
      }
      world.process.attempts.step(timePasses(step))
      const { steady } = world
      if (step.name === 'quit') await world.quit(() => checks.afterQuit(steady))
      else await takeStep(world, step)
      await world.clock.settle()
      await checks.afterStep(step)
      hold(world, `after step ${index + 1}, ${step.name}`)
    }
    await comeToRest(world, checks)
    hold(world, 'at the end')
  } finally {
    process.off('unhandledRejection', unhandled)
  }
}

async function comeToRest(world: World, checks: Checks): Promise<void> {
  heal(world)
  world.process.line.slow(0)
  world.process.line.reconnect()
  await world.clock.settle()
  // A line that was up all the time may have lost the last event, which nothing would tell of.
  world.process.line.disconnect()
  world.process.line.reconnect()
  await world.clock.settle()
  world.process.line.deliverAll()
  await world.clock.advance(restMs)
  world.process.line.deliverAll()
  await world.clock.advance(restMs)
  await checks.afterStep()
  hold(world, 'at rest')
  await checks.atTheEnd()
  await checks.disk()
  hold(world, 'at the end')
  await world.closeWindows()
  const { store, clock } = world.process
  const live = store.liveSessions().length
  // All is saved, and nobody waits: what is left are the stall timers.
  if (clock.armed > live) world.violate(`promise 7: ${clock.armed} timers at rest, for ${live} live sessions`)
  await store.dispose()
  if (clock.armed > 0) world.violate(`promise 7: ${clock.armed} timers outlive the store`)
  hold(world, 'after the end')
}

/** Steps in which nobody does anything. */
const timePasses = ({ name }: Step): boolean => name === 'wait' || name === 'sleep'

function hold({ violations }: World, when: string): void {
  const [first] = violations
  if (first !== undefined) throw new Violation(`${first} (${when})`)
}
