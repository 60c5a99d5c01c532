import { execFileSync } from 'node:child_process'
import type { Core } from './core.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulate.ts'
import { writeStory } from './story-text.ts'
import { tellStory, type Step } from './story.ts'

/** A seed whose story broke a promise. */
export interface Failure {
  readonly seed: number
  readonly steps: number
  /** Which promise, and when. */
  readonly why: string
}

/** Tells a story; `undefined` when every promise held, else which did not, and when. */
export async function failureOf(core: Core, story: readonly Step[]): Promise<string | undefined> {
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

/** The failure as a person reads it: the fewest steps that still break the same promise, and how to see it again. */
export async function tellFailure(core: Core, { seed, steps, why }: Failure): Promise<string> {
  const kind = kindOf(why)
  const story = await shrink(tellStory(seed, steps), async (shorter) => kindOf((await failureOf(core, shorter)) ?? '') === kind)
  return [
    `Seed ${seed}, ${steps} steps, at commit ${commit()}: ${why}`,
    `Again: npm run simulate -- --seed ${seed} --steps ${steps}`,
    `Shrunk to ${story.length} steps (a file of them is told again by npm run simulate -- --story FILE): ${await failureOf(core, story)}`,
    writeStory(story),
  ].join('\n')
}

/** What was broken, whichever messages and sessions it befell and whenever: a shrunk story is to show the same, not something else. */
function kindOf(why: string): string {
  const [first = ''] = why.split('\n')
  return first.replace(/ \([^()]*\)$/, '').replace(/"[^"]*"|\S*\d\S*/g, '…')
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
