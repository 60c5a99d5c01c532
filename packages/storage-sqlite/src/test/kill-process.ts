import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./stream-session.ts', import.meta.url))

/** Where a process is killed: after so many answers of its storage, and then so many microseconds of work. */
interface KillPoint {
  readonly afterSaves: number
  readonly thenMicroseconds: number
}

/** What a killed process had said. */
interface Killed {
  /** How many messages the agent had given, and how many of those were known to be saved. */
  readonly given: number
  readonly saved: number
  readonly errors: string
}

interface StreamProcess {
  readonly child: ChildProcess
  /** Resolves when so many answers of its storage have come. */
  saves(count: number): Promise<void>
  readonly ended: Promise<Killed>
}

/** Streams a session into the file in a process of its own, until it is killed. */
export function streamProcess(path: string, driver: string, onSave: (saves: number) => void = () => {}): StreamProcess {
  const child = spawn(process.execPath, ['--conditions=agent-session-source', '--no-warnings', script, path, driver], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [given, saved, saves, errors] = [0, 0, 0, '']
  const waiting = new Set<() => void>()
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, count] = line.split(' ')
    if (word === 'given') given = Number(count)
    if (word !== 'saved') return
    saved = Number(count)
    saves += 1
    onSave(saves)
    for (const look of waiting) look()
  })
  return {
    child,
    saves: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (saves < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    ended: new Promise((resolve) => child.on('close', () => resolve({ given, saved, errors }))),
  }
}

/** Streams into the file in a process of its own, which is killed (-9) at the point. */
export function killedProcess(path: string, driver: string, { afterSaves, thenMicroseconds }: KillPoint): Promise<Killed> {
  const { child, ended } = streamProcess(path, driver, (saves) => {
    if (saves < afterSaves) return
    const until = performance.now() + thenMicroseconds / 1_000
    while (performance.now() < until) continue
    child.kill('SIGKILL')
  })
  return ended
}
