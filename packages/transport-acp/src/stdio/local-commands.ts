import { type ChildProcess, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { AgentSessionError, defaultEnvPolicy, type Clock, type EnvPolicy, systemClock } from '@agent-session/core'
import type { CommandExit, CommandRequest, HostCommand, HostCommands, SessionFolders } from '../host-services.ts'
import { insideFolders } from './inside-folders.ts'

export interface LocalCommandsOptions {
  /**
   * Whether this command may run. There is no default: a command can do all that this process can, whatever folder it
   * is started in.
   */
  allow(request: CommandRequest, folders: SessionFolders): boolean | Promise<boolean>
  /** Which variables of the agent's reach the command, beside the host's own. Default: those that start no program of their own. */
  readonly envPolicy?: EnvPolicy
  /** Bytes of output that are kept at most, the newest. Default 1 MiB. */
  readonly mostOutputBytes?: number
  /** Ms that a command has to end by itself before it is killed. Default 2 s. */
  readonly killAfterMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
}

/** Commands on this machine, for `createAcpTransport({ commands })`: those that the host allows, started inside the session's folders. */
export function localCommands({ allow, envPolicy = defaultEnvPolicy, mostOutputBytes = 1024 * 1024, killAfterMs = 2_000, clock = systemClock }: LocalCommandsOptions): HostCommands {
  return {
    async run(request, folders) {
      const { command, args, env, cwd = folders.cwd, outputByteLimit = mostOutputBytes } = request
      const place = await insideFolders(cwd, folders)
      if (!(await stat(place)).isDirectory()) throw new AgentSessionError('invalid-argument', `${cwd} is no folder`)
      const refused = Object.keys(env).filter((name) => !envPolicy(name, env[name] ?? ''))
      if (refused.length > 0) throw new AgentSessionError('invalid-argument', `These variables may not be set: ${refused.join(', ')}`)
      if (!(await allow(request, folders))) throw new AgentSessionError('invalid-argument', `The host does not allow the command ${command}`)
      const child = spawn(command, args, {
        cwd: place,
        env: { ...process.env, ...env },
        detached: process.platform !== 'win32',
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
      })
      return new LocalCommand(child, Math.min(outputByteLimit, mostOutputBytes), killAfterMs, clock)
    },
  }
}

class LocalCommand implements HostCommand {
  readonly ended: Promise<CommandExit>
  readonly #child: ChildProcess
  readonly #limit: number
  readonly #killAfterMs: number
  readonly #clock: Clock
  #output = Buffer.alloc(0)
  #truncated = false
  #exit: CommandExit | undefined

  constructor(child: ChildProcess, limit: number, killAfterMs: number, clock: Clock) {
    this.#child = child
    this.#limit = limit
    this.#killAfterMs = killAfterMs
    this.#clock = clock
    for (const pipe of [child.stdout, child.stderr]) pipe?.on('data', (bytes: Buffer) => this.#take(bytes))
    this.ended = new Promise((resolve) => {
      const end = (exit: CommandExit): void => {
        this.#exit ??= exit
        resolve(this.#exit)
      }
      child.once('error', (error) => {
        this.#take(Buffer.from(`${error.message}\n`))
        if (child.pid === undefined) end({ exitCode: null, signal: null })
      })
      child.once('close', (exitCode, signal) => end({ exitCode, signal }))
    })
  }

  output(): { output: string; truncated: boolean; exit?: CommandExit } {
    return { output: this.#output.toString('utf8'), truncated: this.#truncated, ...(this.#exit && { exit: this.#exit }) }
  }

  async kill(): Promise<void> {
    if (this.#exit !== undefined) return
    this.#signal('SIGTERM')
    const timer = this.#clock.setTimeout(() => this.#signal('SIGKILL'), this.#killAfterMs)
    await this.ended
    this.#clock.clearTimeout(timer)
  }

  /** The newest bytes, from the beginning of a character on. */
  #take(bytes: Buffer): void {
    const all = Buffer.concat([this.#output, bytes])
    if (all.length <= this.#limit) {
      this.#output = all
      return
    }
    this.#truncated = true
    let from = all.length - this.#limit
    while (from < all.length && ((all[from] ?? 0) & 0xc0) === 0x80) from += 1
    this.#output = all.subarray(from)
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child
    if (pid === undefined || this.#exit !== undefined) return
    try {
      if (process.platform === 'win32') this.#child.kill(signal)
      else process.kill(-pid, signal)
    } catch {
      // The whole group has ended already.
    }
  }
}
