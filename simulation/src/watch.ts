import type { AgentSession, AgentStore, SessionField, SessionNotice } from '@agent-session/core'
import { halfChanged } from './view-checks.ts'

/** What a notice tells of: all that a view shows and that is not told by its messages. */
const fields = [
  'status', 'live', 'current', 'saved', 'stall', 'costUsd', 'inputTokens', 'error', 'endReason', 'title', 'plan', 'permissions', 'queue',
  'continuity', 'run', 'pinned', 'turns', 'updatedAt', 'lastSeqId', 'messages', 'messageList',
] as const satisfies readonly SessionField[]

const shown = (view: AgentSession, field: (typeof fields)[number]): unknown => (field === 'messageList' ? view.messageIds : view[field])

/** Somebody who looks at sessions and believes only what notices tell (promises 8, 10 and 11). */
export class Watch {
  readonly #violate: (what: string) => void
  readonly #readsWhole: () => boolean
  readonly #seen = new Map<AgentSession, Map<SessionField, unknown>>()
  readonly #current = new Map<string, AgentSession | undefined>()
  /** Notices of the flush that is under way, by session. */
  #noticed: Map<AgentSession, number> | undefined
  #changed = new Set<string>()

  /** `readsWhole`: whether what it shows was not read piece by piece while another process wrote it. */
  constructor(violate: (what: string) => void, readsWhole: () => boolean) {
    this.#violate = violate
    this.#readsWhole = readsWhole
  }

  /** Hears of a project's current session, and of what each flush changed. */
  listen(store: AgentStore, projects: readonly string[]): void {
    store.on('change', ({ sessionId }) => this.#changed.add(sessionId))
    for (const project of projects) {
      this.#current.set(project, store.getSession(project))
      store.subscribeProject(project, () => this.#current.set(project, store.getSession(project)))
    }
  }

  /** Looks at a session from now on; once more changes nothing. */
  look(view: AgentSession): void {
    if (this.#seen.has(view)) return
    this.#seen.set(view, new Map(fields.map((field) => [field, shown(view, field)])))
    view.subscribe((notice) => this.#notice(view, notice))
  }

  /** Carries a flush of the store out, and counts what it tells. */
  during(flush: () => void): void {
    this.#noticed = new Map()
    this.#changed.clear()
    flush()
    this.#noticed = undefined
  }

  /** All is told by now: what is seen is what is there. */
  afterStep(store: AgentStore): void {
    for (const [view, seen] of this.#seen) {
      if (store.findSession(view.sessionId) !== view) this.#seen.delete(view)
      else for (const field of fields) if (seen.get(field) !== shown(view, field)) this.#violate(`promise 11: ${field} of ${view.sessionId} changed without notice`)
    }
    for (const [project, seen] of this.#current) {
      if (seen !== store.getSession(project)) this.#violate(`promise 11: project ${project} has another current session, and nobody was told`)
    }
  }

  #notice(view: AgentSession, notice: SessionNotice): void {
    const seen = this.#seen.get(view)
    for (const field of fields) if (notice.fields.has(field)) seen?.set(field, shown(view, field))
    const wrong = this.#readsWhole() ? halfChanged(view) : undefined
    if (wrong !== undefined) this.#violate(`promise 11: a notice came in the middle of a change: ${wrong}`)
    if (this.#noticed === undefined) return
    const count = (this.#noticed.get(view) ?? 0) + 1
    this.#noticed.set(view, count)
    if (count > 1) this.#violate(`promise 11: ${view.sessionId} got ${count} notices in one flush`)
    if (!this.#changed.has(view.sessionId)) this.#violate(`promise 8: ${view.sessionId} got a notice, and another session changed`)
  }
}
