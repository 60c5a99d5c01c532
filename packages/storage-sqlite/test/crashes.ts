// Kills (-9) a process that streams into a file so many times for each SQLite, and looks at the file after each.
//
//   npm run crashes -- [--times 200] [DRIVER ...]

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AfterCrash } from '../src/test/after-crash.ts'
import { driverNames, type DriverName } from '../src/test/drivers.ts'
import { killAgainAndAgain } from '../src/test/kill-again-and-again.ts'
import { saveDelayMs } from '../src/test/kill-process.ts'

const args = process.argv.slice(2)
const at = args.indexOf('--times')
const times = at === -1 ? 200 : Number(args[at + 1])
const asked = args.filter((arg, index) => at === -1 || (index !== at && index !== at + 1))
const drivers = driverNames.filter((name) => asked.length === 0 || asked.includes(name))
if (!(times >= 1) || asked.some((arg) => !drivers.some((name) => name === arg))) {
  console.error(`npm run crashes -- [--times 200] [${driverNames.join(' | ')}]`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'agent-session-crashes-'))
const count = (crashes: readonly AfterCrash[], wanted: AfterCrash['inFlight']): number => crashes.filter(({ inFlight }) => inFlight === wanted).length

async function crash(driver: DriverName): Promise<Record<string, number>> {
  const path = join(folder, `${driver.replace(':', '-')}.db`)
  const crashes = await killAgainAndAgain(path, driver, times)
  const lost = crashes.map(({ lostMs }) => lostMs).toSorted((a, b) => a - b)
  return {
    kills: crashes.length,
    'with a save under way': times - count(crashes, 'none'),
    'which came through': count(crashes, 'whole'),
    'lost nothing': crashes.filter(({ lostEvents }) => lostEvents === 0).length,
    'ms lost, median': Math.round(lost[Math.floor(lost.length / 2)] ?? 0),
    [`ms lost at most (saveDelayMs ${saveDelayMs})`]: Math.round(lost.at(-1) ?? 0),
    'messages at the end': crashes.at(-1)?.texts.size ?? 0,
    'MB at the end': Math.round(statSync(path).size / 2 ** 17) / 8,
  }
}

// Side by side, as the machine has several cores; each has a file of its own.
const outcomes = await Promise.allSettled(drivers.map(crash))
const table: Record<string, Record<string, number>> = {}
let failed = false
for (const [index, outcome] of outcomes.entries()) {
  if (outcome.status === 'fulfilled') table[drivers[index] ?? ''] = outcome.value
  else {
    failed = true
    console.error(outcome.reason)
  }
}
console.table(table)
// A file that did not keep its promise is left where it is, to be looked at.
if (failed) process.exitCode = 1
else rmSync(folder, { recursive: true })
