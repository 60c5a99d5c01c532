import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSqliteStorage } from '../index.ts'
import type { DriverName } from './drivers.ts'
import { runtimeOf } from './runtime-of.ts'
import { lookAfterWork, prepare, rehearse, type UpkeepWork } from './upkeep-work.ts'

const script = fileURLToPath(new URL('./work-until-killed.ts', import.meta.url))
const open = (path: string) => createSqliteStorage({ path })

/** Where the process is killed: before its nth statement (it does so itself), or so many ms after it began. */
export type WorkKill = { readonly atStatement: number } | { readonly afterMs: number }

export interface KilledWork {
  /** What a reader saw then: the file as before the work, or as after it. */
  readonly seen: 'before' | 'after'
  /** Whether the work was over before the kill came. */
  readonly over: boolean
}

/** Does the work in processes of their own, each on a new file, kills each in one place, and looks at what is left. Throws what is wrong. */
export async function killWork(newPath: () => string, driver: DriverName, work: UpkeepWork, kills: (ms: number) => Iterable<WorkKill>): Promise<KilledWork[]> {
  const { before, after, ms } = await rehearse(newPath(), work, open)
  const outcomes: KilledWork[] = []
  for (const kill of kills(ms)) {
    const path = newPath()
    await prepare(path, work, open)
    const { over, errors } = await killed(path, driver, work, kill)
    const place = `${driver}, ${work}, ${JSON.stringify(kill)}, of ${path}`
    if (errors !== '') throw new Error(`${place}: ${errors}`)
    const seen = await lookAfterWork(path, work, before, after, open).catch((cause: unknown) => {
      throw new Error(place, { cause })
    })
    // What was done is done.
    if (over && seen === 'before' && before !== after) throw new Error(`${place}: it was done, and is not there`)
    outcomes.push({ seen, over })
    if (over && 'atStatement' in kill) break
  }
  return outcomes
}

function killed(path: string, driver: DriverName, work: UpkeepWork, kill: WorkKill): Promise<{ over: boolean; errors: string }> {
  const { program, args } = runtimeOf(driver)
  const dieAt = 'atStatement' in kill ? kill.atStatement : Infinity
  const child = spawn(program, [...args, script, path, driver, work, String(dieAt)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [over, errors] = [false, '']
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'done') over = true
    if (line === 'begin' && 'afterMs' in kill) setTimeout(() => child.kill('SIGKILL'), kill.afterMs)
  })
  return new Promise((resolve) => child.on('close', () => resolve({ over, errors })))
}
