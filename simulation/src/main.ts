// npm run simulate                     1,000 seeds of 200 steps
// npm run simulate -- --seed 7         one seed; a failure is shrunk to the steps that matter
// npm run simulate -- --story FILE     a story as a failing run prints it, such as those in simulation/kept-stories
// npm run simulate -- --seeds 1000000  the long run; --from 5000 begins there, --steps 400 makes each longer
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import * as core from '@agent-session/core'
import { failureOf, runSeed, tellFailure, type Failure } from './run-seed.ts'
import { readStory } from './story-text.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    story: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '200' },
  },
})

const number = (name: keyof typeof values): number => {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`--${name} is to be a whole number, not ${values[name]}`)
  process.exit(2)
}

if (values.story !== undefined) {
  const why = await failureOf(core, readStory(readFileSync(values.story, 'utf8')))
  console.log(why ?? 'Every promise held.')
  process.exit(why === undefined ? 0 : 1)
}

const steps = number('steps')
const from = values.seed === undefined ? number('from') : number('seed')
const count = values.seed === undefined ? number('seeds') : 1
const failures: Failure[] = []
const began = performance.now()
for (let seed = from; seed < from + count; seed += 1) {
  const failure = await runSeed(core, seed, steps)
  if (failure !== undefined) {
    failures.push(failure)
    console.error(`seed ${seed}: ${failure.why}`)
    if (failures.length === 10) break
  }
  if ((seed - from + 1) % 5_000 === 0) console.error(`${seed - from + 1} seeds, ${Math.round((performance.now() - began) / 1_000)} s`)
}
const [first] = failures
if (first === undefined) {
  console.log(`${count} seeds of ${steps} steps: every promise held (${Math.round((performance.now() - began) / 1_000)} s)`)
} else {
  console.error(`\n${await tellFailure(core, first)}`)
  process.exitCode = 1
}
