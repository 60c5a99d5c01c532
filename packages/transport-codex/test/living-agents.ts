import { readdirSync, readFileSync } from 'node:fs'

/** The processes whose arguments name something, such as a folder that nobody else uses. Linux says it in /proc; elsewhere there is nothing to look at. */
export function livingAgents(named: string): string[] {
  try {
    return readdirSync('/proc').flatMap((pid) => {
      if (!/^\d+$/.test(pid)) return []
      const command = commandOf(pid)
      return command.includes(named) && !isGone(pid) ? [`process ${pid}: ${command}`] : []
    })
  } catch {
    return []
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    // It has just ended.
    return ''
  }
}

/** Ended, and waiting for its parent to notice. */
function isGone(pid: string): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}
