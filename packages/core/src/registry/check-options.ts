import { listOf, string, type Check } from '../shape.ts'
import type { StartCommand } from '../ports/agent-transport.ts'
import type { StartOptions } from '../session/start-options.ts'
import type { ProviderOptions } from '../ports/provider.ts'

interface Kind {
  readonly check: Check
  readonly words: string
}

const text: Kind = { check: string, words: 'text' }
const texts: Kind = { check: listOf(string), words: 'a list of texts' }

/** Typed by the options' own names: one that is added there must be given its kind here. */
const kinds: { readonly [Name in keyof Required<StartOptions>]: Kind } = {
  cwd: text,
  model: text,
  systemPrompt: text,
  maxTurns: { check: (value) => Number.isSafeInteger(value) && Number(value) > 0, words: 'a whole number above 0' },
  permissionMode: text,
  claudeConfigDir: text,
  extraEnv: {
    check: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(string),
    words: 'an object of texts',
  },
  additionalDirectories: texts,
  worktreeName: text,
  mcpServers: texts,
  agentSessionId: text,
}

/** What a start command has beside its options. */
const ofCommand: ReadonlySet<string> = new Set<Exclude<keyof StartCommand, keyof StartOptions>>(['sessionId', 'run', 'projectId', 'provider', 'prompt', 'messageId'])

/** Options that a person need not have asked for: settings fill them for every agent alike, or they are of one agent by their name. */
const passedOver: ReadonlySet<string> = new Set<keyof StartOptions>(['cwd', 'model', 'systemPrompt', 'permissionMode', 'claudeConfigDir'])

const isOption = (name: string): name is keyof StartOptions => Object.hasOwn(kinds, name)

/** The command with the options that the provider has a place for, or why it cannot be started with these. */
export function checkOptions(command: StartCommand, options: ProviderOptions | undefined): { readonly command: StartCommand } | { readonly problem: string } {
  const { provider } = command
  const taken = (name: string): boolean => isOption(name) && (options === undefined || options[name] !== undefined)
  const left: string[] = []
  for (const [name, value] of Object.entries(command)) {
    if (ofCommand.has(name) || value === undefined) continue
    if (!taken(name)) {
      if (!passedOver.has(name)) return { problem: `The agent "${provider}" has no start option "${name}". It takes ${Object.keys(kinds).filter(taken).join(', ')}.` }
      left.push(name)
      continue
    }
    const problem = valueProblem(provider, name, value, options)
    if (problem !== undefined) return { problem }
  }
  const kept = { ...command }
  for (const name of left) Reflect.deleteProperty(kept, name)
  return { command: kept }
}

function valueProblem(provider: string, name: string, value: unknown, options: ProviderOptions | undefined): string | undefined {
  if (!isOption(name)) return undefined
  const { check, words } = kinds[name]
  const allowed = options?.[name]
  const few = Array.isArray(allowed) ? allowed : undefined
  if (check(value) && (few === undefined || few.includes(value))) return undefined
  return `The start option "${name}" of the agent "${provider}" is ${few === undefined ? words : `one of ${few.join(', ')}`}, not ${shown(value)}.`
}

/** As far as anybody would read it; `extraEnv` may hold secrets, so that of objects only their kind is told. */
function shown(value: unknown): string {
  if (typeof value === 'object') return value === null ? 'null' : Array.isArray(value) ? 'a list of something else' : 'an object of something else'
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value)
}
