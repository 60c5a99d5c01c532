import { HealthLog } from '../health/health-log.ts'
import { healthOf, type Health } from '../health/health.ts'
import type { Clock } from '../ports/clock.ts'
import type { SessionChange } from '../session/session-change.ts'
import type { SessionMessage } from '../session/session-message.ts'
import { SessionModel } from '../session/session-model.ts'
import { SessionView, type ListenerFailure, type SessionCommands } from '../session/session-view.ts'
import type { SnapshotSession } from '../store/agent-store.ts'
import { PendingChanges } from './pending-changes.ts'

/** What a directory needs of the store that it is in. */
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

/** What one flush changed in one session. */
export interface ChangedSession {
  readonly sessionId: string
  readonly changes: readonly SessionChange[]
}

/** A session that is here. */
export interface DirectoryEntry {
  readonly sessionId: string
  readonly model: SessionModel
  readonly view: SessionView
  readonly past: HealthLog
  /** What changed since the last notice. */
  pending: PendingChanges | undefined
}

/**
 * All sessions that are in memory, and which is current in which project. It lives on `SessionChange`s alone, so that
 * the owner and each mirror hold the same; changes show at once, notice of them is given once per flush (promise 11).
 */
export class SessionDirectory {
  readonly #options: DirectoryOptions
  readonly #entries = new Map<string, DirectoryEntry>()
  readonly #current = new Map<string, string>()
  readonly #projectListeners = new Map<string, Set<() => void>>()
  /** Those that have changes to tell. */
  #pending: DirectoryEntry[] = []
  /** What became of sessions that are not here. */
  readonly #absent = new Map<string, SessionChange>()
  #movedProjects = new Set<string>()
  #scheduled = false
  #closed = false
  readonly #flush = (): void => this.flush()

  constructor(options: DirectoryOptions) {
    this.#options = options
  }

  /** The view of a session that is in memory; the same for as long as it is there. */
  get(sessionId: string): SessionView | undefined {
    return this.#entries.get(sessionId)?.view
  }

  /** A session with all that is kept of it; `undefined` as `get`. */
  entry(sessionId: string): DirectoryEntry | undefined {
    return this.#entries.get(sessionId)
  }

  /** What `reduce` reads and changes are applied to; `undefined` as `get`. */
  model(sessionId: string): SessionModel | undefined {
    return this.#entries.get(sessionId)?.model
  }

  /** The project's current session. */
  current(projectId: string): SessionView | undefined {
    const sessionId = this.#current.get(projectId)
    return sessionId === undefined ? undefined : this.get(sessionId)
  }

  /** Of all sessions that are in memory, in the order in which they came. */
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

  /** All sessions as they stand, as plain data. */
  snapshot(): SnapshotSession[] {
    return [...this.#entries.values()].map(({ model: { state, log, hasOlder } }) => {
      const aside = log.aside()
      return { state, messages: log.snapshot(), hasOlder, ...(aside.length > 0 && { aside }) }
    })
  }

  /** Told when another session becomes the project's current one, or none; returns its own unsubscribe. */
  subscribeProject(projectId: string, listener: () => void): () => void {
    const own = (): void => listener()
    const listeners = this.#projectListeners.get(projectId) ?? new Set()
    this.#projectListeners.set(projectId, listeners.add(own))
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#projectListeners.get(projectId) === listeners) this.#projectListeners.delete(projectId)
    }
  }

  /** Of a session that is not here `opened` brings it, `removed` and `listed` are told on; the rest is ignored. `at`: when it came, in monotonic ms. */
  apply(sessionId: string, change: SessionChange, at = this.#options.clock.monotonic()): void {
    const known = this.#entries.get(sessionId)
    const entry = known ?? (change.type === 'opened' ? this.#enter(sessionId, change) : undefined)
    if (entry === undefined) return this.#tellAbsent(sessionId, change)
    if (known && change.type === 'opened') this.#pendingOf(known).addReplaced(known.model.state, known.model.log.ids())
    this.applyTo(entry, change, at)
  }

  /** `apply` for who has the entry: among a thousand sessions that stream at once, each look-up is felt. */
  applyTo(entry: DirectoryEntry, change: SessionChange, at: number): void {
    entry.model.apply(change)
    entry.past.note(change, entry.model, at)
    if (change.type === 'removed') this.#entries.delete(entry.sessionId)
    if (movesCurrent(change)) this.#place(entry, change)
    this.#note(entry, change)
  }

  /** Gives notice now of all that changed. What listeners change meanwhile is told by the next flush. */
  flush(): void {
    this.#scheduled = false
    if (this.#closed) return
    const pending: PendingChanges[] = []
    const entries = this.#pending
    this.#pending = []
    for (const entry of entries) {
      if (entry.pending === undefined) continue
      this.#evict(entry.model, entry.pending)
      pending.push(entry.pending)
      entry.pending = undefined
    }
    const moved = this.#movedProjects
    if (moved.size > 0) this.#movedProjects = new Set()
    const absent = [...this.#absent].map(([sessionId, change]) => ({ sessionId, changes: [change] }))
    this.#absent.clear()
    this.#options.onChanges(absent.length === 0 ? pending : [...pending, ...absent])
    for (const changes of pending) {
      if (!changes.view.watched) continue
      changes.view.notify(changes.notice(), () => changes.messageIds())
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

  #enter(sessionId: string, opened: Extract<SessionChange, { type: 'opened' }>): DirectoryEntry {
    const model = new SessionModel(opened)
    const view = new SessionView(model, this.#options.commands, this.#options.onFailure)
    const entry: DirectoryEntry = { sessionId, model, view, past: new HealthLog(), pending: undefined }
    this.#entries.set(sessionId, entry)
    this.#absent.delete(sessionId)
    return entry
  }

  /** Keeps `#current` true to the sessions' own `current`. */
  #place({ model }: DirectoryEntry, change: SessionChange): void {
    const { projectId, sessionId } = model.state
    const isCurrent = change.type !== 'removed' && model.state.current
    const wasCurrent = this.#current.get(projectId) === sessionId
    if (isCurrent === wasCurrent) return
    if (isCurrent) this.#current.set(projectId, sessionId)
    else this.#current.delete(projectId)
    this.#movedProjects.add(projectId)
  }

  #evict(model: SessionModel, pending: PendingChanges): void {
    const { residentMessages, mayLeave } = this.#options
    const { sessionId } = pending
    const limit = model.state.limits?.residentMessages ?? residentMessages
    if (model.evict(limit, (message) => mayLeave(sessionId, message))) pending.addResidency()
  }

  #note(entry: DirectoryEntry, change: SessionChange): void {
    this.#pendingOf(entry).add(change)
    this.#schedule()
  }

  #tellAbsent(sessionId: string, change: SessionChange): void {
    if (change.type !== 'removed' && change.type !== 'listed') return
    this.#absent.set(sessionId, change)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    this.#options.schedule(this.#flush)
  }

  #pendingOf(entry: DirectoryEntry): PendingChanges {
    if (entry.pending !== undefined) return entry.pending
    entry.pending = new PendingChanges(entry.sessionId, entry.view)
    this.#pending.push(entry)
    return entry.pending
  }

  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#options.onFailure(error)
    }
  }
}

const movesCurrent = (change: SessionChange): boolean =>
  change.type === 'session-updated' ? 'current' in change.patch : change.type === 'opened' || change.type === 'removed'
