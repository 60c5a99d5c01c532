import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '@agent-session/core'
import type { AnyMessage } from '@agentclientprotocol/sdk/unstable'
import type { AcpLink, LinkEnd } from '../acp-link.ts'
import { LastWords } from './last-words.ts'
import { messageLines } from './message-lines.ts'

export interface AgentProcessOptions {
  /** The program's file, already found. */
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly processCwd: string
  readonly sessionCwd: string
  readonly clock: Clock
  readonly killAfterMs: number
  readonly mostLineBytes: number
  onStderr(text: string): void
}

/**
 * Started in front of the agent, in its process group: a watcher that kills the group when descriptor 3 closes. That
 * pipe ends in this process, so the agent and all that it started die with it, even where it is killed with -9 and the
 * agent does not care about its closed input. The shell itself becomes the agent.
 */
const watched = '(read -r _ <&3; kill -s KILL -- "-$$") >/dev/null 2>&1 & exec 3<&-; exec "$0" "$@"'

const onWindows = process.platform === 'win32'

/** A program that speaks ACP on its standard input and output, and nothing else there. */
export class AgentProcess implements AcpLink {
  readonly cwd: string
  readonly stream: AcpLink['stream']
  readonly ended: Promise<LinkEnd>
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #killAfterMs: number
  #isOver = false

  constructor({ file, args, env, processCwd, sessionCwd, clock, killAfterMs, mostLineBytes, onStderr }: AgentProcessOptions) {
    this.cwd = sessionCwd
    this.#clock = clock
    this.#killAfterMs = killAfterMs
    const [command, commandArgs] = onWindows ? [file, args] : ['/bin/sh', ['-c', watched, file, ...args]]
    const child = spawn(command, commandArgs, {
      cwd: processCwd,
      env,
      // A group of its own, so that all that it starts can be ended with it.
      detached: !onWindows,
      stdio: onWindows ? ['pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    this.#child = child
    const lastWords = new LastWords()
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords.add(text)
      onStderr(text)
    })
    // A pipe breaks when the agent dies; its end is told by the process.
    for (const pipe of [child.stdin, child.stdout, child.stderr, child.stdio[3]]) pipe?.on('error', () => {})
    this.ended = new Promise((resolve) => {
      let failure: Error | undefined
      let code: number | null = null
      let signal: string | null = null
      const finish = (): void => {
        this.#isOver = true
        resolve({ words: wordsOf(failure, code, signal, lastWords.toString()) })
      }
      child.once('error', (error) => {
        failure = error
        if (child.pid === undefined) finish()
      })
      child.once('exit', (exitCode, exitSignal) => {
        code = exitCode
        signal = exitSignal
        // What it left behind ends with it, and the watcher too.
        this.killNow()
        child.stdio[3]?.destroy()
      })
      child.once('close', finish)
    })
    this.stream = { readable: readableOf(child, mostLineBytes), writable: writableOf(child) }
  }

  /** For the last moment of this process, when nothing can be waited for. */
  killNow(): void {
    this.#signal('SIGKILL')
  }

  async kill(): Promise<void> {
    if (this.#isOver) return
    this.#child.stdin?.end()
    this.#signal('SIGTERM')
    const timer = this.#clock.setTimeout(() => this.killNow(), this.#killAfterMs)
    await this.ended
    this.#clock.clearTimeout(timer)
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child
    if (pid === undefined || this.#isOver) return
    if (onWindows) {
      // There are no groups: its tree is ended as it stands.
      spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on('error', () => this.#child.kill())
      return
    }
    try {
      process.kill(-pid, signal)
    } catch {
      // The whole group has ended already.
    }
  }
}

function wordsOf(failure: Error | undefined, code: number | null, signal: string | null, lastWords: string): string {
  const how =
    failure !== undefined
      ? `could not be run: ${failure.message}`
      : signal !== null
        ? `was ended by the signal ${signal}`
        : `ended with exit code ${code ?? '?'}`
  return lastWords === '' ? how : `${how}. It last wrote: ${lastWords}`
}

/** Read only as fast as it is used, so that a flood waits in its own pipe. */
function readableOf(child: ChildProcess, mostLineBytes: number): ReadableStream<AnyMessage> {
  const { stdout } = child
  const lines = stdout === null ? undefined : messageLines(stdout, mostLineBytes)
  return new ReadableStream<AnyMessage>({
    async pull(controller) {
      try {
        const next = await lines?.next()
        if (next === undefined || next.done === true) controller.close()
        else controller.enqueue(next.value)
      } catch (error) {
        controller.error(error)
      }
    },
    cancel() {
      stdout?.destroy()
    },
  })
}

function writableOf({ stdin }: ChildProcess): WritableStream<AnyMessage> {
  return new WritableStream<AnyMessage>({
    write: (message) =>
      new Promise((resolve, reject) => {
        if (stdin === null) return reject(new Error('The program has no standard input'))
        stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()))
      }),
    close: () => void stdin?.end(),
    abort: () => void stdin?.destroy(),
  })
}
