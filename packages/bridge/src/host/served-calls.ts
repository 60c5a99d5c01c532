import { AgentSessionError, type AgentStore } from '@agent-session/core'
import { createBirpc } from 'birpc'
import type { CallAnswer } from '../protocol/host-functions.ts'
import type { Position } from '../protocol/packets.ts'
import type { CallPacket } from '../protocol/parse-mirror-packet.ts'
import { encodeError } from '../protocol/wire-error.ts'
import { CallArguments } from './call-arguments.ts'
import { isCallName, runCall } from './run-call.ts'

export interface ServedCallsOptions {
  readonly post: (data: unknown) => void
  /** The mirror asked for a session, and it is there. */
  readonly onOpened: (sessionId: string) => void
  /** Sends all there is to tell; gives how far that is. */
  readonly tellAll: () => Position
}

/** Calls of one mirror that may be under way, and ids of calls that are remembered as seen. */
const maxUnderWay = 256
const remembered = 1_024

/** The commands of one mirror, run on the store. Each is answered, and none throws. */
export class ServedCalls {
  readonly #store: AgentStore
  readonly #options: ServedCallsOptions
  readonly #rpc
  readonly #seen = new Set<string>()
  #receive: ((packet: CallPacket) => void) | undefined
  #underWay = 0

  constructor(store: AgentStore, options: ServedCallsOptions) {
    this.#store = store
    this.#options = options
    this.#rpc = createBirpc<Record<never, never>, Record<never, never>>(
      {},
      {
        post: options.post,
        on: (receive) => void (this.#receive = receive),
        // Names are looked up in our own list alone, never in an object that inherits.
        resolver: (name) => (...args: unknown[]) => this.#answer(name, args),
        timeout: -1,
      },
    )
  }

  receive(packet: CallPacket): void {
    // A line may bring a packet twice; a prompt must not be sent twice.
    if (this.#seen.has(packet.i)) return
    this.#seen.add(packet.i)
    for (const oldest of this.#seen) {
      if (this.#seen.size <= remembered) break
      this.#seen.delete(oldest)
    }
    this.#receive?.(packet)
  }

  close(): void {
    this.#rpc.$close()
  }

  async #answer(name: string, args: readonly unknown[]): Promise<CallAnswer<unknown>> {
    if (!isCallName(name)) {
      return { ok: false, error: encodeError(new AgentSessionError('not-supported', `A host has no command ${JSON.stringify(name)}.`)) }
    }
    if (this.#underWay >= maxUnderWay) {
      return { ok: false, error: encodeError(new AgentSessionError('queue-full', `${maxUnderWay} commands of this window are under way.`)) }
    }
    this.#underWay += 1
    try {
      const given = new CallArguments(args)
      const value = await runCall(this.#store, name, given)
      // It may have been in the store's memory already: then no change brings it.
      if (name === 'openSession' && value === true) this.#options.onOpened(given.sessionId(0))
      return { ok: true, value, at: this.#options.tellAll() }
    } catch (thrown) {
      return { ok: false, error: encodeError(AgentSessionError.from('transport-threw', thrown)), at: this.#options.tellAll() }
    } finally {
      this.#underWay -= 1
    }
  }
}
