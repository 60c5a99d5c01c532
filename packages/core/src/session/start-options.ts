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
  /** A session that the agent itself remembers, to be continued instead of begun. */
  readonly agentSessionId?: string
}

/** Options as they are stored: the environment may hold secrets, and one that came from a file has passed no policy. */
export function withoutEnvironment({ extraEnv: _extraEnv, ...options }: StartOptions): StartOptions {
  return options
}
