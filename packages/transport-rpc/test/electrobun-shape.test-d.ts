// The RPC of Electrobun by the shape of its types, so that both halves are known to fit it without being installed.
import { connectAgentRpc, serveAgentRpc, type AgentRpcHandlers, type AgentRpcRequests, type AgentRpcSchema } from '../src/index.ts'
import { createScriptedTransport } from '@agent-session/core/testing'

type Requests = { [name: string]: { params: unknown; response: unknown } }
type Messages = Record<never, unknown>
interface Schema {
  bun: { requests: Requests; messages: Messages }
  webview: { requests: Requests; messages: Messages }
}

type Args<Params> = undefined extends Params ? [params?: Params] : [params: Params]
type RequestProxy<R extends Requests> = { [Name in keyof R]: (...args: Args<R[Name]['params']>) => Promise<R[Name]['response']> }
type Handlers<R extends Requests> = { [Name in keyof R]?: (...args: Args<R[Name]['params']>) => R[Name]['response'] | Promise<R[Name]['response']> }

/** What `defineRPC` gives on one side. */
interface Rpc<Asked extends Requests, Sent extends Messages, Heard extends Messages> {
  request: (<Name extends keyof Asked>(method: Name, ...args: Args<Asked[Name]['params']>) => Promise<Asked[Name]['response']>) & RequestProxy<Asked>
  send: <Name extends keyof Sent>(message: Name, ...args: void extends Sent[Name] ? [] : undefined extends Sent[Name] ? [payload?: Sent[Name]] : [payload: Sent[Name]]) => void
  addMessageListener(message: '*', listener: (name: keyof Heard, payload: Heard[keyof Heard]) => void): void
  addMessageListener<Name extends keyof Heard>(message: Name, listener: (payload: Heard[Name]) => void): void
  removeMessageListener(message: '*', listener: (name: keyof Heard, payload: Heard[keyof Heard]) => void): void
  removeMessageListener<Name extends keyof Heard>(message: Name, listener: (payload: Heard[Name]) => void): void
}

declare function defineHostRpc<S extends Schema>(config: {
  maxRequestTime?: number
  handlers: { requests?: Handlers<S['bun']['requests']>; messages?: object }
}): Rpc<S['webview']['requests'], S['webview']['messages'], S['bun']['messages']>
declare function definePageRpc<S extends Schema>(config: {
  handlers: { requests?: Handlers<S['webview']['requests']> }
}): Rpc<S['bun']['requests'], S['bun']['messages'], S['webview']['messages']>

// An app with requests and messages of its own beside ours.
type AppRpc = {
  bun: { requests: AgentRpcRequests & { 'app.version': { params: undefined; response: string } }; messages: { log: string } }
  webview: { requests: { 'app.title': { params: undefined; response: string } }; messages: AgentRpcSchema['webview']['messages'] & { 'app.focus': boolean } }
}

const host = serveAgentRpc({ transport: createScriptedTransport() })
const hostRpc = defineHostRpc<AppRpc>({ maxRequestTime: Infinity, handlers: { requests: { ...host.requests, 'app.version': () => '1' } } })
host.connect(hostRpc)
connectAgentRpc(definePageRpc<AppRpc>({ handlers: {} }))

// Ours alone.
connectAgentRpc(definePageRpc<AgentRpcSchema>({ handlers: {} }))
host.connect(defineHostRpc<AgentRpcSchema>({ handlers: { requests: host.requests } }))

// A host that was written for the wire, with narrower types of its own.
type OldRpc = {
  bun: {
    requests: {
      [Name in keyof AgentRpcRequests]: Name extends 'agent.start'
        ? { params: { sessionId: string; provider: 'claude' | 'codex' | 'ollama'; prompt: string; cwd?: string }; response: { ok: boolean; error?: string } }
        : AgentRpcRequests[Name]
    }
    messages: Messages
  }
  webview: { requests: Requests; messages: { 'agent.message': { sessionId: string; messages: object[] }; 'agent.status': object; 'agent.cost': object } }
}
connectAgentRpc(definePageRpc<OldRpc>({ handlers: {} }))

// @ts-expect-error a page needs all requests
connectAgentRpc({ request: { 'agent.start': host.requests['agent.start'] }, addMessageListener: () => {} })
// @ts-expect-error a handler of another kind
void ({ ...host.requests, 'agent.stop': () => 'stopped' } satisfies AgentRpcHandlers)
// @ts-expect-error a host needs a transport
serveAgentRpc({})
