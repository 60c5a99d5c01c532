import type { PlanEntry } from '@agentclientprotocol/sdk/unstable'
import type { ActiveTurn } from '../turn.ts'
import { listFiles } from './list.ts'
import { plural } from './plural.ts'
import { readFile } from './read.ts'
import { searchFiles } from './search.ts'
import type { World } from './world.ts'

/** The pause between two steps, in words of a story. */
const PAUSE = 10

/** Four small things that are truly done, one after the other; what each found is told by the last. */
export async function plan(turn: ActiveTurn, world: World): Promise<void> {
  const found: string[] = []
  const steps = [
    {
      content: 'Look at what is there',
      priority: 'high',
      work: async () => {
        const listing = await listFiles('.', turn, world)
        found.push(listing.done ? `there are ${plural(listing.value.files, 'file')}` : listing.reason)
      },
    },
    {
      content: 'Count the ships in data/numbers.csv',
      priority: 'medium',
      work: async () => {
        const table = await readFile('data/numbers.csv', turn, world)
        found.push(table.done ? `${plural(ships(table.value.text), 'ship')} came by` : table.reason)
      },
    },
    {
      content: 'Find out what is still to do',
      priority: 'medium',
      work: async () => {
        const todo = await searchFiles('TODO ', turn, world)
        found.push(todo.done ? `${plural(todo.value.matches, 'thing is', 'things are')} still to do` : todo.reason)
      },
    },
    {
      content: 'Tell what came of it',
      priority: 'low',
      work: () => turn.say(`The plan is carried out: ${found.join('; ')}.`),
    },
  ] as const

  const entries: PlanEntry[] = steps.map(({ content, priority }) => ({ content, priority, status: 'pending' }))
  await turn.plan(entries)
  for (const [index, { work }] of steps.entries()) {
    const entry = entries[index]
    if (entry === undefined) continue
    await turn.pause(PAUSE)
    entry.status = 'in_progress'
    await turn.plan(entries)
    await work()
    entry.status = 'completed'
    await turn.plan(entries)
  }
}

/** The sum of the second column; a line without a number in it, such as the heading, counts nothing. */
function ships(table: string): number {
  return table
    .split('\n')
    .map((line) => Number(line.split(',')[1]))
    .filter(Number.isFinite)
    .reduce((sum, value) => sum + value, 0)
}
