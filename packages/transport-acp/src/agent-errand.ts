import { type Clock, type SessionContext, within } from '@agent-session/core'
import { agentProblem } from '@agent-session/core/transport'
import type { ConnectAgent } from './acp-link.ts'
import { AgentRequests } from './agent-requests.ts'
import { type AgentHost, LiveAgent } from './live-agent.ts'

export interface ErrandOptions {
  readonly connect: ConnectAgent
  readonly clock: Clock
  readonly host: Omit<AgentHost, 'requests'>
  /** Ms until the agent is greeted. */
  readonly handshakeMs: number
  /** Ms until the work is done; absent: as long as it takes. */
  readonly workMs?: number
  /** Told how to end it before its time. */
  onBegin?(end: () => Promise<void>): void
}

/** Starts an agent for one piece of work that belongs to no session, and ends it again. Rejects in words. */
export async function runErrand<Result>(context: SessionContext, options: ErrandOptions, work: (agent: LiveAgent, cwd: string) => Promise<Result>): Promise<Result> {
  const { connect, clock, host, handshakeMs, workMs, onBegin } = options
  const { provider, cwd, extraEnv, claudeConfigDir } = context
  const link = await connect({
    provider,
    sessionId: '',
    ...(cwd !== undefined && cwd !== '' && { cwd }),
    env: { ...extraEnv, ...(claudeConfigDir !== undefined && claudeConfigDir !== '' && { CLAUDE_CONFIG_DIR: claudeConfigDir }) },
  })
  const agent = new LiveAgent(provider, link, clock, { ...host, requests: new AgentRequests({}) }, {
    sending: () => {},
    received: () => {},
    ask: () => Promise.resolve({ outcome: { outcome: 'cancelled' }, action: 'cancel' }),
    gone: () => {},
  })
  onBegin?.(() => agent.kill())
  const late = (): Error => agentProblem('agent-protocol', `The agent "${provider}" did not answer in time`)
  try {
    const greeted = await within(clock, handshakeMs, agent.initialize())
    if (!greeted.timely) throw late()
    const working = work(agent, link.cwd)
    if (workMs === undefined) return await working
    const done = await within(clock, workMs, working)
    if (!done.timely) throw late()
    return done.value
  } finally {
    await agent.kill()
  }
}
