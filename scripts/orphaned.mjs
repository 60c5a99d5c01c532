import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The name and the parent of a process, as `[name, pid]`; `undefined` where the system does not tell. */
function processOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const close = stat.lastIndexOf(')')
    return [stat.slice(stat.indexOf('(') + 1, close), Number(stat.slice(close + 2).split(' ')[1])]
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' })
    const match = /^\s*(\d+)\s+(?:.*\/)?(.+)$/m.exec(stdout ?? '')
    return match ? [match[2], Number(match[1])] : undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Calls back once when the process that started this one has gone; the shell that npm puts between the two counts for npm. */
export function onceOrphaned(callback) {
  if (process.platform === 'win32') return
  const parent = process.ppid
  const known = processOf(parent)
  const behindShell = known && /^-?(?:ba|da|z|k|a)?sh$/.test(known[0]) && known[1] > 1 ? known[1] : undefined
  const timer = setInterval(() => {
    if (process.ppid === parent && (behindShell === undefined || isAlive(behindShell))) return
    clearInterval(timer)
    callback()
  }, 500)
  timer.unref()
}
