import path from 'node:path'
import type { Clock, ProbeResult } from '@agent-session/core'
import type { AgentProgram, AgentProgramsOptions } from './agent-programs.ts'
import { hostEnvironment } from './agent-programs.ts'
import { findProgram } from './find-program.ts'
import { type BriefRun, runBriefly } from './run-briefly.ts'

export interface ProbeProgramOptions extends Pick<AgentProgramsOptions, 'env' | 'cwd'> {
  /** Which agent, by the name that the host gave it. */
  readonly name: string
  readonly program: AgentProgram
  readonly clock: Clock
  /** Resolves when nobody waits any more. */
  readonly withdrawn: Promise<void>
  /** Ms that one run of the program may take. Default 8 s. */
  readonly mostMs?: number
}

/** A program that is there, and how to ask it for more. */
export interface FoundProgram {
  readonly version?: string
  /** Runs it with these arguments instead of its own. */
  run(args: readonly string[]): Promise<BriefRun>
}

/**
 * Whether the program of an agent can be found and, where its configuration says how to ask it (`versionArgs`), whether it
 * runs and what version it is. No session of it is started. `more` looks further at one that is there.
 */
export async function probeProgram(options: ProbeProgramOptions, more?: (found: FoundProgram) => Promise<ProbeResult>): Promise<ProbeResult> {
  const { name, program, clock, withdrawn, mostMs = 8_000 } = options
  const { command, args = [], versionArgs, install } = program
  const cwd = path.resolve(options.cwd ?? process.cwd(), program.cwd ?? '.')
  const env = { ...(options.env ?? hostEnvironment()), ...program.env }
  const file = findProgram(command, env, cwd)
  const how = install !== undefined && { install }
  if (file === undefined) {
    return { usable: false, code: 'not-installed', message: `The program of the agent "${name}" was not found: ${command}`, ...how }
  }
  const run = (given: readonly string[]): Promise<BriefRun> => runBriefly({ file, args: [...args, ...given], env, cwd, clock, withdrawn, mostMs })
  const asked = versionArgs && (await run(versionArgs))
  if (asked?.timely === false) return { usable: false, code: 'timeout', message: `${command} did not tell its version within ${mostMs / 1_000} s` }
  if (asked?.failure !== undefined) return { usable: false, code: 'failed', message: `${command} ${asked.failure}`, ...how }
  const version = asked && versionIn(asked.output)
  const known = version !== undefined && { version }
  return more ? more({ ...known, run }) : { usable: true, ...known }
}

/** What looks like a version, else the first line as far as anybody would read it; `undefined` where nothing was written. */
function versionIn(output: string): string | undefined {
  const line = output.trim().split('\n', 1)[0]?.trim() ?? ''
  return /\d+\.\d+[\w.+-]*/.exec(line)?.[0] ?? (line === '' ? undefined : line.slice(0, 60))
}
