import type { Core } from './core.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulate.ts'
import { tellStory, type Step } from './story.ts'

/** A seed whose story broke a promise. */
export interface Failure {
  readonly seed: number
  readonly steps: number
  /** Which promise, and when. */
  readonly why: string
}

async function failureOf(core: Core, story: readonly Step[]): Promise<string | undefined> {
  try {
    await simulate(core, story)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Tells the story of one seed; `undefined` when every promise held. */
export async function runSeed(core: Core, seed: number, steps: number): Promise<Failure | undefined> {
  const why = await failureOf(core, tellStory(seed, steps))
  return why === undefined ? undefined : { seed, steps, why }
}

/** The failure as a person reads it: the fewest steps that still lead to one. */
export async function tellFailure(core: Core, { seed, steps, why }: Failure): Promise<string> {
  const story = await shrink(tellStory(seed, steps), async (shorter) => (await failureOf(core, shorter)) !== undefined)
  const lines = story.map(({ name, a, b }, index) => `${String(index + 1).padStart(4)}. ${name} ${a} ${b}`)
  return [`Seed ${seed}, ${steps} steps: ${why}`, `Shrunk to ${story.length} steps: ${await failureOf(core, story)}`, ...lines].join('\n')
}
