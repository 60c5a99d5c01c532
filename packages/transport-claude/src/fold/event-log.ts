import type { AgentSessionEvent, RawMessage } from '@agent-session/core'
import { type EventBody, isoTime, textField } from '@agent-session/core/transport'

/** What a fold tells of one message, in its order, each under the session and its run. */
export class EventLog {
  readonly #sessionId: string
  /** What came of each of the program's messages in this run, by its uuid: it may take them back. */
  readonly #shown = new Map<string, string[]>()
  #events: AgentSessionEvent[] = []
  #now = 0
  #run: string | undefined
  #counted = 0

  constructor(sessionId: string) {
    this.#sessionId = sessionId
  }

  /** The newest run; `undefined` before the first. */
  get run(): string | undefined {
    return this.#run
  }

  /** Makes ids unique that are not unique by themselves. */
  get scope(): string {
    return this.#run ?? this.#sessionId
  }

  beginRun(run: string): void {
    this.#run = run
    this.#shown.clear()
  }

  /** What `work` tells. */
  collect(now: number, work: () => void): readonly AgentSessionEvent[] {
    this.#now = now
    this.#events = []
    work()
    return this.#events
  }

  emit(bodies: readonly EventBody[], run = this.#run): void {
    for (const body of bodies) this.#events.push({ ...body, sessionId: this.#sessionId, ...(run !== undefined && { run }) })
  }

  /** One message, at the time that its `source` says, by whose uuid it can be taken back. */
  message(id: string, type: RawMessage['type'], content: unknown, source: unknown, parentId?: string, run = this.#run): void {
    const timestamp = isoTime(textField(source, 'timestamp')) ?? this.#now
    this.emit([{ type: 'message', messages: [{ id, type, content, timestamp, ...(parentId !== undefined && { parentId }) }] }], run)
    const uuid = textField(source, 'uuid')
    if (uuid === undefined) return
    const shown = this.#shown.get(uuid)
    if (shown === undefined) this.#shown.set(uuid, [id])
    else shown.push(id)
  }

  /** What nobody knows what to make of: the store reports it. */
  unknown(content: unknown): void {
    this.#keep('unknown', content)
  }

  /** What is no part of the conversation. */
  silent(type: 'status' | 'compaction', content: unknown): void {
    this.#keep(type, content)
  }

  /** The program takes messages of its own back, by their uuids. */
  takeBack(uuids: readonly unknown[]): void {
    const ids = uuids.flatMap((uuid) => (typeof uuid === 'string' ? (this.#shown.get(uuid) ?? []) : []))
    if (ids.length > 0) this.emit([{ type: 'retract', ids }])
  }

  /** An id for what has none. */
  nextId(kind: string): string {
    return `${this.scope}/${kind}-${(this.#counted += 1)}`
  }

  #keep(type: RawMessage['type'], content: unknown): void {
    this.emit([{ type: 'message', messages: [{ id: this.nextId(type), type, content, timestamp: this.#now }] }])
  }
}
