/** What is sent beside the JSON packets to see whether a line is alive: a page cannot send a WebSocket's own ping. */
export const heartbeat = { question: 'ping', answer: 'pong' } as const

/** The subprotocol of this library; its name alone says nothing about who may connect. */
export const subprotocol = 'agent-session'
const tokenPrefix = 'agent-session.token.'

/** The subprotocols that a client offers. */
export const protocolsFor = (token: string | undefined): string[] =>
  token === undefined ? [subprotocol] : [subprotocol, tokenPrefix + token]

/** The token among the subprotocols that a client offered. */
export function tokenIn(offered: readonly string[]): string | undefined {
  return offered.find((name) => name.startsWith(tokenPrefix))?.slice(tokenPrefix.length)
}
