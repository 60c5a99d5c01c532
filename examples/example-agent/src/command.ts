import { type ChildProcess, spawn } from 'node:child_process'

export interface CommandEnd {
  /** Null where a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null
}

export interface RunningCommand {
  /** Resolves when it has ended and all its output has been told; rejects when it could not be started. */
  readonly ended: Promise<CommandEnd>
  kill(): void
}

/**
 * Started in front of each command: a watcher in the command's own process group that kills the group when fd 3 closes.
 * That pipe ends in the agent, so the command dies with it even where the agent is killed with -9 and can do nothing.
 * The watcher also keeps the number of the group taken, so that killing it later cannot hit a stranger.
 */
const WATCHED = '(read -r _ <&3; kill -s KILL -- "-$$") >/dev/null 2>&1 & exec 3<&-; exec /bin/sh -c "$1"'

/** What a command leaves in the background may hold its output open for ever; this is how long that is awaited. */
const OUTPUT_GRACE_MS = 500

/** The shell commands that are running. */
export class Commands {
  readonly #running = new Set<ChildProcess>()

  start(command: string, folder: string, onOutput: (text: string) => void): RunningCommand {
    const windows = process.platform === 'win32'
    const child = windows
      ? spawn(command, { shell: true, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
      : // A group of its own, so that all that it starts can be killed with it.
        spawn('/bin/sh', ['-c', WATCHED, 'sh', command], {
          cwd: folder,
          detached: true,
          stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        })
    this.#running.add(child)
    for (const stream of [child.stdout, child.stderr]) {
      // The decoder is the stream's: a letter of several bytes may come in two pieces.
      stream?.setEncoding('utf8').on('data', onOutput)
    }
    // The watcher's end breaks when the group is killed, which is what it is for.
    child.stdio[3]?.on('error', () => {})

    const ended = new Promise<CommandEnd>((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined
      child.once('error', reject)
      child.once('exit', () => {
        // What it left in the background ends with it, and so does the watcher.
        killGroup(child)
        grace = setTimeout(() => {
          child.stdout?.destroy()
          child.stderr?.destroy()
        }, OUTPUT_GRACE_MS)
      })
      child.once('close', (exitCode, signal) => {
        clearTimeout(grace)
        resolve({ exitCode, signal })
      })
    }).finally(() => {
      this.#running.delete(child)
      child.stdio[3]?.destroy()
    })
    return { ended, kill: () => killGroup(child) }
  }

  /** Synchronous, because it is the last thing that the program does. */
  killAll(): void {
    for (const child of this.#running) killGroup(child)
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' }).on('error', () => child.kill())
    return
  }
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The whole group has ended already.
  }
}
