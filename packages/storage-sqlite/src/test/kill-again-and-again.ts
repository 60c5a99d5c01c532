import { lookAfterCrash, type AfterCrash } from './after-crash.ts'
import type { DriverName } from './drivers.ts'
import { killedProcess, killPoints } from './kill-process.ts'

/** Kills (-9) one process after the other that streams into the same file, and looks at it after each. Throws what is wrong. */
export async function killAgainAndAgain(path: string, driver: DriverName, times: number, onCrash: (crash: AfterCrash) => void = () => {}): Promise<AfterCrash[]> {
  const crashes: AfterCrash[] = []
  for (const [index, point] of killPoints(times).entries()) {
    try {
      const crash = await lookAfterCrash(path, await killedProcess(path, driver, point), crashes.at(-1)?.texts ?? new Map())
      crashes.push(crash)
      onCrash(crash)
    } catch (cause) {
      throw new Error(`${driver}, kill ${index + 1} of ${times}, at ${JSON.stringify(point)}, of ${path}`, { cause })
    }
  }
  return crashes
}
