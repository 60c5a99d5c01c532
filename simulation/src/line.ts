import type { AgentEvent, AgentTransport, AttachCommand, Attached, PromptCommand, Reply, StartCommand, StopCommand } from '@agent-session/core'
import type { FarSide } from './far-side.ts'

type Told = Extract<AgentEvent, { sessionId: string }>

const noLine: Reply = { ok: false, error: 'the line is down' }

/** The way from one process to the far side: events travel in it until they are delivered, early, twice or never. */
export class Line implements AgentTransport {
  readonly capabilities = { attach: true }
  readonly attached: AttachCommand[] = []
  readonly #far: FarSide
  readonly #listeners = new Set<(event: AgentEvent) => void>()
  #inFlight: Told[] = []
  #delivered: Told[] = []
  #up = true
  #cut = false

  constructor(far: FarSide) {
    this.#far = far
  }

  get up(): boolean {
    return this.#up && !this.#cut
  }

  async start({ sessionId, run }: StartCommand): Promise<Reply> {
    return this.up ? this.#far.start(sessionId, run) : noLine
  }

  async prompt({ sessionId, run }: PromptCommand): Promise<Reply> {
    return this.up ? this.#far.prompt(sessionId, run) : noLine
  }

  async stop({ sessionId }: StopCommand): Promise<Reply> {
    return this.up ? this.#far.stop(sessionId) : noLine
  }

  async respond(): Promise<Reply> {
    return this.up ? { ok: true } : noLine
  }

  async attach(command: AttachCommand): Promise<Attached> {
    if (!this.up) throw new Error('the line is down')
    this.attached.push(command)
    const { attached, missed } = this.#far.attach(command)
    // `replayed` says that all has been told; of a run that goes on it follows.
    if (attached.outcome === 'replayed') for (const event of missed) this.#hand(event)
    else this.#inFlight = [...missed, ...this.#inFlight]
    return attached
  }

  subscribe(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Sent off; where the line is down it is not heard. */
  send(event: Told): void {
    if (this.up) this.#inFlight.push(event)
  }

  deliver(): void {
    const event = this.#inFlight.shift()
    if (event !== undefined) this.#hand(event)
  }

  deliverAll(): void {
    while (this.#inFlight.length > 0) this.deliver()
  }

  deliverEarly(drawn: number): void {
    const [event] = this.#inFlight.splice(drawn % Math.min(8, Math.max(1, this.#inFlight.length)), 1)
    if (event !== undefined) this.#hand(event)
  }

  deliverTwice(drawn: number): void {
    const event = this.#delivered[drawn % Math.max(1, this.#delivered.length)]
    if (event !== undefined) this.#tell(event)
  }

  lose(drawn: number): void {
    this.#inFlight.splice(drawn % Math.max(1, this.#inFlight.length), 1)
  }

  disconnect(): void {
    if (!this.up) return
    this.#up = false
    this.#inFlight = []
    this.#tell({ type: 'connection', state: 'disconnected' })
  }

  reconnect(): void {
    if (this.#up || this.#cut) return
    this.#up = true
    this.#tell({ type: 'connection', state: 'connected' })
  }

  /** The process is gone, or nobody speaks to it any more. */
  cut(): void {
    this.#cut = true
    this.#inFlight = []
    this.#listeners.clear()
  }

  #hand(event: Told): void {
    this.#delivered.push(event)
    if (this.#delivered.length > 40) this.#delivered.shift()
    this.#tell(event)
  }

  #tell(event: AgentEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
