import { existsSync, readFileSync } from 'node:fs'

/** Whether a process runs. One that has ended and waits to be collected does not: whoever is process 1 may never do that. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It runs, and is another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    // Linux says it in /proc, from which it has just gone. Elsewhere there is nothing to look at.
    return !existsSync('/proc/self')
  }
}
