import { fileURLToPath } from 'node:url'
import type { AgentProgram, AgentPrograms } from './agent-program.ts'
import { findProgram } from './find-program.ts'

/** The agents that the console knows without being told. */
export function builtInAgents(sandbox: string): AgentPrograms {
  return new Map([
    ['example', exampleAgent(sandbox)],
    ['claude', adapter('claude-agent-acp', '@agentclientprotocol/claude-agent-acp')],
    ['codex', adapter('codex-acp', '@agentclientprotocol/codex-acp')],
  ])
}

function exampleAgent(sandbox: string): AgentProgram {
  const program = fileURLToPath(import.meta.resolve('@agent-session/example-agent'))
  return { command: process.execPath, args: [program, '--sandbox', sandbox], env: {} }
}

/** The adapter that is installed; else npm's own runner, which fetches it at the first start. */
function adapter(program: string, npmName: string): AgentProgram {
  const install = `npm install --global ${npmName}`
  const installed = findProgram(program)
  if (installed !== undefined) return { command: installed, args: [], env: {}, install }
  return { command: 'npx', args: ['--yes', npmName], env: {}, install }
}
