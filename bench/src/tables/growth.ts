import { measureInProcess } from '../in-process.ts'
import { interleaved } from '../interleaved.ts'
import { median } from '../median.ts'
import { atMost, short, type MakeTable } from '../report/table.ts'

const cases = {
  each: { label: 'a notice each event', eventsPerNotice: 1, storage: 'memory' },
  coalesced: { label: 'a notice each 16 events', eventsPerNotice: 16, storage: 'memory' },
  held: { label: 'a notice each 16 events, while a commit is in flight all the time', eventsPerNotice: 16, storage: 'held' },
  saved: { label: 'a notice each 16 events, saved in SQLite', eventsPerNotice: 16, storage: 'sqlite' },
} as const

export const makeGrowth: MakeTable = async ({ quick }) => {
  const names = Object.keys(cases) as (keyof typeof cases)[]
  const measured = await interleaved(names, quick ? 1 : 5, (name) => {
    const { eventsPerNotice, storage } = cases[name]
    return measureInProcess({ kind: 'growth', eventsPerNotice, storage })
  })
  const of = (name: keyof typeof cases, field: string): number => median(measured(name).map((round) => round[field] ?? Number.NaN))
  return {
    title: 'A session of 20,000 events',
    how: 'What an event costs in the first and in the last 2,000 of a session: text in pieces, tool calls with their results, cost. Default limits.',
    columns: ['', 'µs at the beginning', 'µs at the end', 'end / beginning'],
    rows: names.map((name) => [cases[name].label, short(of(name, 'beginning')), short(of(name, 'end')), short(of(name, 'ratio'))]),
    goals: [
      ...names.map((name) => atMost(`the end against the beginning, ${cases[name].label}`, 1.5, of(name, 'ratio'))),
      // Unchanged is the goal; less than a fifth is the noise between two processes.
      atMost('an event while a commit takes seconds, against one while none does', 1.2, of('held', 'end') / of('coalesced', 'end')),
    ],
  }
}
