import { type AgentProgram, agentPrograms, type AgentProgramsOptions, type LineFormat } from '@agent-session/agent-process'
import { field } from '@agent-session/core/transport'
import type { AnyMessage } from '@agentclientprotocol/sdk/unstable'
import type { ConnectAgent } from '../acp-link.ts'

export type { AgentProgram }
export type StdioAgentsOptions = AgentProgramsOptions
export type StdioAgents = ConnectAgent

const messages: LineFormat<AnyMessage> = {
  name: 'JSON-RPC message',
  accepts: (value): value is AnyMessage => field(value, 'method') !== undefined || field(value, 'id') !== undefined,
}

/** Agents that are programs of this machine, for `createAcpTransport({ connect })`. */
export function stdioAgents(options: StdioAgentsOptions): StdioAgents {
  const start = agentPrograms(options, messages)
  return (request) => start(request)
}
