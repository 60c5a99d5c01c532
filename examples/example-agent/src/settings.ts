import { userInfo } from 'node:os'
import path from 'node:path'

/** What whoever starts the program may choose. */
export interface Settings {
  readonly sandboxFolder: string
  /** True when nobody named a folder: main.ts then checks whom the one in the shared temp folder belongs to. */
  readonly sandboxIsDefault: boolean
  /** The pause after a word of `story`; every other pause is a part or a multiple of it. 0 is none. */
  readonly paceMs: number
  /** How long a command of `run` may take before it is killed. */
  readonly runLimitMs: number
}

/** The program was started in a way that it does not understand. The text is meant for the person who did. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

export const USAGE = `usage: example-agent [--sandbox DIR]

An ACP agent without a model. It speaks the Agent Client Protocol on stdin and stdout.

  --sandbox DIR          the folder that it works in (else EXAMPLE_AGENT_SANDBOX, else one in the temp folder)

  EXAMPLE_AGENT_SANDBOX       the same, as an environment variable
  EXAMPLE_AGENT_PACE_MS       the pause after each word of a story in ms, 40 by default, 0 for none
  EXAMPLE_AGENT_RUN_LIMIT_MS  how long a command of "run" may take in ms, 60000 by default
`

const DEFAULT_PACE_MS = 40
const DEFAULT_RUN_LIMIT_MS = 60_000

export function parseSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  temporaryFolder: string,
): Settings {
  const named = sandboxOption(args) ?? nonEmpty(env['EXAMPLE_AGENT_SANDBOX'])
  return {
    // The user's name is in the default so that two people on one machine do not meet in one folder.
    sandboxFolder: path.resolve(named ?? path.join(temporaryFolder, `agent-session-example-${userName()}`)),
    sandboxIsDefault: named === undefined,
    paceMs: milliseconds('EXAMPLE_AGENT_PACE_MS', env['EXAMPLE_AGENT_PACE_MS'], DEFAULT_PACE_MS),
    runLimitMs: milliseconds('EXAMPLE_AGENT_RUN_LIMIT_MS', env['EXAMPLE_AGENT_RUN_LIMIT_MS'], DEFAULT_RUN_LIMIT_MS),
  }
}

function sandboxOption(args: readonly string[]): string | undefined {
  let folder: string | undefined
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--sandbox') folder = rest.shift() ?? ''
    else if (arg.startsWith('--sandbox=')) folder = arg.slice('--sandbox='.length)
    else throw new SettingsError(`unknown argument "${arg}"`)
    if (folder === '') throw new SettingsError('--sandbox needs the name of a folder')
  }
  return folder
}

function milliseconds(name: string, given: string | undefined, fallback: number): number {
  if (nonEmpty(given) === undefined) return fallback
  const value = Number(given)
  if (!Number.isFinite(value) || value < 0) {
    throw new SettingsError(`${name} must be a number of milliseconds, 0 or more, not "${given}"`)
  }
  return value
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value
}

function userName(): string {
  try {
    return userInfo().username.replaceAll(/[^\w-]/g, '_')
  } catch {
    // In a container the user id may have no name.
    return 'user'
  }
}
