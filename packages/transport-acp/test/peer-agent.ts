import type { AnyMessage } from '@agentclientprotocol/sdk/unstable'
import type { AgentEvent, SessionContext, StartCommand } from '@agent-session/core'
import { type AcpTransportOptions, type ConnectAgent, createAcpTransport, streamLink } from '../src/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'

export const peerSession = 'peer-session-0123456789'

/** The agent's side of one connection, message by message. */
export interface Peer {
  send(message: object): void
  update(update: object, sessionId?: string): void
  /** Asks the client; resolves to its whole answer. */
  ask(method: string, params: object): Promise<{ result?: unknown; error?: { code: number; message: string } }>
}

type Handler = (params: Record<string, unknown>, peer: Peer) => unknown

export interface PeerOptions {
  readonly initialize?: object
  /** What it answers by method; a promise is waited for, an `Error` in its place is an error of that code and message. */
  readonly methods?: Readonly<Record<string, Handler>>
  readonly cwd?: string
  readonly outlives?: boolean
  readonly options?: Partial<AcpTransportOptions>
}

export class PeerError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** An agent in this process that is written message by message, without any library between. */
export function createPeerRig({ initialize = {}, methods = {}, cwd = '/project', outlives, options = {} }: PeerOptions = {}) {
  const asked: { readonly method: string; readonly params: unknown }[] = []
  let open = 0
  const handlers: Readonly<Record<string, Handler>> = {
    initialize: () => ({ protocolVersion: 1, ...initialize }),
    'session/new': () => ({ sessionId: peerSession }),
    'session/prompt': (_params, peer) => {
      peer.update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'Hello.' } })
      return { stopReason: 'end_turn' }
    },
    ...methods,
  }

  const connect: ConnectAgent = async () => {
    const up = new TransformStream<AnyMessage, AnyMessage>()
    const down = new TransformStream<AnyMessage, AnyMessage>()
    const writer = down.writable.getWriter()
    const waiting = new Map<unknown, (answer: { result?: unknown; error?: { code: number; message: string } }) => void>()
    let questions = 0
    open += 1
    const peer: Peer = {
      // What the tests send is any JSON; the type is the SDK's for what is right.
      send: (message) => void writer.write({ jsonrpc: '2.0', ...message } as AnyMessage).catch(() => {}),
      update: (update, sessionId = peerSession) => peer.send({ method: 'session/update', params: { sessionId, update } }),
      ask: (method, params) =>
        new Promise((resolve) => {
          const id = `ask-${(questions += 1)}`
          waiting.set(id, resolve)
          peer.send({ id, method, params: { sessionId: peerSession, ...params } })
        }),
    }
    void (async () => {
      for await (const message of up.readable) {
        const { id, method, params, result, error }: { id?: unknown; method?: unknown; params?: unknown; result?: unknown; error?: unknown } = message
        if (typeof method !== 'string') {
          const failure = isRecord(error) ? { error: { code: Number(error['code']), message: String(error['message']) } } : {}
          waiting.get(id)?.({ result, ...failure })
          continue
        }
        asked.push({ method, params })
        void answer(id, method, isRecord(params) ? params : {}, peer)
      }
      open -= 1
    })()
    return streamLink({ readable: down.readable, writable: up.writable }, { cwd, ...(outlives !== undefined && { outlives }) })
  }

  async function answer(id: unknown, method: string, params: Record<string, unknown>, peer: Peer): Promise<void> {
    try {
      const result = await handlers[method]?.(params, peer)
      if (id !== undefined) peer.send(method in handlers ? { id, result: result ?? {} } : { id, error: { code: -32_601, message: 'Method not found' } })
    } catch (error) {
      peer.send({ id, error: { code: error instanceof PeerError ? error.code : -32_603, message: error instanceof Error ? error.message : 'failed', ...(error instanceof Error && 'data' in error && { data: error.data }) } })
    }
  }

  const transport = createAcpTransport({ connect, ...options })
  const context: SessionContext = { projectId: 'project', provider: 'agent' }
  const heard = new HeardEvents(transport)
  return {
    transport,
    heard,
    asked,
    open: () => open,
    context,
    calls: (method: string) => asked.filter((call) => call.method === method).map(({ params }) => params),
    start: (more: Partial<StartCommand> = {}) => transport.start({ ...context, sessionId: 's', run: 'r', messageId: 'm', prompt: 'hi', ...more }),
    sessions: () => heard.all.filter((event): event is Extract<AgentEvent, { type: 'session' }> => event.type === 'session'),
  }
}
