// npm run bench                  all tables, and bench/RESULTS.md
// npm run bench -- --quick       a smoke run; writes nothing
// npm run bench -- deltas page   these tables; writes nothing
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildPage } from './build/build-page.ts'
import { buildSubjects } from './build/build-subjects.ts'
import { bench, built } from './paths.ts'
import { markdown } from './report/markdown.ts'
import { results } from './report/results.ts'
import type { MakeTable, Table } from './report/table.ts'
import { makeDeltas } from './tables/deltas.ts'
import { makeFirstRead } from './tables/first-read.ts'
import { makeGrowth } from './tables/growth.ts'
import { makeMemory } from './tables/memory.ts'
import { makeMessages } from './tables/messages.ts'
import { makePage } from './tables/page.ts'
import { makeSessions } from './tables/sessions.ts'
import { makeSize } from './tables/size.ts'

const tables: Readonly<Record<string, MakeTable>> = {
  deltas: makeDeltas,
  messages: makeMessages,
  page: makePage,
  'first-read': makeFirstRead,
  memory: makeMemory,
  sessions: makeSessions,
  growth: makeGrowth,
  size: makeSize,
}

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const asked = args.filter((arg) => !arg.startsWith('--'))
const unknown = [...asked.filter((name) => !Object.hasOwn(tables, name)), ...args.filter((arg) => arg.startsWith('--') && arg !== '--quick')]
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}: name some of ${Object.keys(tables).join(', ')}, or --quick`)
  process.exit(2)
}

const began = performance.now()
const seconds = (): number => Math.round((performance.now() - began) / 1_000)
try {
  await buildSubjects()
  await buildPage()
  const made: Table[] = []
  for (const [name, make] of Object.entries(tables)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    const table = await make({ quick })
    made.push(table)
    console.log(`${markdown(table)}\n`)
    console.error(`(${name}: done after ${seconds()} s)\n`)
  }
  if (!quick && asked.length === 0) writeFileSync(join(bench, 'RESULTS.md'), results(made, seconds()))
} finally {
  rmSync(built, { recursive: true, force: true })
}
