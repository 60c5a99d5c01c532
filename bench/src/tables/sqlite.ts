import { measureInProcess } from '../in-process.ts'
import { interleaved } from '../interleaved.ts'
import { median } from '../median.ts'
import { atLeast, atMost, short, type MakeTable } from '../report/table.ts'

const layouts = ['agent-session', 'integer key', 'composite text key'] as const
const drivers = ['node:sqlite', 'better-sqlite3'] as const
type Case = `${(typeof layouts)[number]} | ${(typeof drivers)[number]}`

export const makeSqlite: MakeTable = async ({ quick }) => {
  const asks = new Map(drivers.flatMap((driver) => layouts.map((layout) => [`${layout} | ${driver}` as Case, { layout, driver }] as const)))
  const measured = await interleaved([...asks.keys()], quick ? 1 : 5, (name) => {
    const ask = asks.get(name)
    if (ask === undefined) throw new Error(`There is no ${name}.`)
    return measureInProcess({ kind: 'sqlite', ...ask, messages: quick ? 10_000 : 100_000 })
  })
  const of = (name: Case, field: string): number => median(measured(name).map((round) => round[field] ?? Number.NaN))
  const fields = ['rowsASecond', 'cpuARow', 'lastOfLong', 'lastOfShort', 'all', 'cpuOfAll'] as const
  return {
    title: 'Saving in SQLite and reading back',
    how:
      'Messages of some 370 bytes, saved 100 at a time with the session’s record, its cursor and its fence in the same transaction; and rows of ' +
      'JSON that was made beforehand, by prepared inserts in transactions of 100, in the same two layouts that a hand-written table would have. ' +
      'WAL, synchronous NORMAL. Then the last 200 of a session of 100,000 and of one of 1,000 (ours with the session’s record), and all 100,000, ' +
      'each raw row parsed. Rows a second are those of the median transaction; the goals for saving and for all 100,000 go by the CPU of the ' +
      'process, which other work on the machine does not change.',
    columns: ['', 'rows a second', 'µs of CPU a row', 'ms, last 200 of 100,000', 'ms, last 200 of 1,000', 'ms, all 100,000', 'ms of CPU, all'],
    rows: [...asks.keys()].map((name) => [name.replace('agent-session', 'Agent Session').replace(' | ', ', '), ...fields.map((field) => short(of(name, field)))]),
    goals: drivers.flatMap((driver) => [
      atLeast(`saving against the best raw layout, ${driver}`, 0.7, of(`integer key | ${driver}`, 'cpuARow') / of(`agent-session | ${driver}`, 'cpuARow')),
      atMost(`the last 200 of 100,000 against raw, ${driver}`, 3, of(`agent-session | ${driver}`, 'lastOfLong') / of(`integer key | ${driver}`, 'lastOfLong')),
      atMost(`the last 200 of 100,000 against those of 1,000, ${driver}`, 1.5, of(`agent-session | ${driver}`, 'lastOfLong') / of(`agent-session | ${driver}`, 'lastOfShort')),
      atMost(`all 100,000 against raw rows and JSON.parse, ${driver}`, 1.3, of(`agent-session | ${driver}`, 'cpuOfAll') / of(`integer key | ${driver}`, 'cpuOfAll')),
    ]),
  }
}
