import { AgentSessionError, errorText, type ProbeRequest, type ProbeResult, type Provider, type UnusableProvider, within } from '@agent-session/core'
import { type AcpTransportOptions, createAcpTransport } from './acp-transport.ts'
import { runErrand } from './agent-errand.ts'
import { startOptions } from './start-options.ts'
import { transportHost } from './transport-host.ts'
import { type WebSocketAgent, webSocketAgents, type WebSocketAgentsOptions } from './web-socket-agents.ts'

/** What an agent of a registry is made with; all of it has a default. */
export interface AcpSocketProviderOptions extends Omit<AcpTransportOptions, 'connect'>, Pick<WebSocketAgentsOptions, 'WebSocket'> {
  /** For people. Absent: its address. */
  readonly title?: string
}

/** Ms that the agent may take to be reached and to greet. */
const mostMs = 5_000

/** An agent that listens on a WebSocket and speaks the Agent Client Protocol, for a registry of agents. Its transport is that of `createAcpTransport`. */
export function acpSocketProvider(agent: WebSocketAgent, { title = agent.url, WebSocket, ...options }: AcpSocketProviderOptions = {}): Provider {
  const connecting = (name: string): AcpTransportOptions => ({ ...options, connect: webSocketAgents({ agents: { [name]: agent }, ...(WebSocket && { WebSocket }) }) })
  return {
    title,
    options: startOptions,
    capabilities: { list: true, configure: true, images: true, fork: true, forget: true, logIn: true },
    probe: (request) => probeSocket(agent, connecting(request.name), request),
    create: ({ name, clock }) => createAcpTransport({ clock, ...connecting(name) }),
  }
}

/** It is greeted, as by a session, and left. */
async function probeSocket({ url }: WebSocketAgent, options: AcpTransportOptions, { name, clock, withdrawn }: ProbeRequest): Promise<ProbeResult> {
  let end = async (): Promise<void> => {}
  let isOver = false
  const onBegin = (given: () => Promise<void>): void => {
    end = given
    // One that was connected too late is left at once.
    if (isOver) void given()
  }
  const errand = { connect: options.connect, clock, host: transportHost(options), handshakeMs: mostMs, onBegin }
  const greeting = runErrand({ projectId: '', provider: name }, errand, async ({ version }): Promise<ProbeResult> => ({ usable: true, ...(version !== undefined && { version }) }))
  const late: UnusableProvider = { usable: false, code: 'unreachable', message: `Nothing at ${url} greeted within ${mostMs / 1_000} s` }
  try {
    const greeted = await within(clock, mostMs, Promise.race([greeting, withdrawn.then(() => late)]))
    return greeted.timely ? greeted.value : late
  } catch (thrown) {
    return unusable(url, thrown)
  } finally {
    isOver = true
    await end()
  }
}

function unusable(url: string, thrown: unknown): UnusableProvider {
  const code = AgentSessionError.isInstance(thrown) ? thrown.code : undefined
  const message = `${errorText(thrown)} (${url})`
  if (code === 'login-required') return { usable: false, code: 'not-logged-in', message }
  return { usable: false, code: code === 'agent-exited' ? 'unreachable' : 'failed', message }
}
