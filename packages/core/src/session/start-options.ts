/** How a session is to be run. What is absent is left to the settings, then to the agent. */
export interface StartOptions {
  /** The folder that the agent works in. */
  readonly cwd?: string
  /** As the provider names it. Absent here and in the settings: the agent decides. */
  readonly model?: string
  /** What the agent is told before the prompt. */
  readonly systemPrompt?: string
  /** Steps of the model in one run, where the agent counts them. For a bound that the store itself holds, see `Budget.turns`. */
  readonly maxTurns?: number
  /** What the agent may do without asking, as the provider names it. */
  readonly permissionMode?: string
  /** Where Claude Code keeps its configuration; other providers pass it over. */
  readonly claudeConfigDir?: string
  /** Variables for the agent's process. What the env policy refuses never gets here. */
  readonly extraEnv?: Readonly<Record<string, string>>
  /** Further folders that the agent may use. */
  readonly additionalDirectories?: readonly string[]
  /** A git worktree to work in, by its name, where the transport makes them. */
  readonly worktreeName?: string
  /** MCP servers that the agent is given, by the names that the host has for them: what they run is the host's to say. */
  readonly mcpServers?: readonly string[]
  /** A session that the agent itself remembers, to be continued instead of begun. */
  readonly agentSessionId?: string
}

/** Options as they are stored: the environment may hold secrets, and one that came from a file has passed no policy. */
export function withoutEnvironment({ extraEnv: _extraEnv, ...options }: StartOptions): StartOptions {
  return options
}
