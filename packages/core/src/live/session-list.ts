import { AgentSessionError } from '../errors.ts'
import type { SessionSummary } from '../ports/session-storage.ts'
import { summaryOf } from '../ports/session-summary.ts'
import type { SessionChange } from '../session/session-change.ts'
import type { AgentStore, StoreChange } from '../store/agent-store.ts'
import { LiveListeners, type Live } from './live.ts'

/** What a list shows. */
export interface SessionListOptions {
  /** Whose sessions; absent: those of all projects. */
  readonly projectId?: string | undefined
  /** How many are read at first, and by each `showMore`; 50 when absent. */
  readonly pageSize?: number | undefined
}

/**
 * The sessions that a store has, in memory and in storage, for a list on the screen: read when somebody begins to listen,
 * and kept up to date by what happens in the store – also by what another process does to them, where the storage tells of
 * it (`onChange`).
 */
export interface SessionList extends Live {
  /** Newest first; the same array until something changes, and one that is as it was keeps its identity. */
  readonly sessions: readonly SessionSummary[]
  /** Whether storage has more than are listed. */
  readonly hasMore: boolean
  /** Storage is being asked. */
  readonly loading: boolean
  /** Why the last reading failed; what was listed before stays. `undefined`: it did not. */
  readonly error: AgentSessionError | undefined
  /** Reads what is listed again. Never rejects: a failure is told by `error`. */
  refresh(): Promise<void>
  /** Lists a page more. Never rejects. */
  showMore(): Promise<void>
}

/** Nothing is read, and nothing subscribed, before somebody listens or asks for it. */
export function createSessionList(store: AgentStore, { projectId, pageSize = 50 }: SessionListOptions = {}): SessionList {
  return new StoredSessions(store, projectId, pageSize)
}

class StoredSessions implements SessionList {
  sessions: readonly SessionSummary[] = []
  hasMore = false
  loading = false
  error: AgentSessionError | undefined
  readonly #store: AgentStore
  readonly #projectId: string | undefined
  readonly #pageSize: number
  readonly #listeners = new LiveListeners(() => this.#begin())
  #limit: number
  /** Rises with each reading: the answer to an older one is passed over. */
  #asked = 0

  constructor(store: AgentStore, projectId: string | undefined, pageSize: number) {
    this.#store = store
    this.#projectId = projectId
    this.#pageSize = this.#limit = pageSize
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  async refresh(): Promise<void> {
    const asked = (this.#asked += 1)
    this.loading = true
    this.#listeners.tellApart()
    let found: SessionSummary[] | undefined
    let error: AgentSessionError | undefined
    try {
      found = await this.#store.listSessions(this.#projectId, { limit: this.#limit + 1 })
    } catch (thrown) {
      error = AgentSessionError.from('storage-failed', thrown)
    }
    if (asked !== this.#asked) return
    this.loading = false
    this.error = error
    this.#list(found?.slice(0, this.#limit) ?? this.sessions, found === undefined ? this.hasMore : found.length > this.#limit)
    this.#listeners.tellApart()
  }

  showMore(): Promise<void> {
    this.#limit += this.#pageSize
    return this.refresh()
  }

  #begin(): (() => void)[] {
    void this.refresh()
    return [
      this.#store.on('change', (change) => this.#note(change)),
      // What happened while the line to the store was down was not heard.
      this.#store.on('connection', ({ state }) => void (state === 'connected' && this.refresh())),
    ]
  }

  /** A session says how it stands, in memory itself and else by the change; nothing is read for it. */
  #note({ sessionId, changes }: StoreChange): void {
    if (!changes.some(isListed)) return
    const session = this.#store.findSession(sessionId)
    const told = changes.at(-1)
    const summary = session ? summaryOf(session.record) : told?.type === 'listed' ? told.summary : undefined
    const others = this.sessions.filter((other) => other.sessionId !== sessionId)
    if (summary === undefined) {
      if (others.length === this.sessions.length) return
      this.#show(others, this.hasMore)
      // Another takes the place at the end.
      if (this.hasMore) void this.refresh()
    } else if (this.#projectId === undefined || summary.projectId === this.#projectId) {
      const all = [...others, summary].sort((a, b) => b.updatedAt - a.updatedAt || b.createdAt - a.createdAt)
      this.#show(all.slice(0, this.#limit), this.hasMore || all.length > this.#limit)
    }
  }

  #show(next: readonly SessionSummary[], hasMore: boolean): void {
    this.#list(next, hasMore)
    this.#listeners.tell()
  }

  #list(next: readonly SessionSummary[], hasMore: boolean): void {
    const before = new Map(this.sessions.map((summary) => [summary.sessionId, summary]))
    const sessions = next.map((summary) => sameOrNext(before.get(summary.sessionId), summary))
    if (sessions.length !== this.sessions.length || sessions.some((summary, index) => summary !== this.sessions[index])) this.sessions = sessions
    this.hasMore = hasMore
  }
}

/** Whether a change may show in a list: text that streams does not. */
const isListed = (change: SessionChange): boolean =>
  change.type === 'opened' || change.type === 'removed' || change.type === 'listed' || (change.type === 'session-updated' && Object.keys(change.patch).some((field) => listedFields.has(field)))

const listedFields: ReadonlySet<string> = new Set([
  'status', 'endReason', 'title', 'model', 'costUsd', 'inputTokens', 'outputTokens', 'error', 'pinned', 'updatedAt',
] satisfies (keyof SessionSummary)[])

function sameOrNext(known: SessionSummary | undefined, next: SessionSummary): SessionSummary {
  if (known === undefined) return next
  const fields = Object.keys(next)
  const same = fields.length === Object.keys(known).length && fields.every((field) => Reflect.get(known, field) === Reflect.get(next, field))
  return same ? known : next
}
