import { statSync } from 'node:fs'
import path from 'node:path'
import { AgentSessionError, type Clock, systemClock } from '@agent-session/core'
import { AgentProcess } from './agent-process.ts'
import { findProgram } from './find-program.ts'
import type { LineFormat } from './message-lines.ts'

/** A program of the host's own configuration. Nothing of it ever comes from a client. */
export interface AgentProgram {
  /** A name that is looked up on PATH, or a path. */
  readonly command: string
  /** Come before those of the transport. Default: none. */
  readonly args?: readonly string[]
  /** Variables beside those of the host. */
  readonly env?: Readonly<Record<string, string>>
  /** The folder that the program is started in. Default: the host's own; the session's folder is told by the protocol. */
  readonly cwd?: string
  /** What a person must do to get it, for the message where it is not there: `npm install -g …`. */
  readonly install?: string
  /** What it is asked with for its version, after its `args`: `['--version']`. Absent: it is not asked, only looked for. */
  readonly versionArgs?: readonly string[]
}

/** The programs of a host, and how they are treated. */
export interface AgentProgramsOptions {
  /** Provider names and their programs. */
  readonly agents: Readonly<Record<string, AgentProgram>>
  /** Default: the host's own environment, without what would make an agent think that it runs inside another one. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The folder of a session whose start names none. Default: the host's. */
  readonly cwd?: string
  /** Default: the system's. */
  readonly clock?: Clock
  /** Ms that a program has to end by itself before it is killed. Default 2 s. */
  readonly killAfterMs?: number
  /** Bytes of one message. Default 64 MiB. */
  readonly mostLineBytes?: number
  /** What the programs write to their standard error, as it comes. */
  onStderr?(text: string, from: { readonly provider: string; readonly sessionId: string }): void
}

/** What a program is wanted for. All of it comes from the start command, none of it names a program. */
export interface ProgramRequest {
  /** Which agent, by the name that the host gave it. */
  readonly provider: string
  readonly sessionId: string
  /** The folder that the session works in; absent: the host's own choice. */
  readonly cwd?: string
  /** Variables for the program. */
  readonly env: Readonly<Record<string, string>>
}

/** Arguments that come after those of the host's configuration; they may name the folder that the session is in. */
export type ProgramArgs = readonly string[] | ((cwd: string) => readonly string[])
/** Starts a new program at each call; rejects with an `AgentSessionError` where there is none to be had. */
export type StartProgram<Message> = (request: ProgramRequest, args?: ProgramArgs) => Promise<AgentProcess<Message>>

/** Claude Code refuses to start where it finds these: it takes itself for one that was started by another. */
const insideAnother = new Set(['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT', 'CLAUDE_CODE_SSE_PORT'])

/**
 * A way to start the programs of this machine that the host has named, each call a new one. Rejects with an
 * `AgentSessionError` where there is none to be had (`agent-not-found`) or its folder is not there (`invalid-argument`).
 */
export function agentPrograms<Message>(options: AgentProgramsOptions, format: LineFormat<Message>): StartProgram<Message> {
  const { agents, clock = systemClock, killAfterMs = 2_000, mostLineBytes = 64 * 1024 * 1024, onStderr = () => {} } = options
  if (typeof agents !== 'object' || agents === null) throw new AgentSessionError('invalid-argument', 'Name the agents and their programs: { agents: { claude: { command: \'claude-agent-acp\' } } }')
  const baseEnv = options.env ?? hostEnvironment()
  const hostCwd = path.resolve(options.cwd ?? process.cwd())
  const running = new Set<AgentProcess<Message>>()
  const killAll = (): void => {
    for (const agent of running) agent.killNow()
  }

  return async ({ provider, sessionId, cwd, env: extraEnv }, args = []) => {
    const program = Object.hasOwn(agents, provider) ? agents[provider] : undefined
    if (program === undefined) {
      const names = Object.keys(agents)
      throw new AgentSessionError('agent-not-found', `No agent is named "${provider}" here; ${names.length > 0 ? `there are ${names.join(', ')}` : 'none is configured'}`)
    }
    if (typeof program.command !== 'string' || program.command === '') throw new AgentSessionError('invalid-argument', `The agent "${provider}" has no \`command\`: the name of its program, or its path`)
    if (cwd !== undefined && typeof cwd !== 'string') throw new AgentSessionError('invalid-argument', `The folder of a session is a path, not ${String(cwd)}`)
    const sessionCwd = path.resolve(hostCwd, cwd ?? '.')
    if (!isFolder(sessionCwd)) throw new AgentSessionError('invalid-argument', `The folder ${sessionCwd} is not there`)
    const processCwd = path.resolve(hostCwd, program.cwd ?? '.')
    if (!isFolder(processCwd)) throw new AgentSessionError('invalid-argument', `The folder ${processCwd} that the agent "${provider}" is to be started in is not there`)
    const env = { ...baseEnv, ...program.env, ...extraEnv }
    const file = findProgram(program.command, env, processCwd)
    if (file === undefined) {
      const how = program.install === undefined ? 'Install it, or correct its command in the configuration' : `Install it: ${program.install}`
      throw new AgentSessionError('agent-not-found', `The program of the agent "${provider}" was not found: ${program.command}. ${how}`)
    }
    const agent = new AgentProcess({
      file,
      args: [...(program.args ?? []), ...(typeof args === 'function' ? args(sessionCwd) : args)],
      env,
      processCwd,
      sessionCwd,
      clock,
      killAfterMs,
      format,
      mostLineBytes,
      onStderr: (text) => onStderr(text, { provider, sessionId }),
    })
    if (running.size === 0) process.on('exit', killAll)
    running.add(agent)
    void agent.ended.then(() => {
      running.delete(agent)
      if (running.size === 0) process.off('exit', killAll)
    })
    return agent
  }
}

/** The host's own, without what would make an agent think that it runs inside another one. */
export const hostEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !insideAnother.has(name)))

function isFolder(folder: string): boolean {
  try {
    return statSync(folder).isDirectory()
  } catch {
    return false
  }
}
