import { type ChildProcess, spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import type { Clock } from '@agent-session/core'
import { HeldOutput } from './held-output.ts'
import { LastWords } from './last-words.ts'
import { type LineFormat, messageLines } from './message-lines.ts'

/** How a program ended. */
export interface AgentEnd {
  /** Goes on from "The agent NAME": `ended with exit code 3. It last wrote: …`. */
  readonly words: string
  /** Absent where a signal ended it, or it never ran. */
  readonly exitCode?: number
}

/** What one program is started with. */
export interface AgentProcessOptions<Message> {
  /** The program's file, already found. */
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder that it is started in. */
  readonly processCwd: string
  /** The folder that its session is in. */
  readonly sessionCwd: string
  readonly clock: Clock
  /** Ms that it has to end by itself before it is killed. */
  readonly killAfterMs: number
  readonly format: LineFormat<Message>
  /** Bytes of one message. */
  readonly mostLineBytes: number
  /** Called with what it writes to its standard error, as it comes. */
  onStderr(text: string): void
}

/**
 * Started in front of the agent, in its process group: a watcher that kills the group when descriptor 3 closes. That
 * pipe ends in this process, so the agent and all that it started die with it, even where it is killed with -9 and the
 * agent does not care about its closed input. It heeds no polite signal: those are for the agent, which need not heed
 * them either. The shell itself becomes the agent.
 */
const watched = '(trap "" TERM INT HUP; read -r _ <&3; kill -s KILL -- "-$$") >/dev/null 2>&1 & exec 3<&-; exec "$0" "$@"'

const onWindows = process.platform === 'win32'

/** A program that speaks in lines of JSON on its standard input and output, and says nothing else there. */
export class AgentProcess<Message> {
  /** The absolute folder that its session is in. */
  readonly cwd: string
  /** Whole messages. The readable fails with a `MalformedLine` where something else comes. */
  readonly stream: { readonly readable: ReadableStream<Message>; readonly writable: WritableStream<Message> }
  /** Resolves when nothing of it is left; never rejects. */
  readonly ended: Promise<AgentEnd>
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #killAfterMs: number
  #isOver = false
  #isUnwanted = false

  constructor({ file, args, env, processCwd, sessionCwd, clock, killAfterMs, format, mostLineBytes, onStderr }: AgentProcessOptions<Message>) {
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
    const watcher = child.stdio[3]
    const output = new HeldOutput([child.stdout, child.stderr], clock)
    // A pipe breaks when the agent dies; its end is told by the process.
    for (const pipe of [child.stdin, child.stdout, child.stderr, watcher]) pipe?.on('error', () => {})
    // The watcher says nothing, but only who reads hears that it has gone.
    if (watcher instanceof Duplex) watcher.resume()
    this.ended = new Promise((resolve) => {
      let failure: Error | undefined
      let code: number | null = null
      let signal: string | null = null
      const finish = (): void => {
        this.#isOver = true
        output.closed()
        resolve({ words: wordsOf(failure, code, signal, lastWords.toString()), ...(code !== null && { exitCode: code }) })
      }
      child.once('error', (error) => {
        failure = error
        if (child.pid === undefined) finish()
      })
      child.once('exit', (exitCode, exitSignal) => {
        code = exitCode
        signal = exitSignal
        // What it left behind ends with it, and the watcher too: its end of the pipe closes then, and `close` waits for that.
        this.killNow()
        if (watcher instanceof Duplex) watcher.end()
        output.closeWhenSilent(() => this.#isUnwanted)
      })
      child.once('close', finish)
    })
    this.stream = { readable: readableOf(child, format, mostLineBytes), writable: writableOf(child) }
  }

  /** Writes text that is no message, and closes the input: for programs that read one prompt to its end. */
  writeAll(text: string): void {
    // A program that is gone cannot be told; that it is gone is told by its end.
    this.#child.stdin?.end(text)
  }

  /** Asks it to leave off, as Ctrl-C does. What it has started is its own business. */
  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  /** For the last moment of this process, when nothing can be waited for. */
  killNow(): void {
    this.#signal('SIGKILL')
  }

  /** Ends it and all that it started, and resolves when it is gone. May be called again, and after the end. */
  async kill(): Promise<void> {
    if (this.#isOver) return
    this.#isUnwanted = true
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
function readableOf<Message>(child: ChildProcess, format: LineFormat<Message>, mostLineBytes: number): ReadableStream<Message> {
  const { stdout } = child
  const lines = stdout === null ? undefined : messageLines(stdout, format, mostLineBytes)
  return new ReadableStream<Message>({
    async pull(controller) {
      try {
        const next = await lines?.next()
        if (next === undefined || next.done === true) controller.close()
        else controller.enqueue(next.value)
      } catch (error) {
        // It was closed on our side: the program has ended.
        if (isClosedEarly(error)) controller.close()
        else controller.error(error)
      }
    },
    cancel() {
      stdout?.destroy()
    },
  })
}

const isClosedEarly = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'

function writableOf<Message>({ stdin }: ChildProcess): WritableStream<Message> {
  return new WritableStream<Message>({
    write: (message) =>
      new Promise((resolve, reject) => {
        if (stdin === null) return reject(new Error('The program has no standard input'))
        stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()))
      }),
    close: () => void stdin?.end(),
    abort: () => void stdin?.destroy(),
  })
}
