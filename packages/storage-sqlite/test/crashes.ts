// Kills (-9) a process that streams into a file so many times for each SQLite, and looks at the file after each. Then one
// that commits, deletes, indexes, compacts and migrates: before each of its statements, and at as many moments by the clock.
//
//   npm run crashes -- [--times 200] [DRIVER ...]

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AfterCrash } from '../src/test/after-crash.ts'
import { driverNames, type DriverName } from '../src/test/drivers.ts'
import { killAgainAndAgain } from '../src/test/kill-again-and-again.ts'
import { killWork, type KilledWork, type WorkKill } from '../src/test/kill-work.ts'
import { upkeepWorks } from '../src/test/upkeep-work.ts'
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

/** Until the process is over before it has come to so many statements; a long work is tried at some of them alone. */
function* everyStatement(): Generator<WorkKill> {
  for (let atStatement = 0; ; atStatement += atStatement < 60 ? 1 : 41) yield { atStatement }
}

/** Spread over the time that it takes, and a little more. */
function* momentsOf(ms: number): Generator<WorkKill> {
  const moments = Math.ceil(times / 10)
  for (let moment = 0; moment < moments; moment += 1) yield { afterMs: (moment / moments) * ms * 1.2 }
}

let files = 0

async function crashWorks(driver: DriverName): Promise<Record<string, string>> {
  const row: Record<string, string> = {}
  for (const work of upkeepWorks) {
    const newPath = (): string => join(folder, `${driver.replace(':', '-')}-${(files += 1)}.db`)
    const killed: KilledWork[] = [...(await killWork(newPath, driver, work, everyStatement)), ...(await killWork(newPath, driver, work, momentsOf))]
    const [inside, after] = [killed.filter(({ over }) => !over), killed.filter(({ over }) => over)]
    row[work] = `${inside.length} inside, ${inside.filter(({ seen }) => seen === 'after').length} of them came through, ${after.length} after`
  }
  return row
}

let failed = false

/** Side by side, as the machine has several cores; each has a file of its own. */
async function ofEach<Row extends object>(run: (driver: DriverName) => Promise<Row>): Promise<void> {
  const table: Record<string, Row> = {}
  const runs = drivers.map(async (driver) => {
    try {
      table[driver] = await run(driver)
    } catch (thrown) {
      failed = true
      console.error(thrown)
    }
  })
  await Promise.all(runs)
  console.table(table)
}

await ofEach(crash)
await ofEach(crashWorks)
// A file that did not keep its promise is left where it is, to be looked at.
if (failed) process.exitCode = 1
else rmSync(folder, { recursive: true })
