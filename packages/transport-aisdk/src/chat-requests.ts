import { AgentSessionError, errorText, type SessionContext } from '@agent-session/core'
import type { UiMessage } from './fold/ui-message.ts'

export type Fetch = typeof fetch

/** A value, or what gives it at each request; `undefined` for none. */
export type PerRequest<Value> = Value | ((session: SessionRequest) => Value | Promise<Value>)

/** Whose request it is. */
export interface SessionRequest extends SessionContext {
  readonly sessionId: string
}

/** What a request for an answer is made of, as `DefaultChatTransport` of the AI SDK gives it to its own function of the name. */
export interface SendMessagesRequest {
  /** As the back end knows the chat. */
  readonly id: string
  readonly messages: readonly UiMessage[]
  readonly trigger: 'submit-message'
  /** The message of the assistant that goes on; absent where a prompt asks for a new one. */
  readonly messageId: string | undefined
  readonly api: string
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: RequestCredentials | undefined
  /** The session and the options that it was started with. */
  readonly requestMetadata: SessionRequest
}

/** What a request for the answer that is under way is made of. */
export type ReconnectRequest = Pick<SendMessagesRequest, 'id' | 'api' | 'body' | 'headers' | 'credentials' | 'requestMetadata'>

/** What is sent instead; what is absent stays. */
export interface PreparedRequest {
  readonly api?: string
  readonly headers?: HeadersInit
  readonly credentials?: RequestCredentials
}

/** Where the requests go and what goes with them. The names are those of the AI SDK's `DefaultChatTransport`, so that its options can be brought along. */
export interface ChatRequestOptions {
  /** The address of the back end. Default `/api/chat`, of the page's own server. */
  readonly api?: string
  /** Sent with each request. */
  readonly headers?: PerRequest<HeadersInit | undefined>
  /** Beside the fields that the protocol has. Default: `model` and `systemPrompt`, where the start names them. */
  readonly body?: PerRequest<object | undefined>
  /** Whether cookies go along. Default: the platform's (`same-origin`). */
  readonly credentials?: PerRequest<RequestCredentials | undefined>
  /** Default: the platform's, looked up at each request. */
  readonly fetch?: Fetch
  /** Makes the request another one, for a back end that wants, say, the last message alone. */
  prepareSendMessagesRequest?(request: SendMessagesRequest): (PreparedRequest & { readonly body?: object }) | Promise<PreparedRequest & { readonly body?: object }>
  /** As the other one, for the answer that is under way. */
  prepareReconnectToStreamRequest?(request: ReconnectRequest): PreparedRequest | Promise<PreparedRequest>
}

/** The requests to one back end, as its `useChat` clients would make them. */
export class ChatRequests {
  readonly #options: ChatRequestOptions

  constructor(options: ChatRequestOptions) {
    this.#options = options
  }

  /** For words to people: the one in use may be another, where a request is prepared. */
  get api(): string {
    return this.#options.api ?? '/api/chat'
  }

  /** Asks for an answer to what was said. `answering`: the message of the assistant that goes on. */
  async send(session: SessionRequest, chatId: string, messages: readonly UiMessage[], answering: string | undefined, signal: AbortSignal): Promise<Response> {
    const base = await this.#base(session, chatId)
    const request: SendMessagesRequest = { ...base, messages, trigger: 'submit-message', messageId: answering }
    const prepared = await hosts('prepareSendMessagesRequest', async () => this.#options.prepareSendMessagesRequest?.(request))
    const body = prepared?.body ?? { ...base.body, id: chatId, messages, trigger: request.trigger, messageId: answering }
    const headers = new Headers(prepared?.headers ?? base.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'application/json')
    return this.#fetch(prepared?.api ?? base.api, { method: 'POST', headers, body: JSON.stringify(body), signal }, prepared?.credentials ?? base.credentials)
  }

  /** Asks for the answer that is under way: 204 where there is none. */
  async reconnect(session: SessionRequest, chatId: string, signal: AbortSignal): Promise<Response> {
    const base = await this.#base(session, chatId)
    const prepared = await hosts('prepareReconnectToStreamRequest', async () => this.#options.prepareReconnectToStreamRequest?.(base))
    const api = prepared?.api ?? streamAddress(base.api, chatId)
    return this.#fetch(api, { method: 'GET', headers: new Headers(prepared?.headers ?? base.headers), signal }, prepared?.credentials ?? base.credentials)
  }

  async #base(session: SessionRequest, chatId: string): Promise<ReconnectRequest> {
    const { body, headers, credentials } = this.#options
    const { model, systemPrompt } = session
    return {
      id: chatId,
      api: this.api,
      body: { ...(model !== undefined && model !== '' && { model }), ...(systemPrompt !== undefined && systemPrompt !== '' && { systemPrompt }), ...(await given('body', body, session)) },
      headers: Object.fromEntries(new Headers(await given('headers', headers, session))),
      credentials: await given('credentials', credentials, session),
      requestMetadata: session,
    }
  }

  #fetch(api: string, init: RequestInit, credentials: RequestCredentials | undefined): Promise<Response> {
    // Not kept: something else may put its own in its place.
    const fetch = this.#options.fetch ?? globalThis.fetch
    return fetch(api, { ...init, ...(credentials !== undefined && { credentials }) })
  }
}

/** `/api/chat?x=1` and the chat `a` give `/api/chat/a/stream?x=1`. */
function streamAddress(api: string, chatId: string): string {
  // No way of writing them keeps these from being read as folders.
  if (chatId === '.' || chatId === '..') throw new AgentSessionError('invalid-argument', `A chat cannot be called "${chatId}" where its id becomes part of an address. Give \`prepareReconnectToStreamRequest\``)
  const end = api.search(/[?#]/)
  const [path, rest] = end === -1 ? [api, ''] : [api.slice(0, end), api.slice(end)]
  return `${path.replace(/\/$/, '')}/${encodeURIComponent(chatId)}/stream${rest}`
}

function given<Value>(name: string, option: PerRequest<Value> | undefined, session: SessionRequest): Promise<Value | undefined> {
  return hosts(name, async () => (isFunction(option) ? option(session) : option))
}

const isFunction = <Value>(option: PerRequest<Value> | undefined): option is (session: SessionRequest) => Value | Promise<Value> => typeof option === 'function'

/** What the host's own functions throw is no failure of the back end. */
async function hosts<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (cause) {
    throw AgentSessionError.isInstance(cause) ? cause : new AgentSessionError('invalid-argument', `The option \`${name}\` failed: ${errorText(cause)}`, { cause })
  }
}
