import { AgentSessionError, errorText } from '../errors.ts'
import type { AgentSessionEvent, ConnectionEvent } from '../ports/agent-event.ts'
import { parseEvent } from '../route/parse-event.ts'
import type { Connection } from './agent-store.ts'
import type { Reporter } from './reporter.ts'
import type { SessionRuntime } from './session-runtime.ts'

/** Where the events of the transport come in: checked, then given to their session. Nothing that comes makes it throw. */
export class EventIntake {
  readonly #reporter: Reporter
  readonly #onReconnect: () => void
  readonly #find: (sessionId: string) => SessionRuntime | undefined
  readonly #isKnown = (sessionId: string): boolean => this.#find(sessionId) !== undefined
  #connection: Connection = { state: 'connected' }

  /** `onReconnect`: the line is back after it was down; until then nothing could be heard. */
  constructor(reporter: Reporter, find: (sessionId: string) => SessionRuntime | undefined, onReconnect: () => void) {
    this.#onReconnect = onReconnect
    this.#reporter = reporter
    this.#find = find
  }

  /** The transport's own line to its agents. */
  get connection(): Connection {
    return this.#connection
  }

  get connected(): boolean {
    return this.#connection.state === 'connected'
  }

  receive(value: unknown): void {
    const parsed = parseEvent(value, this.#isKnown)
    if (!parsed.ok) return this.#reject(`An event of the agent was not taken: ${parsed.reason}.`, value)
    if (parsed.rejected) this.#reject('Messages of the agent that are malformed were not taken.', parsed.rejected)
    if (parsed.event.type === 'connection') this.#connect(parsed.event)
    else this.#deliver(parsed.event)
  }

  #reject(why: string, detail: unknown): void {
    this.#reporter.emit('warning', new AgentSessionError('invalid-event', why, { detail }))
  }

  #connect({ state, error }: ConnectionEvent): void {
    const back = !this.connected && state === 'connected'
    this.#connection = { state, ...(error !== undefined && { error }) }
    this.#reporter.emit('connection', this.#connection)
    if (back) this.#onReconnect()
  }

  #deliver(event: AgentSessionEvent): void {
    const { sessionId } = event
    const runtime = this.#find(sessionId)
    if (runtime === undefined) {
      const why = 'An event came for a session that is not here.'
      this.#reporter.emit('warning', new AgentSessionError('unknown-session-event', why, { sessionId, detail: event }))
      return
    }
    try {
      runtime.receive(event)
    } catch (cause) {
      const why = `An event could not be applied: ${errorText(cause)}`
      this.#reporter.emit('error', new AgentSessionError('invalid-event', why, { cause, sessionId, detail: event }))
    }
  }
}
