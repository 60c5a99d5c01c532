import type { Cursor } from '../ports/cursor.ts'
import type { SessionDirectory } from '../replica/session-directory.ts'
import type { SnapshotSession } from './agent-store.ts'
import { SessionRuntime, type RuntimeEnvironment } from './session-runtime.ts'

export interface OpenedSession extends SnapshotSession {
  /** Ids of messages that storage has otherwise: they are saved. Absent: none. */
  readonly mended?: readonly string[]
  readonly cursor?: Cursor | undefined
}

/** The sessions that the owner has in memory, each with its runtime. */
export class OpenSessions {
  readonly directory: SessionDirectory
  readonly #env: RuntimeEnvironment
  readonly #runtimes = new Map<string, SessionRuntime>()
  #closing = false

  constructor(env: RuntimeEnvironment) {
    this.#env = env
    this.directory = env.directory
  }

  get(sessionId: string): SessionRuntime | undefined {
    return this.#runtimes.get(sessionId)
  }

  all(): readonly SessionRuntime[] {
    return [...this.#runtimes.values()]
  }

  current(projectId: string): SessionRuntime | undefined {
    const view = this.directory.current(projectId)
    return view && this.get(view.sessionId)
  }

  open({ cursor, mended = [], ...session }: OpenedSession): SessionRuntime {
    const { state } = session
    this.directory.apply(state.sessionId, { type: 'opened', ...session })
    const entry = this.directory.entry(state.sessionId)
    if (entry === undefined) throw new Error('A session that was just opened is in the directory.')
    const runtime = new SessionRuntime(this.#env, entry, cursor)
    this.#runtimes.set(state.sessionId, runtime)
    // At once: what is noted does not leave memory.
    runtime.journal.noteMessages(mended)
    return runtime
  }

  /** Puts a session in the place of the one of its id: the same view shows it. Nothing of the old one is written any more. */
  async replace(session: OpenedSession): Promise<SessionRuntime> {
    const before = this.#runtimes.get(session.state.sessionId)
    this.#runtimes.delete(session.state.sessionId)
    const closed = before?.close()
    const runtime = this.open(session)
    await closed
    return runtime
  }

  /** From here on no run begins and no session is read. */
  beginClosing(): void {
    this.#closing = true
  }

  get closing(): boolean {
    return this.#closing
  }

  /** Ends every session's timers; resolves when no commit is in flight. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((runtime) => runtime.close()))
  }

  makeCurrent(runtime: SessionRuntime): void {
    const before = this.current(runtime.state.projectId)
    if (before === runtime) return
    before?.update({ current: false })
    runtime.update({ current: true })
  }

  /** Forgets a session; from the call on nothing of it is written, and at its end nothing is in flight (T9). */
  async forget(sessionId: string): Promise<void> {
    const runtime = this.#runtimes.get(sessionId)
    this.#runtimes.delete(sessionId)
    this.directory.apply(sessionId, { type: 'removed' })
    await runtime?.close()
  }
}
