import { spawn } from 'node:child_process'
import { type Clock, errorText, within } from '@agent-session/core'

export interface BriefRunOptions {
  /** The program's file, already found. */
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly clock: Clock
  /** Resolves when nobody waits any more: it is killed then. */
  readonly withdrawn: Promise<void>
  /** Ms until it is killed. */
  readonly mostMs: number
}

/** How a program ended that was asked one thing. */
export type BriefRun =
  | { readonly timely: false; readonly failure?: undefined; readonly output?: undefined }
  /** `failure`, absent where it ended well, goes on from the program's name. `output` is what it wrote, as far as it is kept. */
  | { readonly timely: true; readonly failure?: string; readonly output: string }

/** Characters that are kept: an answer of a line or two. */
const mostCharacters = 4_096

const onWindows = process.platform === 'win32'

/** Runs a program that is to answer at once and end, without any input. It is killed, with what it started, where it does not. Never rejects. */
export async function runBriefly({ file, args, env, cwd, clock, withdrawn, mostMs }: BriefRunOptions): Promise<BriefRun> {
  let output = ''
  const take = (text: string): void => {
    if (output.length < mostCharacters) output = (output + text).slice(0, mostCharacters)
  }
  let kill = (): void => {}
  const ended = new Promise<BriefRun>((resolve) => {
    // A group of its own, so that all that it starts can be ended with it. A batch file of Windows needs its shell.
    const child = spawn(file, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: !onWindows, windowsHide: true, shell: onWindows && /\.(?:cmd|bat)$/i.test(file) })
    kill = () => {
      if (child.pid === undefined || child.exitCode !== null) return
      try {
        if (onWindows) child.kill()
        else process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has ended just now.
      }
    }
    for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding('utf8').on('data', take).on('error', () => {})
    child.once('error', (error) => resolve({ timely: true, failure: `could not be run: ${errorText(error)}`, output }))
    child.once('close', (code, signal) => {
      const words = output.trim() === '' ? '' : `: ${output.trim().slice(-300)}`
      const how = signal === null ? `ended with exit code ${code ?? '?'}` : `was ended by the signal ${signal}`
      resolve({ timely: true, ...(code !== 0 && { failure: `${how}${words}` }), output })
    })
  })
  const late = withdrawn.then((): BriefRun => ({ timely: false }))
  const answer = await within(clock, mostMs, Promise.race([ended, late]))
  if (answer.timely && answer.value.timely) return answer.value
  kill()
  await ended
  return { timely: false }
}
