import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./stream-session.ts', import.meta.url))

/** Where a process is killed: after so many answers of its storage, and then so many microseconds of work. */
export interface KillPoint {
  readonly afterSaves: number
  readonly thenMicroseconds: number
}

/** What a killed process had said. */
export interface Killed {
  /** How many messages the agent had given, and how many of those were known to be saved. */
  readonly given: number
  readonly saved: number
  readonly errors: string
}

/** Streams a session into the file in a process of its own, which is killed (-9). */
export function killedProcess(path: string, driver: string, { afterSaves, thenMicroseconds }: KillPoint): Promise<Killed> {
  const child = spawn(process.execPath, ['--conditions=agent-session-source', '--no-warnings', script, path, driver], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [given, saved, saves, errors] = [0, 0, 0, '']
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, count] = line.split(' ')
    if (word === 'given') given = Number(count)
    if (word !== 'saved') return
    saved = Number(count)
    saves += 1
    if (saves < afterSaves) return
    const until = performance.now() + thenMicroseconds / 1_000
    while (performance.now() < until) continue
    child.kill('SIGKILL')
  })
  return new Promise((resolve) => child.on('close', () => resolve({ given, saved, errors })))
}
