import { field } from '@agent-session/core/transport'

/** The id of a request in JSON-RPC. */
export type RpcId = string | number

/** `undefined` where there is none. */
export function rpcIdOf(value: unknown, name = 'id'): RpcId | undefined {
  const id = field(value, name)
  return typeof id === 'string' || typeof id === 'number' ? id : undefined
}
