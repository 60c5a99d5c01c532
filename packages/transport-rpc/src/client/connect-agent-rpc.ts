import { type AgentSessionError, type AgentTransport, type Channel, type Clock, newId, type SessionStorage, type SettingsSource, systemClock } from '@agent-session/core'
import { type AgentRpc, pageLine } from '../agent-rpc.ts'
import { rpcSettings } from './rpc-settings.ts'
import { RpcStorage } from './rpc-storage.ts'
import { RpcTransport } from './rpc-transport.ts'

/** How a page reads the wire; all of it has a default. */
export interface ConnectAgentRpcOptions {
  /** Default: the system's. */
  readonly clock?: Clock
  /** Ids for messages that the host gave none. Default: random. */
  readonly newId?: () => string
  /**
   * What the host's `agent.cost` counts: the whole session (the default, and what the first system showed), or each run
   * by itself, so that the session's cost is their sum.
   */
  readonly costs?: 'session' | 'run'
  /**
   * Whether saved rows carry more than the wire's own fields, so that a host that keeps them gives back all of a session.
   * Default true; `false` for hosts that refuse what they do not know.
   */
  readonly extras?: boolean
  /** Told of each row and setting that is none and was set aside; the rest loads. Default: nobody. */
  readonly onProblem?: (problem: AgentSessionError) => void
}

/** All that `createAgentStore` takes from a host. */
export interface AgentRpcConnection {
  readonly transport: AgentTransport & Required<Pick<AgentTransport, 'close'>>
  /** `atomic` is false: a session and its messages are saved by two requests. Lists and deletions reject with `not-supported`. */
  readonly storage: SessionStorage
  readonly settings: SettingsSource
}

/**
 * A host that speaks the wire of the first system, as a transport, a storage and settings. `rpc` is the page's end of a
 * desktop RPC, or any channel at whose other end `serveAgentRpc` is. Nothing is held back for an end beyond those of the
 * transport and the storage, which the store closes.
 */
export function connectAgentRpc(rpc: AgentRpc | Channel, options: ConnectAgentRpcOptions = {}): AgentRpcConnection {
  const { clock = systemClock, newId: makeId = newId, costs = 'session', extras = true, onProblem = () => {} } = options
  const line = pageLine(rpc, makeId)
  return {
    transport: new RpcTransport({ line, clock, makeId, costs }),
    storage: new RpcStorage({ line, extras, onProblem }),
    settings: rpcSettings(line, onProblem),
  }
}
