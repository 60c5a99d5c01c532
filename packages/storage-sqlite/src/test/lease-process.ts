import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./hold-lease.ts', import.meta.url))

export interface LeaseProcess {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  say(word: string): void
  /** Resolves with the first line that begins so, also one that came before. */
  told(word: string): Promise<string>
}

/** A process of its own that has the lease of a file, and one message saved. */
export function leaseProcess(path: string): LeaseProcess {
  const child = spawn(process.execPath, ['--conditions=agent-session-source', '--no-warnings', script, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  return {
    child,
    ended: new Promise((resolve) => child.on('close', () => resolve())),
    say: (word) => void child.stdin.write(`${word}\n`),
    told: (word) =>
      new Promise((resolve) => {
        const look = (): void => {
          const line = lines.find((known) => known.startsWith(word))
          if (line === undefined) return
          waiting.delete(look)
          resolve(line)
        }
        waiting.add(look)
        look()
      }),
  }
}
