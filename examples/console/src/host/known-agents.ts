import { fileURLToPath } from 'node:url'
import type { Provider, SessionMessage } from '@agent-session/core'
import { acpProvider } from '@agent-session/transport-acp/stdio'
import { claudeProvider } from '@agent-session/transport-claude'
import { codexProvider } from '@agent-session/transport-codex'
import { ollamaProvider } from '@agent-session/transport-ollama'
import type { AgentPrograms } from './agent-program.ts'
import { findProgram } from './find-program.ts'

export interface KnownAgentsOptions {
  /** Where the example agent works, and sessions whose project names no folder. */
  readonly sandbox: string
  /** Agents that the person named; each takes the place of one of its name. */
  readonly own: AgentPrograms
  /** What was said in a session, for an agent that keeps nothing itself. */
  readonly transcript: (sessionId: string) => Promise<readonly SessionMessage[]>
}

/** All agents that a page can pick, by their names. None of them is loaded or started before it is. */
export function knownAgents({ sandbox, own, transcript }: KnownAgentsOptions): Readonly<Record<string, Provider>> {
  const where = { cwd: sandbox }
  const ollamaHost = process.env['OLLAMA_HOST']
  const adapter = (title: string, program: string, npmName: string): Provider => fetched(title, program, npmName, where)
  return {
    example: acpProvider(exampleAgent(sandbox), { title: 'Example agent', ...where }),
    claude: claudeProvider(),
    codex: codexProvider(where),
    ollama: ollamaProvider({ transcript, ...(ollamaHost !== undefined && ollamaHost !== '' && { host: ollamaHost }) }),
    'claude-acp': adapter('Claude Code, by ACP', 'claude-agent-acp', '@agentclientprotocol/claude-agent-acp'),
    'codex-acp': adapter('Codex, by ACP', 'codex-acp', '@agentclientprotocol/codex-acp'),
    opencode: acpProvider({ command: 'opencode', args: ['acp'], install: 'npm install --global opencode-ai' }, { title: 'OpenCode', ...where }),
    ...Object.fromEntries([...own].map(([name, program]) => [name, acpProvider(program, { title: name, ...where })])),
  }
}

function exampleAgent(sandbox: string) {
  const program = fileURLToPath(import.meta.resolve('@agent-session/example-agent'))
  return { command: process.execPath, args: [program, '--sandbox', sandbox] }
}

/** The adapter that is installed; else npm's own runner, which fetches it at the first start. */
function fetched(title: string, program: string, npmName: string, where: { readonly cwd: string }): Provider {
  const install = `npm install --global ${npmName}`
  const installed = findProgram(program)
  if (installed !== undefined) return acpProvider({ command: installed, install }, { title, ...where })
  const provider = acpProvider({ command: 'npx', args: ['--yes', npmName], install }, { title, ...where })
  return {
    ...provider,
    probe: async (request) => {
      const found = (await provider.probe?.(request)) ?? { usable: true }
      return found.usable ? { ...found, note: 'It is not installed: npm fetches it with the first start' } : found
    },
  }
}
