import { AgentSessionError, errorText, type AgentSessionErrorCode } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type {
  AgentTransport,
  AttachCommand,
  Attached,
  Capabilities,
  ConfigureCommand,
  ForeignCommand,
  ForeignQuery,
  ForeignSession,
  Forked,
  LogInCommand,
  PermissionAnswer,
  PromptCommand,
  Reply,
  StartCommand,
  StopCommand,
} from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import type { ProviderState } from '../ports/provider-state.ts'
import type { CommandResult, Refusal } from '../session/command-result.ts'
import { within } from '../timers/deadline.ts'
import { refusal } from './refusals.ts'

/** Codes of a transport's refusal that say more than that it refused. */
const tellingCodes: ReadonlySet<string> = new Set<AgentSessionErrorCode>([
  'agent-not-found',
  'login-required',
  'agent-exited',
  'agent-protocol',
  'disconnected',
  'not-supported',
  'invalid-argument',
])

/** The commands to the transport: each within a limit, and each failure a typed refusal (F34, promise 8). */
export class TransportCalls {
  readonly #transport: AgentTransport
  readonly #clock: Clock
  readonly #limitsOf: (sessionId: string) => Limits
  readonly #onError: (error: AgentSessionError) => void

  /** `limitsOf`: the limits of a session. */
  constructor(transport: AgentTransport, clock: Clock, limitsOf: (sessionId: string) => Limits, onError: (error: AgentSessionError) => void) {
    this.#transport = transport
    this.#clock = clock
    this.#limitsOf = limitsOf
    this.#onError = onError
  }

  get capabilities(): Capabilities {
    return this.#transport.capabilities ?? {}
  }

  get canSteer(): boolean {
    return this.capabilities.steer === true
  }

  get canAttach(): boolean {
    return this.capabilities.attach === true && this.#transport.attach !== undefined
  }

  start(command: StartCommand): Promise<CommandResult> {
    return this.#ask('the start', command.sessionId, 'startTimeoutMs', () => this.#transport.start(command))
  }

  prompt(command: PromptCommand): Promise<CommandResult> {
    return this.#ask('the prompt', command.sessionId, 'startTimeoutMs', () => this.#transport.prompt(command))
  }

  stop(command: StopCommand): Promise<CommandResult> {
    return this.#ask('the stop', command.sessionId, 'replyTimeoutMs', () => this.#transport.stop(command))
  }

  respond(answer: PermissionAnswer): Promise<CommandResult> {
    return this.#ask('the answer to a question', answer.sessionId, 'replyTimeoutMs', this.#transport.respond?.bind(this.#transport, answer))
  }

  configure(change: ConfigureCommand): Promise<CommandResult> {
    return this.#ask('the change of mode or model', change.sessionId, 'replyTimeoutMs', this.#transport.configure?.bind(this.#transport, change))
  }

  forget(sessionId: string, command: ForeignCommand): Promise<CommandResult> {
    return this.#ask('the forgetting', sessionId, 'startTimeoutMs', this.#transport.forget?.bind(this.#transport, command))
  }

  logIn(sessionId: string, command: LogInCommand): Promise<CommandResult> {
    return this.#ask('the log in', sessionId, 'logInTimeoutMs', this.#transport.logIn?.bind(this.#transport, command))
  }

  /** Accepted with the agent's id of the new session, or why there is none. */
  async fork(sessionId: string, command: ForeignCommand): Promise<Extract<Forked, { ok: true }> | Refusal> {
    let forked: unknown
    const fork = this.#transport.fork?.bind(this.#transport, command)
    const reply = await this.#ask('the fork', sessionId, 'startTimeoutMs', fork && (async () => {
      const answer = await fork()
      if (answer.ok) forked = answer.agentSessionId
      return answer
    }))
    if (!reply.ok) return reply
    if (typeof forked === 'string' && forked !== '') return { ok: true, agentSessionId: forked }
    return refusal('transport-refused', 'The agent forked the session and gave no id of it.')
  }

  /** Rejects with a typed error. */
  list(projectId: string, query: ForeignQuery): Promise<ForeignSession[]> {
    return this.#tell('its sessions', this.#transport.list?.bind(this.#transport, projectId, query))
  }

  /** Rejects with a typed error. */
  providers(): Promise<ProviderState[]> {
    return this.#tell('its agents', this.#transport.providers?.bind(this.#transport))
  }

  async #tell<Item>(what: string, call: (() => Promise<readonly Item[]>) | undefined): Promise<Item[]> {
    if (call === undefined) throw new AgentSessionError('not-supported', `This transport cannot tell ${what}.`)
    const ms = this.#limitsOf('').startTimeoutMs
    try {
      const answer = await within(this.#clock, ms, call())
      if (answer.timely) return [...answer.value]
    } catch (thrown) {
      throw AgentSessionError.from('transport-threw', thrown)
    }
    throw new AgentSessionError('transport-timeout', `The agent's transport did not tell ${what} within ${ms} ms.`)
  }

  /** `undefined` where the transport cannot attach, fails or never answers. */
  async attach(command: AttachCommand): Promise<Attached | undefined> {
    const attach = this.canAttach ? this.#transport.attach?.bind(this.#transport) : undefined
    if (attach === undefined) return undefined
    try {
      const answer = await within(this.#clock, this.#limitsOf(command.sessionId).startTimeoutMs, attach(command))
      if (answer.timely) return answer.value
      this.#onError(new AgentSessionError('transport-timeout', 'The transport did not answer the attach.', { sessionId: command.sessionId }))
    } catch (cause) {
      this.#threw('the attach', command.sessionId, cause)
    }
    return undefined
  }

  /** `call` is absent where the transport has no such command. */
  async #ask(
    what: string,
    sessionId: string,
    limit: 'startTimeoutMs' | 'replyTimeoutMs' | 'logInTimeoutMs',
    call: (() => Promise<Reply>) | undefined,
  ): Promise<CommandResult> {
    if (call === undefined) return refusal('not-supported', `This transport has no command for ${what}.`)
    const ms = this.#limitsOf(sessionId)[limit]
    try {
      const answer = await within(this.#clock, ms, call())
      if (!answer.timely) return refusal('transport-timeout', `The agent's transport did not answer ${what} within ${ms} ms.`)
      if (answer.value.ok) return { ok: true }
      const { error, code } = answer.value
      // Transports may not have been type-checked. One that gives no reason leaves it unknown (B18).
      return refusal(isTelling(code) ? code : 'transport-refused', typeof error === 'string' ? error : 'unknown')
    } catch (cause) {
      this.#threw(what, sessionId, cause)
      return refusal('transport-threw', errorText(cause))
    }
  }

  /** A refusal is text; the cause is kept by the event. */
  #threw(what: string, sessionId: string, cause: unknown): void {
    this.#onError(new AgentSessionError('transport-threw', `The agent's transport failed on ${what}: ${errorText(cause)}`, { cause, sessionId }))
  }
}

const isTelling = (code: string | undefined): code is AgentSessionErrorCode => code !== undefined && tellingCodes.has(code)
