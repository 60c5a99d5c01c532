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
  readonly #limits: Limits
  readonly #onError: (error: AgentSessionError) => void

  constructor(transport: AgentTransport, clock: Clock, limits: Limits, onError: (error: AgentSessionError) => void) {
    this.#transport = transport
    this.#clock = clock
    this.#limits = limits
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
    return this.#ask('the start', command.sessionId, this.#limits.startTimeoutMs, () => this.#transport.start(command))
  }

  prompt(command: PromptCommand): Promise<CommandResult> {
    return this.#ask('the prompt', command.sessionId, this.#limits.startTimeoutMs, () => this.#transport.prompt(command))
  }

  stop(command: StopCommand): Promise<CommandResult> {
    return this.#ask('the stop', command.sessionId, this.#limits.replyTimeoutMs, () => this.#transport.stop(command))
  }

  async respond(answer: PermissionAnswer): Promise<CommandResult> {
    const respond = this.#transport.respond?.bind(this.#transport)
    if (respond === undefined) return refusal('not-supported', 'This transport cannot answer permission requests.')
    return this.#ask('the answer', answer.sessionId, this.#limits.replyTimeoutMs, () => respond(answer))
  }

  async configure(change: ConfigureCommand): Promise<CommandResult> {
    const configure = this.#transport.configure?.bind(this.#transport)
    if (configure === undefined) return refusal('not-supported', 'This transport cannot change the mode or the model.')
    return this.#ask('the change', change.sessionId, this.#limits.replyTimeoutMs, () => configure(change))
  }

  /** `undefined` where the transport cannot attach, fails or never answers. */
  async attach(command: AttachCommand): Promise<Attached | undefined> {
    const attach = this.canAttach ? this.#transport.attach?.bind(this.#transport) : undefined
    if (attach === undefined) return undefined
    try {
      const answer = await within(this.#clock, this.#limits.startTimeoutMs, attach(command))
      if (answer.timely) return answer.value
      this.#onError(new AgentSessionError('transport-timeout', 'The transport did not answer the attach.', { sessionId: command.sessionId }))
    } catch (cause) {
      this.#threw('the attach', command.sessionId, cause)
    }
    return undefined
  }

  async #ask(what: string, sessionId: string, ms: number, call: () => Promise<Reply>): Promise<CommandResult> {
    try {
      const answer = await within(this.#clock, ms, call())
      if (!answer.timely) return refusal('transport-timeout', `The agent's transport did not answer ${what} within ${ms} ms.`)
      if (answer.value.ok) return { ok: true }
      const { error, code } = answer.value
      return refusal(isTelling(code) ? code : 'transport-refused', error)
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
