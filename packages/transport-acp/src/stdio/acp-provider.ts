import { type AgentProgram, type AgentProgramsOptions, probeProgram } from '@agent-session/agent-process'
import type { Provider, ProviderOptions } from '@agent-session/core'
import { type AcpTransportOptions, createAcpTransport } from '../acp-transport.ts'
import { stdioAgents } from './stdio-agents.ts'

/** What an agent of a registry is made with; all of it has a default. */
export interface AcpProviderOptions extends Omit<AcpTransportOptions, 'connect'>, Pick<AgentProgramsOptions, 'env' | 'cwd' | 'mostLineBytes' | 'onStderr'> {
  /** For people. Absent: the command. */
  readonly title?: string
}

/** What a start may say to an agent of this protocol; the others have no place there. */
const startOptions: ProviderOptions = {
  cwd: true,
  model: true,
  permissionMode: true,
  systemPrompt: true,
  additionalDirectories: true,
  mcpServers: true,
  agentSessionId: true,
  extraEnv: true,
  claudeConfigDir: true,
}

/** A program that speaks the Agent Client Protocol, for a registry of agents. Its transport is that of `createAcpTransport`. */
export function acpProvider(program: AgentProgram, options: AcpProviderOptions = {}): Provider {
  const { title = program.command, env, cwd, mostLineBytes, onStderr, ...rest } = options
  const where = { ...(env && { env }), ...(cwd !== undefined && { cwd }) }
  return {
    title,
    options: startOptions,
    capabilities: { list: true, configure: true, images: true, fork: true, forget: true, logIn: true },
    probe: ({ name, clock, withdrawn }) => probeProgram({ name, program, clock, withdrawn, ...where }),
    create: ({ name, clock: ofRegistry }) => {
      const clock = rest.clock ?? ofRegistry
      const limits = { ...(mostLineBytes !== undefined && { mostLineBytes }), ...(onStderr && { onStderr }) }
      return createAcpTransport({ ...rest, clock, connect: stdioAgents({ agents: { [name]: program }, clock, ...where, ...limits }) })
    },
  }
}
