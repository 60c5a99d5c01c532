import { type AgentProgram, probeProgram } from '@agent-session/agent-process'
import type { ProbeRequest, ProbeResult, Provider, ProviderOptions } from '@agent-session/core'
import { codexProgram } from './codex-programs.ts'
import { createCodexTransport, type CodexTransportOptions } from './codex-transport.ts'

/** What a start of Codex may say; the others have no place there. */
const startOptions: ProviderOptions = {
  cwd: true,
  model: true,
  systemPrompt: true,
  permissionMode: true,
  additionalDirectories: true,
  mcpServers: true,
  agentSessionId: true,
  extraEnv: true,
}

/** Codex, for a registry of agents. Its transport is that of `createCodexTransport`. */
export function codexProvider(options: CodexTransportOptions = {}): Provider {
  const programOf = (name: string): AgentProgram | undefined => (options.agents === undefined ? codexProgram : Object.hasOwn(options.agents, name) ? options.agents[name] : undefined)
  return {
    title: 'Codex',
    options: startOptions,
    capabilities: { configure: true, list: true, fork: true, forget: true, steer: true, images: true },
    probe: (request) => probeCodex(programOf(request.name), options, request),
    // It is called as the registry calls it.
    create: ({ name, clock }) => createCodexTransport({ clock, ...options, agents: options.agents ?? { [name]: codexProgram } }),
  }
}

async function probeCodex(program: AgentProgram | undefined, { env, cwd, route }: CodexTransportOptions, { name, clock, withdrawn }: ProbeRequest): Promise<ProbeResult> {
  if (program === undefined) return { usable: false, code: 'not-installed', message: `No program is configured for the agent "${name}"` }
  const where = { ...(env && { env }), ...(cwd !== undefined && { cwd }) }
  return probeProgram({ name, program: { versionArgs: ['--version'], ...program }, clock, withdrawn, ...where }, async ({ version, run }) => {
    const known = { usable: true as const, ...(version !== undefined && { version }) }
    if (route === 'exec') return known
    const asked = await run(['app-server', '--help'])
    if (asked.timely && asked.failure === undefined) return known
    const lacks = 'This Codex has no app-server: it never asks, cannot be steered, and its texts come whole'
    if (route === undefined) return { ...known, note: `${lacks}. A newer one has: ${program.install ?? codexProgram.install}` }
    return { usable: false, code: 'failed', message: lacks, install: program.install ?? codexProgram.install }
  })
}
