/** Where a session works: nothing outside these is the agent's to touch. All absolute. */
export interface SessionFolders {
  readonly cwd: string
  readonly additionalDirectories: readonly string[]
}

/** Files that the host reads and writes for an agent. A refusal is an `AgentSessionError` (`invalid-argument`); its words go to the agent. */
export interface HostFiles {
  /** From the 1-based `line`, `limit` lines of it; absent: from the beginning, all. */
  readText(file: string, range: { readonly line?: number; readonly limit?: number }, folders: SessionFolders): Promise<string>
  /** Absent: nothing is written. */
  writeText?(file: string, content: string, folders: SessionFolders): Promise<void>
}

/** A command that an agent wants run. Nothing of it is to be trusted. */
export interface CommandRequest {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Absent: the session's own folder. */
  readonly cwd?: string
  /** Bytes of output that are kept, the newest. */
  readonly outputByteLimit?: number
}

/** How a command ended; both `null` where nobody knows. */
export interface CommandExit {
  readonly exitCode: number | null
  readonly signal: string | null
}

/** A command that runs for an agent, or ran. */
export interface HostCommand {
  output(): { readonly output: string; readonly truncated: boolean; readonly exit?: CommandExit }
  readonly ended: Promise<CommandExit>
  /** Ends it and all that it started. May be called again, and after the end. */
  kill(): Promise<void>
}

/** Commands that the host runs for an agent. */
export interface HostCommands {
  run(request: CommandRequest, folders: SessionFolders): Promise<HostCommand>
}
