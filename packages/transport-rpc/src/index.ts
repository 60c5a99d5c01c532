export { connectAgentRpc, type AgentRpcConnection, type ConnectAgentRpcOptions } from './client/connect-agent-rpc.ts'
export type { AgentRpc, AgentRpcCall, AgentRpcCalls } from './agent-rpc.ts'
export { serveAgentRpc, type AgentRpcHandlers, type AgentRpcHost, type ServeAgentRpcOptions } from './host/serve-agent-rpc.ts'
export type { AgentRpcPage } from './host/page-list.ts'
export type { AskedPermission, PermissionPolicy } from './host/permission-policy.ts'
export type {
  AgentRpcEvents,
  AgentRpcRequests,
  AgentRpcSchema,
  EventName,
  MessageRow,
  PromptParams,
  RequestName,
  RpcReply,
  SessionRow,
  StartParams,
} from './wire.ts'
