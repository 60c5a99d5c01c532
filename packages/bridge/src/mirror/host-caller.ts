import { AgentSessionError, within, type Clock } from '@agent-session/core'
import { createBirpc } from 'birpc'
import { fieldOf, isPlainObject } from '../plain-data.ts'
import type { CallAnswer, CallName, HostCalls } from '../protocol/host-functions.ts'
import type { Position } from '../protocol/packets.ts'
import { decodeError } from '../protocol/wire-error.ts'

export interface HostCallerOptions {
  readonly post: (data: unknown) => void
  readonly clock: Clock
  /** Ms that one call may take. */
  readonly callMs: number
  /** Why nothing can be called now; `undefined` when it can. */
  readonly refuse: () => AgentSessionError | undefined
  /** Resolves when what the host had done at `at` shows here. */
  readonly shown: (at: Position) => Promise<void>
}

/** Calls that wait for a person: the host has a limit for them, and a host that is gone ends them too. */
const unhurried: ReadonlySet<CallName> = new Set(['logIn'])

/** Calls of a mirror on its host. Each ends: answered, refused, or by its time limit. */
export class HostCaller {
  readonly #options: HostCallerOptions
  readonly #rpc
  #receive: ((data: unknown) => void) | undefined

  constructor(options: HostCallerOptions) {
    this.#options = options
    this.#rpc = createBirpc<Record<never, never>, Record<never, never>, false>(
      {},
      {
        post: options.post,
        on: (receive) => void (this.#receive = receive),
        // Its own timers are the machine's; ours are the injected clock's.
        timeout: -1,
        proxify: false,
      },
    )
  }

  /** Something from the host that is no packet of the feed. */
  receive(data: unknown): void {
    if (isPlainObject(data) && fieldOf(data, 't') === 's' && typeof fieldOf(data, 'i') === 'string') this.#receive?.(data)
  }

  /** Rejects with an `AgentSessionError` in every case but an answer. */
  async call<Name extends CallName>(name: Name, ...args: Parameters<HostCalls[Name]>): Promise<ReturnType<HostCalls[Name]>> {
    const { clock, callMs, refuse, shown } = this.#options
    const refused = refuse()
    if (refused) throw refused
    const due = clock.monotonic() + callMs
    const asked = this.#ask(name, args)
    const answer = unhurried.has(name) ? { timely: true as const, value: await asked } : await within(clock, callMs, asked)
    if (!answer.timely) {
      throw new AgentSessionError('transport-timeout', `The host did not answer ${name} within ${callMs} ms. It may still do it.`)
    }
    if (!isAnswer<Name>(answer.value)) throw new AgentSessionError('transport-refused', `The host answered ${name} with what is no answer.`)
    if (answer.value.at) await within(clock, Math.max(0, due - clock.monotonic()), shown(answer.value.at))
    if (answer.value.ok) return answer.value.value
    throw decodeError(answer.value.error) ?? new AgentSessionError('transport-refused', `The host refused ${name} without a reason.`)
  }

  /** The line went down: who waits is told that the outcome is not known. */
  lost(): void {
    this.#rpc.$rejectPendingCalls()
  }

  close(): void {
    this.#rpc.$close()
  }

  async #ask(name: CallName, args: unknown[]): Promise<unknown> {
    try {
      return await this.#rpc.$callRaw({ method: name, args })
    } catch (cause) {
      // The channel's own refusal to send it: nothing was lost.
      if (AgentSessionError.isInstance(cause)) throw cause
      throw new AgentSessionError(
        'disconnected',
        `The host was lost before it answered. Whether it was done will show when it is back (${name}).`,
        { cause },
      )
    }
  }
}

/** The envelope is checked; what a host says of its store is believed. */
const isAnswer = <Name extends CallName>(value: unknown): value is CallAnswer<ReturnType<HostCalls[Name]>> =>
  isPlainObject(value) && typeof fieldOf(value, 'ok') === 'boolean'
