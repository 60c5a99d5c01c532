import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DriverName } from './drivers.ts'
import { runtimeOf } from './runtime-of.ts'

const script = fileURLToPath(new URL('./stream-session.ts', import.meta.url))

/** Of the process that streams: several saves in the time that it lives. */
export const saveDelayMs = 40

/** Where a process is killed: so many ms after it began to stream, or so many microseconds after it began its nth save. */
export type KillPoint = { readonly afterMs: number } | { readonly inSave: number; readonly thenMicroseconds: number }

/** What a killed process had told. Events are counted from 1 on; times are its own, monotonic, in ms. */
export interface Killed {
  /** The turn of the agent that it streamed; '' where it was killed before. */
  readonly run: string
  /** When each event was shown, by its number less one. */
  readonly shownAt: readonly number[]
  /** When its last turns of the event loop began, the newest last. */
  readonly turns: readonly number[]
  /** The last event that was acknowledged to be saved. */
  readonly saved: number
  /** The last event of the save that was begun and not acknowledged; `undefined` where there was none. */
  readonly inFlight: number | undefined
  readonly errors: string
}

interface StreamProcess {
  readonly child: ChildProcess
  /** Resolves when so many saves were acknowledged. */
  saves(count: number): Promise<void>
  readonly ended: Promise<Killed>
}

interface Hooks {
  readonly onStream?: (child: ChildProcess) => void
  readonly onSave?: (saves: number, child: ChildProcess) => void
}

/** Streams a session into the file in a process of its own, until it is killed. */
export function streamProcess(path: string, driver: DriverName, { onStream, onSave }: Hooks = {}): StreamProcess {
  const { program, args } = runtimeOf(driver)
  const child = spawn(program, [...args, script, path, driver, String(saveDelayMs)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const shownAt: number[] = []
  const turns: number[] = []
  let [run, errors, saved, begun, saves] = ['', '', 0, 0, 0]
  let inFlight: number | undefined
  const waiting = new Set<() => void>()
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, value = ''] = line.split(' ')
    if (word === 'shown') shownAt.push(Number(value))
    else if (word === 'turn') turns.push(Number(value))
    else if (word === 'begin') {
      inFlight = Number(value)
      begun += 1
      onSave?.(begun, child)
    } else if (word === 'saved') {
      inFlight = undefined
      saved = Number(value)
      saves += 1
      for (const look of waiting) look()
    } else if (word === 'run') {
      run = value
      onStream?.(child)
    }
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
    ended: new Promise((resolve) => child.on('close', () => resolve({ run, shownAt, turns, saved, inFlight, errors }))),
  }
}

/** Streams into the file in a process of its own, which is killed (-9) at the point. */
export function killedProcess(path: string, driver: DriverName, point: KillPoint): Promise<Killed> {
  const { ended } = streamProcess(path, driver, {
    onStream: (child) => void ('afterMs' in point && setTimeout(() => child.kill('SIGKILL'), point.afterMs)),
    onSave: (saves, child) => {
      if (!('inSave' in point) || saves !== point.inSave) return
      const until = performance.now() + point.thenMicroseconds / 1_000
      while (performance.now() < until) continue
      child.kill('SIGKILL')
    },
  })
  return ended
}

/** Half of them at any time, half within a save or right after it; the same ones at each run. */
export function killPoints(count: number): KillPoint[] {
  let state = 20_261_121
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? { afterMs: next() * 300 } : { inSave: 1 + Math.floor(next() * 8), thenMicroseconds: Math.floor(next() * 3_000) },
  )
}
