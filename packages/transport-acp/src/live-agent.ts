import { errorText, within, type Clock, type SessionContext } from '@agent-session/core'
import {
  type Implementation,
  methods,
  type NewSessionRequest,
  type PromptRequest,
  PROTOCOL_VERSION,
  RequestError,
  type RequestPermissionResponse,
} from '@agentclientprotocol/sdk/unstable'
import type { AcpLink } from './acp-link.ts'
import { AgentConnection } from './agent-connection.ts'
import { agentProblem } from './agent-problem.ts'
import { field, fieldsOf, listField, textField } from './fold/unknown-data.ts'
import { isAuthRequired, rpcErrorText } from './fold/rpc-error.ts'
import type { Selection } from './fold/session-settings.ts'

/** Ms that an agent which has stopped talking has to end by itself, so that its exit code can be told. */
const partingMs = 500

export interface LiveAgentListener {
  sending(message: unknown): void
  received(message: unknown): void
  ask(rpcId: string | number | null, signal: AbortSignal): Promise<RequestPermissionResponse>
  /** It is gone for good. `words` tell what happened, as a sentence. */
  gone(words: string): void
}

/** How to get back into a session that the agent remembers. */
export type Way = 'load' | 'resume'

/** One agent that is up, from its first word to its end. */
export class LiveAgent {
  readonly connection: AgentConnection
  /** Resolves, with what happened, when the agent is gone. */
  readonly gone: Promise<string>
  readonly #name: string
  readonly #link: AcpLink
  readonly #clock: Clock
  #capabilities: unknown
  #authMethods: readonly unknown[] = []
  #promptWritten = (): void => {}

  constructor(name: string, link: AcpLink, clock: Clock, clientName: string, listener: LiveAgentListener) {
    this.#name = name
    this.#link = link
    this.#clock = clock
    let tell = (_words: string): void => {}
    this.gone = new Promise((resolve) => (tell = resolve))
    this.connection = new AgentConnection(link, clientName, {
      sending: (message) => listener.sending(message),
      written: (message) => {
        if (textField(message, 'method') === methods.agent.session.prompt) this.#promptWritten()
      },
      received: (message) => listener.received(message),
      ask: (rpcId, signal) => listener.ask(rpcId, signal),
      closed: (problem) => {
        void this.#end(problem).then((words) => {
          listener.gone(words)
          tell(words)
        })
      },
    })
  }

  /** Whether it has hung up: then it is as good as gone. */
  get isClosed(): boolean {
    return this.connection.isClosed
  }

  /** The folder that its session is in. */
  get cwd(): string {
    return this.#link.cwd
  }

  get promptCapabilities(): unknown {
    return field(this.#capabilities, 'promptCapabilities')
  }

  /** What it can do with a session that it remembers. */
  can(way: Way | 'list'): boolean {
    return way === 'load' ? field(this.#capabilities, 'loadSession') === true : this.#has(way)
  }

  async initialize(clientInfo: Implementation): Promise<void> {
    const result: unknown = await this.#asked('start', () =>
      this.connection.agent.request(methods.agent.initialize, {
        protocolVersion: PROTOCOL_VERSION,
        clientInfo,
        clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
      }),
    )
    const version = field(result, 'protocolVersion')
    if (version !== PROTOCOL_VERSION) {
      throw agentProblem('agent-protocol', `The agent "${this.#name}" speaks version ${String(version)} of the Agent Client Protocol; this needs version ${PROTOCOL_VERSION}. Install another version of it.`)
    }
    this.#capabilities = field(result, 'agentCapabilities')
    this.#authMethods = listField(result, 'authMethods')
  }

  open(context: SessionContext): Promise<unknown> {
    return this.#asked('open a session', () => this.connection.agent.request(methods.agent.session.new, this.#parameters(context)))
  }

  /** Whether the agent knew the session; rejects when it is gone, or wants a log in. */
  async reopen(way: Way, sessionId: string, context: SessionContext): Promise<boolean> {
    const parameters = { ...this.#parameters(context), sessionId }
    try {
      if (way === 'load') await this.connection.agent.request(methods.agent.session.load, parameters)
      else await this.connection.agent.request(methods.agent.session.resume, parameters)
      return true
    } catch (error) {
      if (error instanceof RequestError && !isAuthRequired(error)) return false
      throw await this.#why('go on with the session', error)
    }
  }

  async set(sessionId: string, part: 'mode' | 'model', { configId }: Selection, value: string): Promise<void> {
    const { agent } = this.connection
    await this.#asked(`take the ${part} "${value}"`, async (): Promise<unknown> => {
      if (configId !== undefined) return agent.request(methods.agent.session.setConfigOption, { sessionId, configId, value })
      if (part === 'mode') return agent.request(methods.agent.session.setMode, { sessionId, modeId: value })
      // Of the protocol's earlier drafts; agents that offer `models` and no config option still have it.
      return agent.request('session/set_model', { sessionId, modelId: value })
    })
  }

  /** Runs one request; what goes wrong becomes words. */
  async #asked<Result>(to: string, request: () => Promise<Result>): Promise<Result> {
    try {
      return await request()
    } catch (error) {
      throw await this.#why(to, error)
    }
  }

  async #why(to: string, error: unknown): Promise<Error> {
    if (!(error instanceof RequestError)) return agentProblem('agent-exited', await this.gone)
    if (!isAuthRequired(error)) return agentProblem('agent-protocol', `The agent "${this.#name}" refused to ${to}: ${rpcErrorText(error)}`)
    const ways = this.#authMethods.flatMap((method) => textField(method, 'name') ?? [])
    return agentProblem(
      'agent-protocol',
      `The agent "${this.#name}" wants you to log in first${ways.length > 0 ? ` (${ways.join(', ')})` : ''}. Log in with its own program, then try again.`,
    )
  }

  /** Resolves when the prompt is with the agent, or the agent is gone; its answer comes as a message. */
  async prompt(request: PromptRequest): Promise<void> {
    const written = new Promise<void>((resolve) => (this.#promptWritten = resolve))
    this.connection.agent.request(methods.agent.session.prompt, request).catch(() => {
      // The fold has it from the message itself.
    })
    await Promise.race([written, this.gone])
  }

  cancel(sessionId: string): void {
    // An agent that cannot be reached is ended when its time for the stop is over.
    this.connection.agent.notify(methods.agent.session.cancel, { sessionId }).catch(() => {})
  }

  /** Ends it, whether it wants to or not. */
  async kill(): Promise<void> {
    this.connection.close()
    await this.#link.kill()
    await this.gone
  }

  #has(name: string): boolean {
    return fieldsOf(field(field(this.#capabilities, 'sessionCapabilities'), name)) !== undefined
  }

  #parameters({ systemPrompt, additionalDirectories }: SessionContext): NewSessionRequest {
    return {
      cwd: this.#link.cwd,
      mcpServers: [],
      ...(additionalDirectories !== undefined &&
        additionalDirectories.length > 0 &&
        this.#has('additionalDirectories') && { additionalDirectories: [...additionalDirectories] }),
      ...(systemPrompt !== undefined &&
        systemPrompt !== '' &&
        this.#has('systemPrompt') && { systemPrompt: { mode: 'append', content: [{ type: 'text', text: systemPrompt }] } }),
    }
  }

  /** What happened, once nothing of the agent is left. */
  async #end(problem: string | undefined): Promise<string> {
    const { ended } = this.#link
    try {
      if (problem !== undefined) {
        await this.#link.kill()
        return `The agent "${this.#name}" sent ${problem}. It was ended.`
      }
      const parted = await within(this.#clock, partingMs, ended)
      if (!parted.timely) await this.#link.kill()
      return `The agent "${this.#name}" ${(await ended).words}`
    } catch (error) {
      return `The agent "${this.#name}" could not be ended: ${errorText(error)}`
    }
  }
}
