import type { AgentRpcSchema } from '@agent-session/transport-rpc'

/** What the two processes of this app say to each other: the agents', and what is the app's own. */
export type AppRpc = {
  bun: {
    requests: AgentRpcSchema['bun']['requests'] & { 'app.version': { params: undefined; response: string } }
    messages: AgentRpcSchema['bun']['messages']
  }
  webview: AgentRpcSchema['webview']
}
