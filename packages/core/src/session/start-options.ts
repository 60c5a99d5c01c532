/** How a session is to be run. What is absent is left to the settings, then to the agent. */
export interface StartOptions {
  /** The folder that the agent works in. */
  readonly cwd?: string
  readonly model?: string
  readonly systemPrompt?: string
  readonly maxTurns?: number
  readonly permissionMode?: string
  readonly claudeConfigDir?: string
  /** Variables for the agent's process. What the env policy refuses never gets here. */
  readonly extraEnv?: Readonly<Record<string, string>>
  readonly additionalDirectories?: readonly string[]
  readonly worktreeName?: string
  /** MCP servers that the agent is given, by the names that the host has for them: what they run is the host's to say. */
  readonly mcpServers?: readonly string[]
  /** A session that the agent itself remembers, to be continued instead of begun. */
  readonly agentSessionId?: string
}
