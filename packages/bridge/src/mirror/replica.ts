import type { SessionChange, SnapshotSession, StoreChange } from '@agent-session/core'
import { SessionDirectory, type DirectoryOptions } from '@agent-session/core/replica'
import { sameData } from '../plain-data.ts'
import { maxHoldings, type ChangesPacket, type Holding, type Position, type SnapshotPacket } from '../protocol/packets.ts'
import { decodeChange } from '../protocol/wire-change.ts'

export interface ReplicaOptions extends Pick<DirectoryOptions, 'commands' | 'clock' | 'connected' | 'residentMessages' | 'schedule' | 'onFailure'> {
  /** Told of each change after it was applied, with the host's own numbering. */
  readonly onChange: (change: StoreChange) => void
}

/** What a mirror holds of its host's store, and how far it is. Changed by the host's packets and by nothing else. */
export class Replica {
  readonly directory: SessionDirectory
  readonly #onChange: (change: StoreChange) => void
  readonly #waiting = new Set<{ readonly at: Position; readonly resolve: () => void }>()
  #position: Position | undefined

  constructor({ onChange, ...options }: ReplicaOptions) {
    this.#onChange = onChange
    this.directory = new SessionDirectory({
      ...options,
      onChanges: () => {},
      // The host has them all.
      mayLeave: () => true,
    })
  }

  /** Absent until the first snapshot. */
  get position(): Position | undefined {
    return this.#position
  }

  /**
   * What is here, for a hello: what somebody looks at or what runs comes first. What is more than a hello may name
   * leaves, since nothing would be told of it any more.
   */
  holdings(): Holding[] {
    const views = [...this.directory.views()].sort((a, b) => wantedness(b) - wantedness(a))
    for (const { sessionId } of views.slice(maxHoldings)) this.directory.apply(sessionId, { type: 'removed' })
    return views.slice(0, maxHoldings).map((view) => ({ sessionId: view.sessionId, from: view.messageAt(0)?.seqId ?? 0 }))
  }

  /** Takes everything as the host has it now. Sessions that stay keep their views, and what is the same in them its identity. */
  applySnapshot({ epoch, revision, sessions }: SnapshotPacket): void {
    const told: StoreChange[] = []
    const tell = (sessionId: string, changes: readonly SessionChange[]): void => {
      if (changes.length === 0) return
      for (const change of changes) this.directory.apply(sessionId, change)
      told.push({ epoch, revision, sessionId, changes })
    }
    const kept = new Set(sessions.map(({ state }) => state.sessionId))
    for (const { sessionId, live } of this.directory.views()) {
      if (!kept.has(sessionId)) tell(sessionId, gone(live))
    }
    for (const session of sessions) tell(session.state.sessionId, this.#toBecome(session))
    this.#move({ epoch, revision })
    for (const change of told) this.#onChange(change)
  }

  /** The caller has seen to it that this replica is at `from`. `false` when they do not fit what is here. */
  applyChanges({ epoch, to, changes }: ChangesPacket): boolean {
    for (const { revision, sessionId, changes: wired } of changes) {
      const decoded = wired.map(decodeChange).flatMap((change) => (change.type === 'opened' ? this.#toBecome(change) : [change]))
      for (const change of decoded) {
        if (!this.#fits(sessionId, change)) return false
        this.directory.apply(sessionId, change)
      }
      this.#onChange({ epoch, revision, sessionId, changes: decoded })
    }
    this.#move({ epoch, revision: to })
    return true
  }

  /** Whether what the host had done at `at` shows here. */
  has(at: Position): boolean {
    return this.#position === undefined || this.#position.epoch !== at.epoch || this.#position.revision >= at.revision
  }

  /** Resolves when `has(at)`, or by `release`. */
  reached(at: Position): Promise<void> {
    if (this.has(at)) return Promise.resolve()
    return new Promise((resolve) => void this.#waiting.add({ at, resolve }))
  }

  /** Nobody waits any longer: the host is away. */
  release(): void {
    for (const { resolve } of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #move(position: Position): void {
    this.#position = position
    for (const waiting of this.#waiting) {
      if (!this.has(waiting.at)) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }

  /** Text that is put at the end of a message which is not as long as it must be would tear the message. */
  #fits(sessionId: string, change: SessionChange): boolean {
    if (change.type !== 'message-extended') return true
    const message = this.directory.model(sessionId)?.log.get(change.id)
    return message === undefined || message.content.length === change.offset
  }

  /** The changes that lead from what is here of a session to what the host has of it: none where they are the same. */
  #toBecome(session: SnapshotSession): SessionChange[] {
    const model = this.directory.model(session.state.sessionId)
    if (model === undefined) return [{ ...opening, ...session }]
    const before = model.log.snapshot()
    const messages = session.messages.map((message) => {
      const known = model.log.get(message.id)
      return known !== undefined && sameData(known, message) ? known : message
    })
    const sameMessages = messages.length === before.length && messages.every((message, index) => message === before[index])
    const sameState = sameData(model.state, session.state)
    if (sameMessages && sameState && session.hasOlder === model.hasOlder) return []
    const state = sameState ? model.state : session.state
    return [{ ...opening, state, messages, hasOlder: session.hasOlder }]
  }
}

const wantedness = ({ watched, live, current }: { readonly watched: boolean; readonly live: boolean; readonly current: boolean }): number =>
  watched || live || current ? 1 : 0

const opening = { type: 'opened' } as const

/** The host no longer has it. Whoever still shows it must not show it running: its run is nowhere. */
const gone = (live: boolean): SessionChange[] => [
  ...(live ? [{ type: 'session-updated' as const, patch: { live: false, status: 'idle' as const, endReason: 'interrupted', stall: undefined } }] : []),
  { type: 'removed' },
]
