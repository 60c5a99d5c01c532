// Runs a child process and stays honest about it: signals reach it, its exit is ours, and it never outlives us.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { onceOrphaned } from './orphaned.mjs'

const children = new Set()
let stopping = false

/** True once a signal has asked this process to end: no further step is to be begun. */
export const isStopping = () => stopping

function stop(signal) {
  const first = !stopping
  stopping = true
  // Ctrl-C in a terminal goes to the whole group, so the child has it already: it gets a reminder if it stays
  const shared = signal === 'SIGINT' && (process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
  if (!shared) for (const child of children) child.kill(signal)
  if (!first) return
  setTimeout(() => children.forEach((child) => shared && child.kill('SIGTERM')), 1_500).unref()
  setTimeout(() => children.forEach((child) => child.kill('SIGKILL')), 10_000).unref()
  if (children.size === 0) process.exit(128 + constants.signals[signal])
}

let watching = false
function watch() {
  if (watching) return
  watching = true
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal))
  // A killed npm tells nobody. Its scripts notice that it is gone.
  if (process.env.npm_lifecycle_event) onceOrphaned(() => !stopping && stop('SIGTERM'))
}

/**
 * Resolves to `{ code, output }` when the child has ended. `code` is 128 + n for a signal, as a shell has it, and 127
 * where the program is missing. With `capture` the output is kept and nothing is shown.
 */
export function run(command, args, { capture = false, env = process.env, cwd } = {}) {
  watch()
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: process.platform === 'win32' && !/[\\/]/.test(command),
    })
    children.add(child)
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text))
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => {
      children.delete(child)
      resolve({ code: 127, output: `${output}${command}: ${error.message}` })
    })
    child.on('close', (code, signal) => {
      children.delete(child)
      resolve({ code: code ?? 128 + (constants.signals[signal] ?? 1), output })
    })
  })
}
