import type { RawMessage } from '@agent-session/core'
import { EventLog, isoTime, textField } from '@agent-session/core/transport'

/** What the fold tells, and what of it came of which message of the program: it may take them back. */
export class ClaudeLog extends EventLog {
  /** Ids of what was told in this run, by the uuid of the program's message. */
  readonly #shown = new Map<string, string[]>()

  override beginRun(run: string): void {
    super.beginRun(run)
    this.#shown.clear()
  }

  /** One message, at the time that its `source` says, by whose uuid it can be taken back. */
  message(id: string, type: RawMessage['type'], content: unknown, source: unknown, parentId?: string, run = this.run): void {
    const timestamp = isoTime(textField(source, 'timestamp')) ?? this.now
    this.emit([{ type: 'message', messages: [{ id, type, content, timestamp, ...(parentId !== undefined && { parentId }) }] }], run)
    const uuid = textField(source, 'uuid')
    if (uuid === undefined) return
    const shown = this.#shown.get(uuid)
    if (shown === undefined) this.#shown.set(uuid, [id])
    else shown.push(id)
  }

  /** The program takes messages of its own back, by their uuids. */
  takeBack(uuids: readonly unknown[]): void {
    const ids = uuids.flatMap((uuid) => (typeof uuid === 'string' ? (this.#shown.get(uuid) ?? []) : []))
    if (ids.length > 0) this.emit([{ type: 'retract', ids }])
  }
}
