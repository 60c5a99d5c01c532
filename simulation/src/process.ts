import type { AgentSession, AgentStore, Clock, SessionList, SessionStorage } from '@agent-session/core'
import { createFaultyStorage, type FaultyStorage } from '@agent-session/core/testing'
import type { Core } from './core.ts'
import type { FarSide } from './far-side.ts'
import { Line } from './line.ts'
import { mortalClock, type MortalClock } from './mortal-clock.ts'
import { SaveAttempts } from './save-attempts.ts'
import { Watch } from './watch.ts'
import { limits, retention } from './world-limits.ts'

export interface ProcessOptions {
  readonly core: Core
  readonly number: number
  readonly clock: Clock
  readonly far: FarSide
  readonly disk: SessionStorage
  readonly newId: () => string
  readonly violate: (what: string) => void
  readonly onDeletionAsked: (sessionIds: readonly string[]) => void
  readonly onGap: (sessionId: string) => void
}

/** One run of the app. */
export class Process {
  readonly number: number
  readonly store: AgentStore
  readonly storage: FaultyStorage
  readonly line: Line
  readonly clock: MortalClock
  readonly attempts: SaveAttempts
  readonly watch: Watch
  /** What a person sees of all sessions. */
  readonly list: SessionList
  /** Its storage has been slow or has failed. */
  failed = false
  readonly #sessions = new Set<string>()
  readonly #onHide = new Set<() => void>()
  readonly #onWake = new Set<() => void>()

  constructor({ core, number, clock, far, disk, newId, violate, onDeletionAsked, onGap }: ProcessOptions) {
    this.number = number
    this.clock = mortalClock(clock)
    this.storage = createFaultyStorage({ storage: disk, clock: this.clock })
    this.line = new Line(far, this.clock)
    this.attempts = new SaveAttempts(this.clock, violate)
    // A slow reader may read the record before and the messages after a commit; the next notice puts that right.
    this.watch = new Watch(violate, () => this.store.writer.state !== 'reading' || !this.failed)
    const storage = this.attempts.watched(this.storage)
    const deleteSessions: SessionStorage['deleteSessions'] = (sessionIds, fence) => {
      onDeletionAsked(sessionIds)
      return storage.deleteSessions(sessionIds, fence)
    }
    this.store = core.createAgentStore({
      transport: this.line,
      storage: Object.assign(Object.create(storage) as SessionStorage, { deleteSessions }),
      clock: this.clock,
      limits,
      retention,
      random: () => 0.5,
      newId,
      schedule: (flush) => queueMicrotask(() => this.watch.during(flush)),
      lifecycle: {
        onHide: (listener) => heard(this.#onHide, listener),
        onWake: (listener) => heard(this.#onWake, listener),
      },
    })
    this.list = core.createSessionList(this.store)
    this.list.subscribe(() => {})
    this.store.on('change', ({ sessionId }) => this.#sessions.add(sessionId))
    this.store.on('warning', ({ code, sessionId }) => {
      if (code === 'sequence-gap' && sessionId !== undefined) onGap(sessionId)
    })
    this.store.on('error', (error) => {
      if (!/^(storage|lease|transport)-/.test(error.code)) violate(`an error that nothing in this world explains: ${error.code}: ${error.message}`)
      this.attempts.told(error)
    })
  }

  /** All sessions that are in memory, also those that no agent has heard of. */
  views(): readonly AgentSession[] {
    return [...this.#sessions].flatMap((sessionId) => this.store.findSession(sessionId) ?? [])
  }

  hide(): void {
    for (const listener of this.#onHide) listener()
  }

  wake(): void {
    for (const listener of this.#onWake) listener()
  }

  /** Dies between two instructions. */
  kill(): void {
    this.line.cut()
    this.clock.kill()
    this.storage.crash()
  }
}

function heard(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
