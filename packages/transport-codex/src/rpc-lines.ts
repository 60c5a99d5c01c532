import type { LineFormat } from '@agent-session/agent-process'
import { field } from '@agent-session/core/transport'
import type { RpcId } from './fold/rpc-id.ts'

/** A message of JSON-RPC as the app-server writes it: without `jsonrpc`. What it says is checked by whoever reads it. */
export interface RpcMessage {
  readonly id?: RpcId
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

export const rpcLines: LineFormat<RpcMessage> = {
  name: 'JSON-RPC message',
  accepts: (value): value is RpcMessage => {
    const id = field(value, 'id')
    const method = field(value, 'method')
    const isId = typeof id === 'string' || typeof id === 'number'
    return (typeof method === 'string' && (id === undefined || isId)) || (method === undefined && isId)
  },
}
