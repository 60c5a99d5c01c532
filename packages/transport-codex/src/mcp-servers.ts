import { agentProblem } from '@agent-session/core/transport'

/** An MCP server as Codex' own configuration has it under `mcp_servers`: `{ command, args, env }`, `{ url }` and what else it takes. */
export type McpServerConfig = Readonly<Record<string, ConfigValue>>
/** A value of Codex' configuration. */
export type ConfigValue = string | number | boolean | readonly ConfigValue[] | { readonly [name: string]: ConfigValue }

/** Those that a start names, of those that the host has. Throws `invalid-argument` for a name that is none of them. */
export function namedServers(names: readonly string[], servers: Readonly<Record<string, McpServerConfig>>): [string, McpServerConfig][] {
  return names.map((name) => {
    const server = Object.hasOwn(servers, name) ? servers[name] : undefined
    if (server === undefined) {
      const known = Object.keys(servers)
      throw agentProblem('invalid-argument', `No MCP server is named "${name}" here; ${known.length > 0 ? `there are ${known.join(', ')}` : 'none is configured'}`)
    }
    // It becomes part of a dotted path of the configuration.
    if (!/^[\w-]+$/.test(name)) throw agentProblem('invalid-argument', `The MCP server "${name}" needs a name of letters, digits, _ and - for Codex`)
    return [name, server]
  })
}

/** A value as TOML has it in one line, for `--config NAME=VALUE`. */
export function tomlValue(value: ConfigValue): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(tomlValue).join(', ')}]`
  const fields = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)} = ${tomlValue(inner)}`)
  return `{ ${fields.join(', ')} }`
}

const isList = (value: object): value is readonly ConfigValue[] => Array.isArray(value)
