import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DriverName } from './drivers.ts'
import { runtimeOf } from './runtime-of.ts'

const script = fileURLToPath(new URL('./stream-commits.ts', import.meta.url))

export interface CommitProcess {
  readonly child: ChildProcess
  /** Resolves when it is gone, with its exit code (null: killed) and the last seqId that it told. */
  readonly ended: Promise<{ readonly code: number | null; readonly acknowledged: number; readonly errors: string }>
}

/** Commits `count` messages to a session in a process of its own. */
export function commitProcess(path: string, driver: DriverName, sessionId: string, count: number, onCommit?: (seqId: number, child: ChildProcess) => void): CommitProcess {
  const { program, args } = runtimeOf(driver)
  const child = spawn(program, [...args, script, path, driver, sessionId, String(count)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let acknowledged = 0
  let errors = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    acknowledged = Number(line)
    onCommit?.(acknowledged, child)
  })
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  const ended = new Promise<{ code: number | null; acknowledged: number; errors: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, acknowledged, errors }))
  })
  return { child, ended }
}
