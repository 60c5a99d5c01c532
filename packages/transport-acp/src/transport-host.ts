import type { Implementation, McpServer } from '@agentclientprotocol/sdk/unstable'
import type { HostCommands, HostFiles } from './host-services.ts'
import type { AgentHost } from './live-agent.ts'

/** Who the host of a transport is, and what it does for agents. */
export interface HostOptions {
  /** What the agent is told of who talks to it. */
  readonly clientInfo?: Implementation
  /** Files that agents may read and write through the host: `localFiles()` of `./stdio`. Default: none. */
  readonly files?: HostFiles
  /** Commands that agents may run through the host: `localCommands({ allow })` of `./stdio`. Default: none. */
  readonly commands?: HostCommands
  /** MCP servers by the names that a start may choose from. What they run is never a client's to say. */
  readonly mcpServers?: Readonly<Record<string, McpServer>>
  /**
   * Whether agents are asked to tell of sub-agents as sessions of their own, a part of the protocol that is not settled
   * yet. Default: yes, since codex-acp tells nothing of them otherwise.
   */
  readonly subagents?: boolean
  /** Whether agents are offered the second version of the protocol, which is a draft. Default: no; one fold reads both. */
  readonly draft?: boolean
}

/** As the options say it, with their defaults. */
export interface TransportHost extends Omit<AgentHost, 'requests'> {
  readonly files?: HostFiles
  readonly commands?: HostCommands
}

export function transportHost({
  clientInfo = { name: 'agent-session', title: 'Agent Session', version: '0.0.0' },
  files,
  commands,
  mcpServers = {},
  draft = false,
  subagents = true,
}: HostOptions): TransportHost {
  return { clientInfo, mcpServers, draft, subagents, ...(files && { files }), ...(commands && { commands }) }
}
