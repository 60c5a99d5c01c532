import type { AgentSession, SessionRecord } from '@agent-session/core'
import type { Process } from './process.ts'
import type { Step } from './story.ts'
import type { World } from './world.ts'

/** A session as its process had it in memory. */
interface Held {
  readonly record: SessionRecord
  readonly live: boolean
  readonly current: boolean
  /** Somebody listens to it: to all of the first project that an agent has heard of. */
  readonly watched: boolean
  /** How many sessions of its project were to stay then. */
  readonly count: number
}

/** What it was by that a session was to be deleted. */
type Decided = Pick<Held, 'count'> & Partial<Held>

interface Book {
  /** As they were when they were last in memory. */
  readonly held: Map<string, Held>
  readonly decided: Map<string, Decided>
}

/**
 * What goes from the disk: what a person purged, or what retention may take (B22, T14). A slow disk deletes it long after
 * that was decided, so it is held against what was so at that time: when it left memory, or, where it was not there, when
 * the storage was asked.
 */
export class DeletionChecks {
  readonly #world: World
  /** By process: what one knew and did not save, another does not know. */
  #live: ReadonlySet<AgentSession> = new Set()
  readonly #books = new WeakMap<Process, Book>()
  /** One that has waited for its turn deletes while the one before it is coming to its end. */
  readonly #askedBy = new Map<string, Process>()

  constructor(world: World) {
    this.#world = world
    world.disk.onDelete = (record) => this.#deleted(record)
    world.onDeletionAsked = (sessionIds, process) => this.#asked(sessionIds, process)
  }

  async afterStep(step: Step | undefined): Promise<void> {
    const { process, far } = this.#world
    const { held } = this.#bookOf(process)
    const { count } = process.store.retention
    const before = this.#live
    const completed = process.views().filter((view) => before.has(view) && !view.live && view.status === 'done')
    this.#live = new Set(process.views().filter(({ live }) => live))
    // In what takes time others may have gone on since.
    const atOnce = step !== undefined && step.name !== 'wait' && step.name !== 'sleep'
    if (atOnce && this.#world.steady) for (const projectId of new Set(completed.map((view) => view.projectId))) await this.#enforced(projectId, count)
    for (const { sessionId, projectId, record, live, current } of process.views()) {
      held.set(sessionId, { record, live, current, watched: projectId === 'one' && far.sessions.has(sessionId), count })
    }
  }

  /** A session of the project has just completed: what is past the newest is gone, but for what something keeps. */
  async #enforced(projectId: string, count: number): Promise<void> {
    const { disk, process, windows } = this.#world
    // What is in memory may be newer than it is stored.
    const stored = (await disk.sessions(projectId)).map((session) => ({ ...session, updatedAt: process.store.findSession(session.sessionId)?.updatedAt ?? session.updatedAt }))
    for (const { sessionId, updatedAt, status, pinned } of stored) {
      // What is in memory may be looked at, or run.
      const view = process.store.findSession(sessionId)
      const kept = view === undefined ? status === 'running' : view.live || view.status === 'running' || view.current || projectId === 'one' || windows.length > 0
      const newer = stored.filter((other) => other.updatedAt > updatedAt).length
      if (!kept && !pinned && view?.pinned !== true && newer >= count) this.#world.violate(`B22: ${sessionId} stays, and ${newer} newer ones of ${count}`)
    }
  }

  #asked(sessionIds: readonly string[], process: Process): void {
    const { held, decided } = this.#bookOf(process)
    for (const id of sessionIds) {
      this.#askedBy.set(id, process)
      decided.set(id, held.get(id) ?? { count: process.store.retention.count })
      // One that could not be deleted is decided about anew.
      held.delete(id)
    }
  }

  #bookOf(process: Process): Book {
    const book = this.#books.get(process) ?? { held: new Map(), decided: new Map() }
    this.#books.set(process, book)
    return book
  }

  async #deleted(stored: SessionRecord): Promise<void> {
    const world = this.#world
    const { sessionId, projectId } = stored
    if (world.purged.has(sessionId)) return
    const process = this.#askedBy.get(sessionId) ?? world.process
    const { decided } = this.#bookOf(process)
    const { count, record: { pinned, status, updatedAt } = stored, live, current, watched } = decided.get(sessionId) ?? { count: process.store.retention.count }
    // One that was stopped a moment ago has ended.
    const runs = world.far.sessions.get(sessionId)?.run !== undefined && (live ?? status === 'running')
    const why = pinned ? 'is pinned' : runs ? 'runs' : undefined
    if (why !== undefined) world.violate(`B22: retention took ${sessionId}, which ${why}`)
    if (current && !process.store.hasSession(projectId)) world.violate(`B22: retention took ${sessionId}, which was current`)
    if (watched) world.violate(`B22: retention took ${sessionId}, which is looked at`)
    const others = new Map((await world.disk.sessions(projectId)).map((other) => [other.sessionId, other.updatedAt]))
    for (const view of process.views()) if (view.projectId === projectId) others.set(view.sessionId, view.updatedAt)
    const newer = [...others].filter(([id, at]) => id !== sessionId && at >= updatedAt)
    // Those that a person purges meanwhile were there when it was decided.
    for (const id of world.purged) if (!others.has(id)) newer.push([id, updatedAt])
    if (newer.length < count) world.violate(`B22: retention took ${sessionId}, one of the newest ${newer.length + 1} of ${count}`)
  }
}
