import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock, SessionContext, StartCommand } from '@agent-session/core'
import { createAcpTransport, type AcpTransportOptions } from '../src/index.ts'
import { type AgentProgram, stdioAgents } from '../src/stdio/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'

export const exampleAgentMain = fileURLToPath(new URL('../../../examples/example-agent/src/main.ts', import.meta.url))
const misbehavingAgent = fileURLToPath(new URL('./misbehaving-agent.mjs', import.meta.url))

export const newFolder = (): string => realpathSync(mkdtempSync(path.join(tmpdir(), 'transport-acp-test-')))

export function exampleAgent(sandbox: string, { paceMs = 0 } = {}): AgentProgram {
  return {
    command: process.execPath,
    args: [exampleAgentMain, '--sandbox', sandbox],
    env: { EXAMPLE_AGENT_PACE_MS: String(paceMs) },
  }
}

export const misbehaving = (way: string, ...args: string[]): AgentProgram => ({ command: process.execPath, args: [misbehavingAgent, way, ...args] })

export type Rig = ReturnType<typeof createRig>

/** A transport with one agent, named `agent`, and all that it tells. */
export function createRig(program: AgentProgram, { clock, ...options }: Partial<Omit<AcpTransportOptions, 'connect'>> & { clock?: Clock; mostLineBytes?: number } = {}) {
  let stderr = ''
  const { mostLineBytes, ...rest } = options
  const connect = stdioAgents({
    agents: { agent: program },
    ...(mostLineBytes !== undefined && { mostLineBytes }),
    ...(clock && { clock }),
    onStderr: (text) => (stderr += text),
  })
  const transport = createAcpTransport({ connect, ...(clock && { clock }), ...rest })
  const heard = new HeardEvents(transport)
  return {
    transport,
    heard,
    stderr: () => stderr,
    start: (run: string, prompt: string, more: Partial<StartCommand> = {}) =>
      transport.start({ sessionId: 'session', run, projectId: 'project', provider: 'agent', prompt, messageId: `${run}-prompt`, ...more }),
    prompt: (run: string, prompt: string, session: Partial<SessionContext> = {}) =>
      transport.prompt({ sessionId: 'session', run, prompt, messageId: `${run}-prompt`, session: { projectId: 'project', provider: 'agent', ...session } }),
    stop: (run: string) => transport.stop({ sessionId: 'session', run }),
  }
}
