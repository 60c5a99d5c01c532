import { HealthLog } from '../health/health-log.ts'
import { healthOf, type Health } from '../health/health.ts'
import type { Clock } from '../ports/clock.ts'
import type { SessionChange } from '../session/session-change.ts'
import type { SessionMessage } from '../session/session-message.ts'
import { SessionModel } from '../session/session-model.ts'
import { SessionView, type ListenerFailure, type SessionCommands } from '../session/session-view.ts'
import type { SnapshotSession } from '../store/agent-store.ts'
import { PendingChanges } from './pending-changes.ts'

export interface DirectoryOptions {
  readonly commands: SessionCommands
  readonly clock: Clock
  /** Whether the line to the agents stands. */
  readonly connected: () => boolean
  /** How many messages of a session stay in memory beside those that were paged in. */
  readonly residentMessages: number
  /** Whether a message can be had again once it has left memory. */
  readonly mayLeave: (sessionId: string, message: SessionMessage) => boolean
  /** When to give notice: soon, once. */
  readonly schedule: (flush: () => void) => void
  /** What one flush changed, for each session, before any listener hears of it. */
  readonly onChanges: (changed: readonly ChangedSession[]) => void
  readonly onFailure: ListenerFailure
}

export interface ChangedSession {
  readonly sessionId: string
  readonly changes: readonly SessionChange[]
}

interface Entry {
  readonly model: SessionModel
  readonly view: SessionView
  readonly past: HealthLog
}

/**
 * All sessions that are in memory, and which is current in which project. It lives on `SessionChange`s alone, so that
 * the owner and each mirror hold the same; changes show at once, notice of them is given once per flush (promise 11).
 */
export class SessionDirectory {
  readonly #options: DirectoryOptions
  readonly #entries = new Map<string, Entry>()
  readonly #current = new Map<string, string>()
  readonly #projectListeners = new Map<string, Set<() => void>>()
  #pending = new Map<string, { view: SessionView; changes: PendingChanges }>()
  #movedProjects = new Set<string>()
  #scheduled = false
  #closed = false

  constructor(options: DirectoryOptions) {
    this.#options = options
  }

  get(sessionId: string): SessionView | undefined {
    return this.#entries.get(sessionId)?.view
  }

  model(sessionId: string): SessionModel | undefined {
    return this.#entries.get(sessionId)?.model
  }

  /** The project's current session. */
  current(projectId: string): SessionView | undefined {
    const sessionId = this.#current.get(projectId)
    return sessionId === undefined ? undefined : this.get(sessionId)
  }

  *views(): Iterable<SessionView> {
    for (const { view } of this.#entries.values()) yield view
  }

  /** Computed when it is asked for. */
  health(sessionId: string): Health | undefined {
    const { clock, connected } = this.#options
    const entry = this.#entries.get(sessionId)
    if (entry === undefined) return undefined
    const others = new Set<string>()
    for (const other of this.#entries.values()) {
      if (other !== entry && other.model.state.live) for (const path of other.past.writtenFiles) others.add(path)
    }
    const { state, log } = entry.model
    return healthOf({ state, log, past: entry.past }, clock.monotonic(), connected(), others)
  }

  snapshot(): SnapshotSession[] {
    return [...this.#entries.values()].map(({ model }) => ({
      state: model.state,
      messages: model.log.snapshot(),
      hasOlder: model.hasOlder,
    }))
  }

  subscribeProject(projectId: string, listener: () => void): () => void {
    const own = (): void => listener()
    const listeners = this.#projectListeners.get(projectId) ?? new Set()
    this.#projectListeners.set(projectId, listeners.add(own))
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#projectListeners.get(projectId) === listeners) this.#projectListeners.delete(projectId)
    }
  }

  /** A change of a session that is not here is ignored, but for `opened`. */
  apply(sessionId: string, change: SessionChange): void {
    const known = this.#entries.get(sessionId)
    const entry = known ?? (change.type === 'opened' ? this.#enter(sessionId, change) : undefined)
    if (entry === undefined) return
    if (known && change.type === 'opened') this.#pendingOf(sessionId, known.view).addReplaced(known.model.state, known.model.log.ids())
    entry.model.apply(change)
    entry.past.note(change, entry.model.state, this.#options.clock.monotonic())
    if (change.type === 'removed') this.#entries.delete(sessionId)
    this.#place(entry, change)
    this.#note(sessionId, entry.view, change)
  }

  /** Gives notice now of all that changed. What listeners change meanwhile is told by the next flush. */
  flush(): void {
    this.#scheduled = false
    const pending = this.#pending
    const moved = this.#movedProjects
    if (this.#closed) return
    this.#pending = new Map()
    this.#movedProjects = new Set()
    for (const [sessionId, { changes }] of pending) this.#evict(sessionId, changes)
    const changed = [...pending].map(([sessionId, { changes: { changes } }]) => ({ sessionId, changes }))
    this.#options.onChanges(changed.filter(({ changes }) => changes.length > 0))
    for (const { view, changes } of pending.values()) {
      if (!view.watched) continue
      const { notice, messageIds } = changes.describe()
      view.notify(notice, messageIds)
    }
    for (const projectId of moved) {
      for (const listener of this.#projectListeners.get(projectId) ?? []) this.#guard(listener)
    }
  }

  /** No notice is given any more. */
  close(): void {
    this.#closed = true
    this.#projectListeners.clear()
  }

  #enter(sessionId: string, opened: Extract<SessionChange, { type: 'opened' }>): Entry {
    const model = new SessionModel(opened)
    const entry = { model, view: new SessionView(model, this.#options.commands, this.#options.onFailure), past: new HealthLog() }
    this.#entries.set(sessionId, entry)
    return entry
  }

  /** Keeps `#current` true to the sessions' own `current`. */
  #place({ model }: Entry, change: SessionChange): void {
    const { projectId, sessionId } = model.state
    const isCurrent = change.type !== 'removed' && model.state.current
    const wasCurrent = this.#current.get(projectId) === sessionId
    if (isCurrent === wasCurrent) return
    if (isCurrent) this.#current.set(projectId, sessionId)
    else this.#current.delete(projectId)
    this.#movedProjects.add(projectId)
  }

  #evict(sessionId: string, pending: PendingChanges): void {
    const { residentMessages, mayLeave } = this.#options
    const model = this.model(sessionId)
    if (model?.evict(model.state.limits?.residentMessages ?? residentMessages, (message) => mayLeave(sessionId, message))) pending.addResidency()
  }

  #note(sessionId: string, view: SessionView, change: SessionChange): void {
    this.#pendingOf(sessionId, view).add(change)
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    this.#options.schedule(() => this.flush())
  }

  #pendingOf(sessionId: string, view: SessionView): PendingChanges {
    const known = this.#pending.get(sessionId)
    if (known?.view === view) return known.changes
    const changes = new PendingChanges()
    this.#pending.set(sessionId, { view, changes })
    return changes
  }

  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#options.onFailure(error)
    }
  }
}
