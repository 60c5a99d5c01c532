import { AgentSessionError, errorText, within, type Abilities, type Clock, type SessionContext } from '@agent-session/core'
import { agentProblem, field, fieldsOf, textField } from '@agent-session/core/transport'
import {
  type Implementation,
  methods,
  type McpServer,
  type NewSessionRequest,
  type PromptRequest,
  PROTOCOL_VERSION,
  RequestError,
} from '@agentclientprotocol/sdk/unstable'
import type { AcpLink } from './acp-link.ts'
import { AgentConnection } from './agent-connection.ts'
import type { AgentRequests } from './agent-requests.ts'
import { readIntroduction } from './fold/agent-introduction.ts'
import { isAuthRequired, isHeldElsewhere, rpcErrorText } from './fold/rpc-error.ts'
import type { Selection } from './fold/session-settings.ts'
import type { SessionFolders } from './host-services.ts'

/** The version of the protocol that is being drafted. */
const draftVersion = 2
/** Asks the second version to tell all that was said. */
const fromTheStart = { replayFrom: { type: 'start' } }
/** Ms that an agent which has stopped talking has to end by itself, so that its exit code can be told. */
const partingMs = 500

export interface LiveAgentListener {
  sending(message: unknown): void
  received(message: unknown): void
  ask(rpcId: string | number | null, signal: AbortSignal): Promise<unknown>
  /** It is gone for good. `words` tell what happened, as a sentence. */
  gone(words: string): void
}

/** Who the host is, and what it does for its agents. */
export interface AgentHost {
  readonly clientInfo: Implementation
  readonly requests: AgentRequests
  readonly mcpServers: Readonly<Record<string, McpServer>>
  /** Whether to offer the second version of the protocol, which is a draft. */
  readonly draft: boolean
  /** Whether sub-agents are to be told of as sessions. */
  readonly subagents: boolean
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
  readonly #host: AgentHost
  #capabilities: unknown
  #said = readIntroduction(undefined)
  #additional: readonly string[] = []
  #promptWritten = (): void => {}

  constructor(name: string, link: AcpLink, clock: Clock, host: AgentHost, listener: LiveAgentListener) {
    this.#name = name
    this.#link = link
    this.#clock = clock
    this.#host = host
    let tell = (_words: string): void => {}
    this.gone = new Promise((resolve) => (tell = resolve))
    this.connection = new AgentConnection(link, host.clientInfo.name, {
      methods: host.requests.methods,
      sending: (message) => listener.sending(message),
      written: (message) => {
        if (textField(message, 'method') === methods.agent.session.prompt) this.#promptWritten()
      },
      received: (message) => listener.received(message),
      ask: (rpcId, signal) => listener.ask(rpcId, signal),
      answer: (method, params) => host.requests.answer(method, params, this.#folders),
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

  /** What it says that it can do. */
  get abilities(): Abilities {
    return this.#said.abilities
  }

  /** Its version, as it says it; `undefined` where it does not. */
  get version(): string | undefined {
    return this.#said.agentVersion
  }

  /** Whether there is this way into a session that it remembers. */
  can(way: Way): boolean {
    // The second version has one way, which tells what was said where it is asked to.
    if (this.#said.version > 1) return this.abilities.resume === true
    return way === 'load' ? field(this.#capabilities, 'loadSession') === true : this.#has(way)
  }

  async initialize(): Promise<void> {
    const { clientInfo, requests, draft, subagents } = this.#host
    const shared = { ...(subagents && { subagents: {} }), elicitation: { form: {}, url: {} }, plan: {}, session: { configOptions: { boolean: {} } } }
    const newest = draft ? draftVersion : PROTOCOL_VERSION
    // Each version reads the fields that it knows.
    const request = {
      protocolVersion: newest,
      clientInfo,
      clientCapabilities: { ...requests.capabilities, ...shared },
      ...(draft && { info: clientInfo, capabilities: shared }),
    }
    const result: unknown = await this.#asked('start', () => this.connection.agent.request(methods.agent.initialize, request))
    const version = field(result, 'protocolVersion')
    if (version !== PROTOCOL_VERSION && version !== newest) {
      throw agentProblem('agent-protocol', `The agent "${this.#name}" speaks version ${String(version)} of the Agent Client Protocol; this needs version ${PROTOCOL_VERSION}. Install another version of it.`)
    }
    this.#capabilities = field(result, 'agentCapabilities')
    this.#said = readIntroduction(result)
  }

  open(context: SessionContext): Promise<unknown> {
    return this.#asked('open a session', () => this.connection.agent.request(methods.agent.session.new, this.#parameters(context)))
  }

  /** Whether the agent knew the session; rejects when it is gone, or wants a log in. */
  async reopen(way: Way, sessionId: string, context: SessionContext): Promise<boolean> {
    const parameters = { ...this.#parameters(context), sessionId }
    const isDraft = this.#said.version > 1
    try {
      if (isDraft && way === 'load') await this.connection.agent.request(methods.agent.session.resume, { ...parameters, ...fromTheStart })
      else if (way === 'load') await this.connection.agent.request(methods.agent.session.load, parameters)
      else await this.connection.agent.request(methods.agent.session.resume, parameters)
      return true
    } catch (error) {
      if (error instanceof RequestError && !isAuthRequired(error) && !isHeldElsewhere(error)) return false
      throw await this.#why('go on with the session', error)
    }
  }

  /** Makes a session of another one; gives its id. */
  async fork(sessionId: string, context: SessionContext): Promise<string> {
    const result: unknown = await this.#asked('fork the session', () =>
      this.connection.agent.request(methods.agent.session.fork, { ...this.#parameters(context), sessionId }),
    )
    const forked = textField(result, 'sessionId')
    if (forked === undefined || forked === '') throw agentProblem('agent-protocol', `The agent "${this.#name}" forked the session without telling its id`)
    return forked
  }

  async forget(sessionId: string): Promise<void> {
    await this.#asked('forget the session', () => this.connection.agent.request(methods.agent.session.delete, { sessionId }))
  }

  async logIn(methodId: string): Promise<void> {
    await this.#asked('log in', async (): Promise<unknown> => {
      const { agent } = this.connection
      return this.#said.version > 1 ? agent.request('auth/login', { methodId }) : agent.request(methods.agent.authenticate, { methodId })
    })
  }

  /** More words into the turn that is under way; false where that has just ended. */
  async steer(request: PromptRequest): Promise<boolean> {
    const idleBehavior = 'promptRequired'
    const result: unknown = await this.#asked('take the prompt into its turn', (): Promise<unknown> =>
      // An extension that claude-agent-acp and codex-acp share.
      this.connection.agent.request('_session/steering', { ...request, _meta: { steering: { idleBehavior } } }),
    )
    return textField(result, 'outcome') !== idleBehavior && textField(result, 'outcome') !== 'failed'
  }

  /** Sets one of the agent's own settings. */
  async setOption(sessionId: string, configId: string, value: string | boolean): Promise<void> {
    const typed = typeof value === 'boolean' ? { type: 'boolean' as const, value } : { value }
    await this.#asked(`set "${configId}"`, () => this.connection.agent.request(methods.agent.session.setConfigOption, { sessionId, configId, ...typed }))
  }

  /** Frees what the agent holds of a session, where it says that it can. */
  async closeSession(sessionId: string): Promise<void> {
    if (!this.#has('close') && this.#said.version === 1) return
    await this.#asked('close the session', () => this.connection.agent.request(methods.agent.session.close, { sessionId }))
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
    // It was not even asked.
    if (AgentSessionError.isInstance(error)) return error
    if (!(error instanceof RequestError)) return agentProblem('agent-exited', await this.gone)
    if (!isAuthRequired(error)) return agentProblem('agent-protocol', `The agent "${this.#name}" refused to ${to}: ${rpcErrorText(error)}`)
    const ways = this.#said.methods.map(({ label }) => label)
    return agentProblem(
      'login-required',
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

  /** Ends it, whether it wants to or not. An agent that outlives the connection is asked to close the session first. */
  async kill(sessionId?: string): Promise<void> {
    if (this.#link.outlives === true && sessionId !== undefined && !this.isClosed) {
      // What it does not answer in time, or refuses, is its own affair from here on.
      await within(this.#clock, partingMs, this.closeSession(sessionId).catch(() => {}))
    }
    this.connection.close()
    await this.#link.kill()
    await this.gone
  }

  #has(name: string): boolean {
    return fieldsOf(field(field(this.#capabilities, 'sessionCapabilities'), name)) !== undefined
  }

  get #folders(): SessionFolders {
    return { cwd: this.#link.cwd, additionalDirectories: this.#additional }
  }

  #parameters({ systemPrompt, additionalDirectories, mcpServers = [] }: SessionContext): NewSessionRequest {
    this.#additional = additionalDirectories ?? []
    return {
      cwd: this.#link.cwd,
      mcpServers: mcpServers.map((name) => this.#mcpServer(name)),
      ...(additionalDirectories !== undefined &&
        additionalDirectories.length > 0 &&
        this.#has('additionalDirectories') && { additionalDirectories: [...additionalDirectories] }),
      ...(systemPrompt !== undefined &&
        systemPrompt !== '' &&
        this.#has('systemPrompt') && { systemPrompt: { mode: 'append', content: [{ type: 'text', text: systemPrompt }] } }),
    }
  }

  /** Clients name servers, the host says what they are. */
  #mcpServer(name: string): McpServer {
    const { mcpServers } = this.#host
    const server = Object.hasOwn(mcpServers, name) ? mcpServers[name] : undefined
    if (server === undefined) {
      const names = Object.keys(mcpServers)
      throw agentProblem('invalid-argument', `No MCP server is named "${name}" here; ${names.length > 0 ? `there are ${names.join(', ')}` : 'none is configured'}`)
    }
    const kind = 'type' in server ? server.type : undefined
    if (kind !== undefined && field(field(this.#capabilities, 'mcpCapabilities'), kind) !== true && this.#said.version === 1) {
      throw agentProblem('not-supported', `The agent "${this.#name}" takes no MCP servers over ${kind}: "${name}" is one`)
    }
    return server
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
