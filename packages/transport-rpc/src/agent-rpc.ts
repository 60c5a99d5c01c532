import { type Channel, newId } from '@agent-session/core'
import { expectOption } from '@agent-session/core/transport'
import { channelLine } from './channel-line.ts'
import type { Ask, PageLine } from './page-line.ts'
import type { AgentRpcRequests, EventName, PromptParams, RequestName, SessionRow, StartParams, MessageRow } from './wire.ts'

/** The requests as methods, as the RPC of a desktop host has them. What they answer is checked, so that nothing is said of it here. */
export interface AgentRpcCalls {
  'agent.start'(params: StartParams): Promise<unknown>
  'agent.prompt'(params: PromptParams): Promise<unknown>
  'agent.stop'(params: { readonly sessionId: string }): Promise<unknown>
  'session.save'(params: SessionRow): Promise<unknown>
  'session.messages.save'(params: { readonly messages: readonly MessageRow[] }): Promise<unknown>
  'session.load'(params: { readonly projectId: string }): Promise<unknown>
  'session.messages.load'(params: { readonly sessionId: string }): Promise<unknown>
  'settings.getAll'(params: Readonly<Record<string, never>>): Promise<unknown>
}

/** One request by its name, where the RPC is a function and not an object of methods. */
export type AgentRpcCall = (name: RequestName, params: AgentRpcRequests[RequestName]['params']) => Promise<unknown>

/** The page's end of an RPC, by what is used of it: Electrobun's `Electroview.defineRPC` gives one, and so do others of its shape. */
export interface AgentRpc {
  /** Methods by the requests' names, or one function that takes the name. */
  readonly request: AgentRpcCalls | AgentRpcCall
  /** Tells each event of that name. */
  addMessageListener(name: EventName, listener: (payload: unknown) => void): void
  /** Absent: the listeners stay for as long as the RPC, and what they hear after the end is passed over. */
  removeMessageListener?(name: EventName, listener: (payload: unknown) => void): void
}

export const isChannel = (value: object): value is Channel => 'post' in value && 'subscribe' in value

/** `makeId` names the requests on a channel. */
export function pageLine(rpc: AgentRpc | Channel, makeId: () => string = newId): PageLine {
  const isRpc = typeof rpc === 'object' && rpc !== null && (isChannel(rpc) || typeof rpc.addMessageListener === 'function')
  expectOption(isRpc, 'connectAgentRpc needs the page\'s end of an RPC, with `request` and `addMessageListener`, or a channel, with `post` and `subscribe`')
  return isChannel(rpc) ? channelLine(rpc, makeId) : rpcLine(rpc)
}

function rpcLine(rpc: AgentRpc): PageLine {
  const { request, addMessageListener, removeMessageListener } = bound(rpc)
  const ask: Ask = async (name, params) => {
    const method: unknown = Reflect.get(request, name)
    if (typeof method === 'function') return Reflect.apply(method, request, [params])
    if (typeof request === 'function') return request(name, params)
    throw new TypeError(`This RPC has no request named ${name}.`)
  }
  return {
    ask,
    tell: (name, params) => void ask(name, params).catch(() => {}),
    listen(name, listener) {
      addMessageListener(name, listener)
      return () => removeMessageListener?.(name, listener)
    },
  }
}

/** The RPC's methods keep their `this`, whether they need it or not. */
function bound(rpc: AgentRpc): AgentRpc {
  return {
    request: rpc.request,
    addMessageListener: rpc.addMessageListener.bind(rpc),
    ...(rpc.removeMessageListener && { removeMessageListener: rpc.removeMessageListener.bind(rpc) }),
  }
}
