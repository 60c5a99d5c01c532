import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureGrowth, memorySubjects, type Growth, type GrowthSubject } from './growth.ts'

const rounds = 9

const folder = mkdtempSync(join(tmpdir(), 'agent-session-bench-'))
let databases = 0
const sqlite: GrowthSubject = {
  name: 'a notice each 16 events, saved in SQLite',
  eventsPerNotice: 16,
  storage: () => createSqliteStorage({ path: join(folder, `${(databases += 1)}.db`) }),
}

try {
  const results: Growth[] = []
  for (const subject of [...memorySubjects, sqlite]) results.push(await measureGrowth(subject, rounds))
  console.log('A session of 20,000 events: what an event costs in the first and in the last 2,000')
  console.log(`(medians of ${rounds} rounds, Node ${process.version})\n`)
  console.table(
    results.map(({ name, beginning, end, ratio }) => ({
      '': name,
      'µs at the beginning': round(beginning),
      'µs at the end': round(end),
      'ratio (1 = flat)': round(ratio),
    })),
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function round(value: number): number {
  return Number(value.toFixed(2))
}
