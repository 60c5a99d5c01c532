import { AgentSessionError, errorText, type AgentSessionErrorCode } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type {
  AgentTransport,
  AttachCommand,
  Attached,
  Capabilities,
  ConfigureCommand,
  PermissionAnswer,
  PromptCommand,
  Reply,
  StartCommand,
  StopCommand,
} from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import type { CommandResult } from '../session/command-result.ts'
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

  async respond(answer: PermissionAnswer): Promise<CommandResult> {
    const respond = this.#transport.respond?.bind(this.#transport)
    if (respond === undefined) return refusal('not-supported', 'This transport cannot answer permission requests.')
    return this.#ask('the answer', answer.sessionId, 'replyTimeoutMs', () => respond(answer))
  }

  async configure(change: ConfigureCommand): Promise<CommandResult> {
    const configure = this.#transport.configure?.bind(this.#transport)
    if (configure === undefined) return refusal('not-supported', 'This transport cannot change the mode or the model.')
    return this.#ask('the change', change.sessionId, 'replyTimeoutMs', () => configure(change))
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

  async #ask(what: string, sessionId: string, limit: 'startTimeoutMs' | 'replyTimeoutMs', call: () => Promise<Reply>): Promise<CommandResult> {
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
