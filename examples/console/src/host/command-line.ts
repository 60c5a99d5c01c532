import { homedir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { defaultDataFolder } from './data-folder.ts'
import { reasonOf, StartError, wrongUse } from './start-error.ts'

const defaultPort = 4317

export const usage = `Agent Session console: agent sessions in your browser.

Usage: npm start -- [options]

  --port N       the port on this machine, ${defaultPort} unless you say; 0 takes any that is free
  --data DIR     where sessions are kept, by default ${defaultDataFolder({ env: process.env, platform: process.platform, home: homedir() })}
  --agent NAME   the agent for new sessions: example (the default), claude, codex, ollama,
                 another that the page lists, or one of your own, named in the file agents.json
                 in the data folder
  --help         shows this
`

export interface CommandLine {
  readonly port: number
  readonly dataFolder: string
  readonly agent: string
  readonly help: boolean
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly home: string
  readonly cwd: string
}

/** Throws a `StartError` for flags that mean nothing. */
export function readCommandLine(args: readonly string[], surroundings: Surroundings): CommandLine {
  const { values } = parse(args)
  const { port = String(defaultPort), data, agent = 'example', help = false } = values
  if (data?.trim() === '') throw new StartError('--data needs the name of a folder.', wrongUse)
  if (agent.trim() === '') throw new StartError('--agent needs the name of an agent.', wrongUse)
  return {
    port: readPort(port),
    dataFolder: data === undefined ? defaultDataFolder(surroundings) : path.resolve(surroundings.cwd, data),
    agent,
    help,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        agent: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new StartError(`${reasonOf(cause)}\nThe flags are --port, --data, --agent and --help.`, wrongUse, { cause })
  }
}

function readPort(given: string): number {
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN
  if (port <= 65_535) return port
  throw new StartError(`--port needs a number from 0 to 65535, not "${given}".`, wrongUse)
}
