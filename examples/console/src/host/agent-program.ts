/** How an agent is started. Only this host's own configuration says so, never a page. */
interface AgentProgram {
  readonly command: string
  readonly args: readonly string[]
  /** Added to the host's own environment. */
  readonly env: Readonly<Record<string, string>>
  /** What to do where the command is not there. */
  readonly install?: string
}

export type AgentPrograms = ReadonlyMap<string, AgentProgram>
