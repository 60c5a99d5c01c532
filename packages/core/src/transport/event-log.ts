import type { AgentSessionEvent, RawMessage } from '../ports/agent-event.ts'
import type { EventBody } from './event-body.ts'

/** What a fold tells of one message of an agent's, in its order, each under the session and its run. */
export class EventLog {
  readonly #sessionId: string
  #events: AgentSessionEvent[] = []
  #now = 0
  #run: string | undefined
  #counted = 0

  /** Nothing is told yet, and there is no run. */
  constructor(sessionId: string) {
    this.#sessionId = sessionId
  }

  /** When what is being folded came: epoch ms, for showing. */
  get now(): number {
    return this.#now
  }

  /** The newest run; `undefined` before the first. */
  get run(): string | undefined {
    return this.#run
  }

  /** Makes ids unique that are not unique by themselves. */
  get scope(): string {
    return this.#run ?? this.#sessionId
  }

  /** What is told from now on is of this run. */
  beginRun(run: string): void {
    this.#run = run
  }

  /** What `work` tells. */
  collect(now: number, work: () => void): readonly AgentSessionEvent[] {
    this.#now = now
    this.#events = []
    work()
    return this.#events
  }

  /** Tells; `run` where it is of another run than the newest: a call ends in the run that it began in. */
  emit(bodies: readonly EventBody[], run = this.#run): void {
    for (const body of bodies) this.#events.push({ ...body, sessionId: this.#sessionId, ...(run !== undefined && { run }) })
  }

  /** What nobody knows what to make of: the store reports it. */
  unknown(content: unknown): void {
    this.#keep('unknown', content, this.scope)
  }

  /** What is no part of the conversation: a recorder keeps it, nobody is shown it, and nobody is warned. */
  silent(type: 'status' | 'compaction', content: unknown, scope = this.scope): void {
    this.#keep(type, content, scope)
  }

  /** An id for what has none. */
  nextId(kind: string, scope = this.scope): string {
    return `${scope}/${kind}-${(this.#counted += 1)}`
  }

  #keep(type: RawMessage['type'], content: unknown, scope: string): void {
    this.emit([{ type: 'message', messages: [{ id: this.nextId(type, scope), type, content, timestamp: this.#now }] }])
  }
}
