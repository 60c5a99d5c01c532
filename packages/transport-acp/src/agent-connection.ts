import {
  type AnyMessage,
  client,
  type ClientConnection,
  methods,
} from '@agentclientprotocol/sdk/unstable'
import { field, fieldsOf } from '@agent-session/core/transport'
import type { AcpLink } from './acp-link.ts'

export interface ConnectionListener {
  /** A message that is about to be written. */
  sending(message: unknown): void
  /** It is with the agent. */
  written(message: unknown): void
  /** A message of the agent, in the order they came. */
  received(message: unknown): void
  /** What the agent may ask for beside permission. */
  readonly methods: Iterable<string>
  /** The agent asks the person; resolves to what it is answered. */
  ask(rpcId: string | number | null, signal: AbortSignal): Promise<unknown>
  /** The agent asks for something else of `methods`. Rejects with a `RequestError` where it does not get it. */
  answer(method: string, params: unknown): Promise<unknown>
  /** Nothing more comes. `problem` says what was wrong with what came, where something was. */
  closed(problem: string | undefined): void
}

/**
 * The official SDK's client on a link. The SDK keeps requests and their answers together and answers what nobody
 * handles; every message passes here first, because its handlers start some microtasks late, so that an answer would
 * overtake the updates before it.
 */
export class AgentConnection {
  readonly #connection: ClientConnection
  readonly #listener: ConnectionListener
  readonly #writer: WritableStreamDefaultWriter<AnyMessage>
  readonly #requests = new Set<string | number | null>()
  #closed = false

  constructor(link: AcpLink, name: string, listener: ConnectionListener) {
    this.#listener = listener
    this.#writer = link.stream.writable.getWriter()
    let deliver: (message: AnyMessage) => void = () => {}
    const readable = new ReadableStream<AnyMessage>({
      start: (controller) => {
        deliver = (message) => controller.enqueue(message)
      },
    })
    const writable = new WritableStream<AnyMessage>({ write: (message) => this.#write(message) })
    const app = client({ name })
    for (const method of questionMethods) app.onRequest(method, asItIs, ({ requestId, signal }) => listener.ask(requestId ?? null, signal))
    for (const method of listener.methods) app.onRequest(method, asItIs, ({ params }) => listener.answer(method, params))
    this.#connection = app.connect({ readable, writable })
    void this.#receive(link.stream.readable, deliver)
  }

  /** Typed by the SDK for what is sent; what comes back is not checked by it. */
  get agent(): ClientConnection['agent'] {
    return this.#connection.agent
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Lets go of it: open requests reject, and `closed` is called if it was not. */
  close(problem?: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#connection.close(new Error('The connection to the agent is closed'))
    // An agent that is gone cannot be told; that it is gone is told by its end.
    this.#writer.close().catch(() => {})
    this.#listener.closed(problem)
  }

  async #write(message: AnyMessage): Promise<void> {
    if (this.#closed) return
    if ('method' in message && 'id' in message) this.#requests.add(message.id)
    this.#listener.sending(message)
    try {
      await this.#writer.write(message)
    } catch {
      // The far side is gone: its end says more than a broken pipe.
      return
    }
    this.#listener.written(message)
  }

  async #receive(readable: ReadableStream<AnyMessage>, deliver: (message: AnyMessage) => void): Promise<void> {
    const reader = readable.getReader()
    let problem: string | undefined
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || this.#closed) break
        problem = this.#take(value, deliver)
        if (problem !== undefined) break
      }
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
    // What made reading fail is told as the problem; there is no more to read.
    reader.cancel().catch(() => {})
    this.close(problem)
  }

  /** What is wrong with a message, if something is. */
  #take(value: unknown, deliver: (message: AnyMessage) => void): string | undefined {
    const id = field(value, 'id')
    const isCall = typeof field(value, 'method') === 'string'
    const isAnswer = !isCall && id !== undefined && (hasOwn(value, 'result') || hasOwn(value, 'error'))
    if (!isCall && !isAnswer) return `a message that is no JSON-RPC: ${excerpt(value)}`
    this.#listener.received(value)
    // Updates have been dealt with. An answer that nobody waits for would only make the SDK complain on the console.
    if (isAnswer ? this.#requests.delete(asId(id)) : id !== undefined || field(value, 'method') === methods.protocol.cancelRequest) {
      deliver(asMessage(value))
    }
    return undefined
  }
}

/** Requests that a person answers. */
const questionMethods: readonly string[] = [methods.client.session.requestPermission, methods.client.elicitation.create]

const asItIs = (params: unknown): unknown => params

const hasOwn = (value: unknown, name: string): boolean => {
  const fields = fieldsOf(value)
  return fields !== undefined && Object.hasOwn(fields, name)
}

const asId = (id: unknown): string | number | null => (typeof id === 'string' || typeof id === 'number' ? id : null)

/** The SDK checks each message that it is given by itself. Some agents leave out `jsonrpc`, which it insists on. */
function asMessage(value: unknown): AnyMessage {
  const { method, id, params, result, error } = fieldsOf(value) ?? {}
  const jsonrpc = '2.0' as const
  if (typeof method === 'string') return id === undefined ? { jsonrpc, method, params } : { jsonrpc, id: asId(id), method, params }
  if (error === undefined || error === null) return { jsonrpc, id: asId(id), result }
  const code = field(error, 'code')
  const message = field(error, 'message')
  return {
    jsonrpc,
    id: asId(id),
    error: {
      code: typeof code === 'number' && Number.isInteger(code) ? code : -32_603,
      message: typeof message === 'string' ? message : excerpt(error),
      data: field(error, 'data'),
    },
  }
}

const excerpt = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 200)
