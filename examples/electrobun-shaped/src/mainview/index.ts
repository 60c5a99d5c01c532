import { type AgentStore, createAgentStore } from '@agent-session/core'
import { connectAgentRpc } from '@agent-session/transport-rpc'
import { Electroview } from '../electrobun-stand-in/index.ts' // 'electrobun/view'
import type { AppRpc } from '../shared/app-rpc.ts'

/** The page: a store that has its agents, its storage and its settings from the host. */
export function openMainView(): { readonly store: AgentStore; readonly version: Promise<string> } {
  // The store has time limits of its own. The RPC's default, a second, is less than an agent may take to start.
  const rpc = Electroview.defineRPC<AppRpc>({ maxRequestTime: Infinity, handlers: { requests: {} } })
  void new Electroview({ rpc })
  return { store: createAgentStore(connectAgentRpc(rpc)), version: rpc.request['app.version']() }
}
