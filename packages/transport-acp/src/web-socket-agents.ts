import { AgentSessionError } from '@agent-session/core'
import { createWebSocketStream, type WebSocketConstructor } from '@agentclientprotocol/sdk/experimental/ws-client'
import { expectOption, isFields } from '@agent-session/core/transport'
import { type ConnectAgent, streamLink } from './acp-link.ts'

/** An agent that listens somewhere. Nothing of it ever comes from a client. */
export interface WebSocketAgent {
  /** `ws:` or `wss:`. */
  readonly url: string
  /** The folder on the agent's machine that a session works in whose start names none. */
  readonly cwd: string
  readonly protocols?: readonly string[]
  /** Sent where the constructor takes them, such as Node's `ws`; a browser's does not. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface WebSocketAgentsOptions {
  /** Provider names and where their agents listen. */
  readonly agents: Readonly<Record<string, WebSocketAgent>>
  /** Default: the host's own. */
  readonly WebSocket?: WebSocketConstructor
}

/** Agents that listen on a WebSocket, for `createAcpTransport({ connect })`. Each session has a connection of its own. */
export function webSocketAgents({ agents, WebSocket }: WebSocketAgentsOptions): ConnectAgent {
  expectOption(isFields(agents), 'webSocketAgents needs `agents`: names, and where each listens, as { far: { url, cwd } }')
  return async ({ provider, cwd }) => {
    const agent = Object.hasOwn(agents, provider) ? agents[provider] : undefined
    if (agent === undefined) {
      const names = Object.keys(agents)
      throw new AgentSessionError('agent-not-found', `No agent is named "${provider}" here; ${names.length > 0 ? `there are ${names.join(', ')}` : 'none is configured'}`)
    }
    const { url, protocols, headers } = agent
    expectOption(/^wss?:$/.test(protocolOf(url)), `The url of the agent "${provider}" is no address of a WebSocket: ${url}. It begins with ws:// or wss://`)
    const stream = createWebSocketStream(url, {
      ...(protocols && { protocols: [...protocols] }),
      ...(headers && { headers: { ...headers } }),
      ...(WebSocket && { WebSocket }),
    })
    return streamLink(stream, { cwd: cwd !== undefined && cwd !== '' ? cwd : agent.cwd, outlives: true })
  }
}

const protocolOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : '')
