import type { Channel, Clock } from '@agent-session/core'
import { backoffMs } from '../backoff.ts'
import { isLineChannel } from '../line-channel.ts'
import { isHostPacket } from '../protocol/parse-host-packet.ts'
import {
  protocolVersion,
  type Answering,
  type ChangesPacket,
  type Holding,
  type HostPacket,
  type Position,
  type PositionPacket,
  type RefusedPacket,
  type SidePacket,
  type SnapshotPacket,
} from '../protocol/packets.ts'

export interface HostLineOptions {
  readonly channel: Channel
  readonly clock: Clock
  readonly random: () => number
  /** Names this mirror. */
  readonly mirror: string
  /** Ms that the host may take to answer a hello or a check. */
  readonly answerMs: number
  /** Ms of silence after which the host is asked how far it is. */
  readonly checkMs: number
  readonly position: () => Position | undefined
  readonly holdings: () => readonly Holding[]
  readonly onSnapshot: (packet: SnapshotPacket) => void
  /** `false` when they do not fit what is here. */
  readonly onChanges: (packet: ChangesPacket) => boolean
  readonly onBeside: (packet: SidePacket) => void
  readonly onRefused: (packet: RefusedPacket) => void
  /** A packet could not be applied; all is asked for anew. */
  readonly onDamage: (thrown: unknown) => void
  /** Everything else that came: the answers to calls. */
  readonly onOther: (data: unknown) => void
  /** Whether the host is known to be there, and why not. */
  readonly onStanding: (standing: Standing) => void
}

/** `answering`: the host is there and tells its changes; `away`: it is asked for; `ended`: it is not asked any more. */
export interface Standing {
  readonly state: 'answering' | 'away' | 'ended'
  readonly reason?: string
}

const askAgain = { minMs: 500, maxMs: 30_000 }

/**
 * Keeps a mirror in step with its host: says hello until it is answered, applies what follows on where it is, and
 * asks anew wherever that is not certain. Asks one at a time.
 */
export class HostLine {
  readonly #options: HostLineOptions
  readonly #unsubscribe: (() => void)[]
  #phase: 'down' | 'asking' | 'following' | 'ended' = 'down'
  #ask = 0
  #standing: Standing['state'] = 'away'
  #timer: unknown
  #lastHeard = 0
  /** Whether anything came since the host was last asked how far it is. */
  #heard = false
  /** Hellos without an answer, and resyncs without a change applied between them: both make the next one wait. */
  #unanswered = 0
  #resyncs = 0
  #mustHaveAll = false

  constructor(options: HostLineOptions) {
    this.#options = options
    const { channel } = options
    this.#unsubscribe = [channel.subscribe((data) => this.#receive(data))]
    if (isLineChannel(channel)) this.#unsubscribe.push(channel.onLine(() => this.#lineChanged()))
  }

  /** Begins. Apart from the constructor, since it calls back. */
  open(): void {
    this.#lineChanged()
  }

  close(): void {
    this.#phase = 'ended'
    this.#clearTimer()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  /** Something was missed: asks for it. */
  resync(): void {
    if (this.#phase !== 'following') return
    this.#phase = 'asking'
    this.#resyncs += 1
    if (this.#resyncs === 1) this.#sayHello()
    // A host that answers with what does not fit, again and again, is not asked in a tight circle.
    else this.#setTimer(backoffMs(this.#resyncs - 2, this.#options.random, askAgain), () => this.#sayHello())
  }

  #lineChanged(): void {
    const { channel } = this.#options
    if (this.#phase === 'ended') return
    const line = isLineChannel(channel) ? channel.line : 'up'
    const reason = isLineChannel(channel) ? channel.reason : undefined
    if (line === 'up') {
      this.#unanswered = 0
      return this.#sayHello()
    }
    this.#clearTimer()
    this.#phase = line === 'ended' ? 'ended' : 'down'
    this.#stand(line === 'ended' ? 'ended' : 'away', reason)
  }

  #sayHello(): void {
    const { channel, mirror, position, holdings } = this.#options
    this.#phase = 'asking'
    this.#ask += 1
    const at = this.#mustHaveAll ? undefined : position()
    this.#setTimer(this.#options.answerMs, () => this.#notAnswered())
    channel.post({ t: 'hello', protocol: protocolVersion, mirror, ask: this.#ask, ...(at && { at }), holds: holdings() })
  }

  #notAnswered(): void {
    this.#stand('away', 'The host does not answer.')
    this.#setTimer(backoffMs(this.#unanswered, this.#options.random, askAgain), () => this.#sayHello())
    this.#unanswered += 1
  }

  #receive(data: unknown): void {
    if (this.#phase === 'ended') return
    this.#lastHeard = this.#options.clock.monotonic()
    this.#heard = true
    if (!isHostPacket(data)) return this.#options.onOther(data)
    try {
      this.#take(data)
    } catch (thrown) {
      // Half of it may have been applied: only all of it anew is certain.
      this.#options.onDamage(thrown)
      this.#mustHaveAll = true
      this.#phase = 'following'
      this.resync()
    }
  }

  #take(data: HostPacket): void {
    switch (data.t) {
      case 'snapshot':
        return this.#isAwaited(data.answer) ? this.#takeSnapshot(data) : undefined
      case 'changes':
        return this.#changes(data)
      case 'position':
        return this.#hostIsAt(data)
      case 'refused':
        return this.#isAwaited(data.answer) ? this.#refused(data) : undefined
      default:
        // Of a host that was not heard out yet it is not known whether it speaks of what is here.
        return this.#standing === 'answering' ? this.#options.onBeside(data) : undefined
    }
  }

  #takeSnapshot(packet: SnapshotPacket): void {
    this.#mustHaveAll = false
    this.#options.onSnapshot(packet)
    this.#options.onBeside({ t: 'facts', facts: packet.facts })
    this.#answered()
  }

  #changes(packet: ChangesPacket): void {
    const { answer, epoch, from, to } = packet
    if (answer !== undefined && !this.#isAwaited(answer)) return
    // Until the hello is answered nothing else counts: its answer covers what comes before it.
    if (answer === undefined && this.#phase !== 'following') return
    const position = this.#options.position()
    const sameStore = position?.epoch === epoch
    // Heard before: twice, or late.
    if (sameStore && from < to && to <= position.revision) return
    if (answer) this.#phase = 'following'
    if (!sameStore || from !== position.revision) return this.resync()
    if (!this.#options.onChanges(packet)) {
      this.#mustHaveAll = true
      return this.resync()
    }
    if (answer === undefined) {
      this.#resyncs = 0
      return
    }
    this.#options.onBeside({ t: 'facts', facts: answer.facts })
    this.#answered()
  }

  #hostIsAt({ epoch, revision, following }: PositionPacket): void {
    if (this.#phase !== 'following') return
    const position = this.#options.position()
    if (!following || position?.epoch !== epoch || position.revision !== revision) return this.resync()
    this.#resyncs = 0
    this.#watch()
  }

  #refused(packet: RefusedPacket): void {
    this.#phase = 'ended'
    this.#clearTimer()
    this.#options.onRefused(packet)
    this.#stand('ended', packet.error.message)
  }

  #isAwaited(answer: Answering): boolean {
    return this.#phase === 'asking' && answer.mirror === this.#options.mirror && answer.ask === this.#ask
  }

  #answered(): void {
    this.#phase = 'following'
    this.#unanswered = 0
    this.#watch()
    this.#stand('answering')
  }

  /** One timer, that a packet does not move: it looks at when the host was last heard. */
  #watch(after = this.#options.checkMs): void {
    const { clock, checkMs, channel, mirror, answerMs } = this.#options
    this.#setTimer(after, () => {
      const silent = clock.monotonic() - this.#lastHeard
      if (silent < checkMs) return this.#watch(checkMs - silent)
      this.#heard = false
      channel.post({ t: 'check', mirror })
      this.#setTimer(answerMs, () => (this.#heard ? this.#watch() : this.#sayHello()))
    })
  }

  #stand(state: Standing['state'], reason?: string): void {
    this.#standing = state
    this.#options.onStanding({ state, ...(reason !== undefined && { reason }) })
  }

  #setTimer(ms: number, run: () => void): void {
    this.#clearTimer()
    this.#timer = this.#options.clock.setTimeout(run, ms)
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
