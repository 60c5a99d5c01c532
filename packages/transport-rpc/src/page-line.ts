import type { AgentRpcRequests, EventName, RequestName } from './wire.ts'

/** A request, whatever the RPC looks like. Rejects where the RPC does, and where it throws. */
export type Ask = <Name extends RequestName>(name: Name, params: AgentRpcRequests[Name]['params']) => Promise<unknown>

/** The wire in the one shape that is used here. */
export interface PageLine {
  readonly ask: Ask
  /** A request whose answer is nobody's business: whatever it is, there is nothing left to be done. */
  tell<Name extends RequestName>(name: Name, params: AgentRpcRequests[Name]['params']): void
  /** Returns its own unsubscribe. */
  listen(name: EventName, listener: (payload: unknown) => void): () => void
}
