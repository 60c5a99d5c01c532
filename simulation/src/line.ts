import type { AgentEvent, AgentTransport, AttachCommand, Attached, PromptCommand, Reply, StartCommand, StopCommand, Clock } from '@agent-session/core'
import type { FarSide } from './far-side.ts'

export type Told = Extract<AgentEvent, { sessionId: string }>

const noLine: Reply = { ok: false, error: 'the line is down' }

export const cursorKey = ({ cursor }: Told): string => `${cursor?.epoch}/${cursor?.seq}`

/** The way from one process to the far side: events travel in it until they are delivered, early, twice or never. */
export class Line implements AgentTransport {
  readonly capabilities = { attach: true }
  readonly attached: AttachCommand[] = []
  /** Sessions of which a question for what was missed went down with the line, or may wait for a prompt until it is too late. */
  readonly unanswered = new Set<string>()
  /** Those of them of which nothing had been heard. */
  readonly unansweredFromStart = new Set<string>()
  /** Prompts that are not answered. */
  readonly #onTheirWay = new Set<{ readonly sessionId: string }>()
  /** Prompts that were accepted on this line, and those that were accepted more than once. */
  readonly #accepted = new Set<string>()
  readonly acceptedTwice: string[] = []
  /** Which events each session was ever handed, by their cursors. */
  readonly handed = new Map<string, Set<string>>()
  readonly #far: FarSide
  readonly #clock: Clock
  readonly #listeners = new Set<(event: AgentEvent) => void>()
  #inFlight: Told[] = []
  #delivered: Told[] = []
  #up = true
  #cut = false
  #delayMs = 0

  constructor(far: FarSide, clock: Clock) {
    this.#far = far
    this.#clock = clock
  }

  get up(): boolean {
    return this.#up && !this.#cut
  }

  start({ sessionId, run, messageId }: StartCommand): Promise<Reply> {
    return this.#send(sessionId, () => this.#accept(messageId, this.#far.start(sessionId, run, messageId)))
  }

  prompt({ sessionId, run, messageId }: PromptCommand): Promise<Reply> {
    return this.#send(sessionId, () => this.#accept(messageId, this.#far.prompt(sessionId, run, messageId)))
  }

  stop({ sessionId, run }: StopCommand): Promise<Reply> {
    return this.#ask(() => this.#far.stop(sessionId, run))
  }

  respond(): Promise<Reply> {
    return this.#ask(() => ({ ok: true }))
  }

  /** Commands from now on take `ms` of the clock on their way, and their answers as long; 0 ends it. */
  slow(ms: number): void {
    this.#delayMs = ms
  }

  async #send(sessionId: string, command: () => Reply): Promise<Reply> {
    const sent = { sessionId }
    this.#onTheirWay.add(sent)
    const reply = await this.#ask(command)
    this.#onTheirWay.delete(sent)
    return reply
  }

  async #ask(command: () => Reply): Promise<Reply> {
    const ms = this.#delayMs
    await this.#travel(ms)
    const reply = this.up ? command() : noLine
    await this.#travel(ms)
    return reply
  }

  #accept(messageId: string, reply: Reply): Reply {
    if (reply.ok && this.#accepted.has(messageId)) this.acceptedTwice.push(messageId)
    if (reply.ok) this.#accepted.add(messageId)
    return reply
  }

  async #travel(ms: number): Promise<void> {
    if (ms > 0) await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, ms))
  }

  async attach(command: AttachCommand): Promise<Attached> {
    await this.#travel(this.#delayMs)
    if (!this.up) {
      this.#leaveUnanswered(command.sessionId, command.cursor === undefined)
      throw new Error('the line is down')
    }
    this.attached.push(command)
    const { attached, missed } = this.#far.attach(command)
    // `replayed` says that all has been told; of a run that goes on it follows.
    if (attached.outcome !== 'live') for (const event of missed) this.#hand(event)
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

  /** Something that is no event, or none of a session that anybody knows, as a broken host might say it. */
  garble(drawn: number): void {
    const known = this.#delivered[drawn % Math.max(1, this.#delivered.length)]
    const base = { ...known, sessionId: drawn % 2 === 0 ? 'nobody' : known?.sessionId }
    const nonsense = [
      null,
      { ...base, type: 'noise' },
      { ...base, type: 'delta', id: 7, kind: 'text', text: 'x' },
      { ...base, type: 'delta', id: 'x', kind: 'text', text: { length: 3 } },
      { ...base, type: 'message', cursor: { epoch: 'far-1', seq: 'next' }, messages: [] },
      { ...base, type: 'message', cursor: undefined, messages: [null, { id: 'x' }] },
      { ...base, type: 'retract', ids: 'all' },
      { ...base, type: 'permission', request: { id: 'x' } },
    ][drawn % 8]
    for (const listener of this.#listeners) Reflect.apply(listener, undefined, [nonsense])
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
    // A session is asked after once its prompt is answered. A run that has ended by then is not.
    for (const { sessionId } of this.#onTheirWay) this.#leaveUnanswered(sessionId, !this.handed.has(sessionId))
    this.#tell({ type: 'connection', state: 'connected' })
  }

  /** The process is gone, or nobody speaks to it any more. */
  cut(): void {
    this.#cut = true
    this.#inFlight = []
    this.#listeners.clear()
  }

  #leaveUnanswered(sessionId: string, fromStart: boolean): void {
    this.unanswered.add(sessionId)
    if (fromStart) this.unansweredFromStart.add(sessionId)
  }

  #hand(event: Told): void {
    const handed = this.handed.get(event.sessionId) ?? new Set()
    this.handed.set(event.sessionId, handed.add(cursorKey(event)))
    this.#delivered.push(event)
    if (this.#delivered.length > 40) this.#delivered.shift()
    this.#tell(event)
  }

  #tell(event: AgentEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
