import { type AgentProgram, type AgentProgramsOptions, probeProgram } from '@agent-session/agent-process'
import type { Provider, ProviderOptions } from '@agent-session/core'
import { type AcpTransportOptions, createAcpTransport } from '../acp-transport.ts'
import { startOptions } from '../start-options.ts'
import { stdioAgents } from './stdio-agents.ts'

/** What an agent of a registry is made with; all of it has a default. */
export interface AcpProviderOptions extends Omit<AcpTransportOptions, 'connect'>, Pick<AgentProgramsOptions, 'env' | 'cwd' | 'mostLineBytes' | 'onStderr'> {
  /** For people. Absent: the command. */
  readonly title?: string
}

/** A program has an environment, too. */
const programOptions: ProviderOptions = { ...startOptions, extraEnv: true, claudeConfigDir: true }

/** A program that speaks the Agent Client Protocol, for a registry of agents. Its transport is that of `createAcpTransport`. */
export function acpProvider(program: AgentProgram, options: AcpProviderOptions = {}): Provider {
  const { title = program.command, env, cwd, mostLineBytes, onStderr, ...rest } = options
  const where = { ...(env && { env }), ...(cwd !== undefined && { cwd }) }
  return {
    title,
    options: programOptions,
    capabilities: { list: true, configure: true, images: true, fork: true, forget: true, logIn: true },
    probe: ({ name, clock, withdrawn }) => probeProgram({ name, program, clock, withdrawn, ...where }),
    create: ({ name, clock: ofRegistry }) => {
      const clock = rest.clock ?? ofRegistry
      const limits = { ...(mostLineBytes !== undefined && { mostLineBytes }), ...(onStderr && { onStderr }) }
      return createAcpTransport({ ...rest, clock, connect: stdioAgents({ agents: { [name]: program }, clock, ...where, ...limits }) })
    },
  }
}
