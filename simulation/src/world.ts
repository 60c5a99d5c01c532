import { setImmediate } from 'node:timers/promises'
import type { AgentSession, AgentStore } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import type { Core } from './core.ts'
import { Disk } from './disk.ts'
import { FarSide, type FarSession } from './far-side.ts'
import { Process } from './process.ts'
import { Window } from './window.ts'

export const projects = ['one', 'two'] as const

/** Longer than all that the store waits for at its end. */
const disposalMs = 60_000

/** What was slow has ended by then, and what failed was tried again. */
const recoveryMs = 15_000

/** What went against a promise. */
export class Violation extends Error {}

/** Everything there is in one story: a clock, a disk, agents far away, and one process of the app after the other. */
export class World {
  readonly clock = createManualClock({ settle: () => setImmediate() })
  readonly far = new FarSide()
  readonly disk: Disk
  readonly violations: string[] = []
  /** Runs that a person stopped: what was on its way then may be cut off. */
  readonly stopped = new Set<string>()
  /** Sessions that say themselves that something of them is missing, or that died with words unsaved. */
  readonly blurred = new Set<string>()
  readonly purged = new Set<string>()
  /** How many messages were loaded into each view beside those that it had. */
  readonly pagedIn = new WeakMap<AgentSession, number>()
  /** Loads of older messages that are counted there, or will be. */
  readonly loads = new WeakSet<Promise<number>>()
  /** Up to which place each session was stored when this process began. */
  begunAt: ReadonlyMap<string, number> = new Map()
  /** Sessions that say that events of them are missing: what there is of them is in its order all the same. */
  readonly gapped = new Set<string>()
  windows: Window[] = []
  /** Told when a process asks its storage to delete sessions, before it does. */
  onDeletionAsked: (sessionIds: readonly string[], process: Process) => void = () => {}
  /** Told when a process gives up on events of a session, before it says so. */
  onGap: (sessionId: string, process: Process) => void = () => {}
  readonly #core: Core
  /** Processes that another has taken over from. */
  readonly ghosts: Process[] = []
  #process: Process
  #standby: Process | undefined
  /** From when on the storage does what it is asked, at once; infinite while it does not. */
  #steadyFrom = 0
  #processes = 0
  #ids = 0

  constructor(core: Core) {
    this.#core = core
    this.disk = new Disk(core, this.clock, (what) => this.violate(what))
    this.#process = this.#begin()
  }

  get process(): Process {
    return this.#process
  }

  get store(): AgentStore {
    return this.#process.store
  }

  /** A process that only reads, until it is its turn; `undefined` where there is none. */
  get standby(): Process | undefined {
    return this.#standby
  }

  /** Whether the storage does what it is asked, at once, and has long enough for all that failed to have been tried again. */
  get steady(): boolean {
    return this.clock.monotonic() >= this.#steadyFrom
  }

  /** From now on the storage is slow or fails. */
  storageFails(): void {
    this.#process.failed = true
    this.#steadyFrom = Number.POSITIVE_INFINITY
  }

  /** From now on it does what it is asked. */
  storageHeals(): void {
    this.#steadyFrom = this.clock.monotonic() + recoveryMs
  }

  violate(what: string): void {
    this.violations.push(what)
  }

  /** The sessions that are in memory and have an agent. */
  sessions(): readonly { readonly view: AgentSession; readonly far: FarSession }[] {
    return [...this.far.sessions.values()].flatMap((far) => {
      const view = this.store.findSession(far.sessionId)
      return view === undefined ? [] : [{ view, far }]
    })
  }

  /** A command never rejects, whatever is wrong. */
  command(name: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => this.violate(`promise 6: the command ${name} rejected: ${String(error)}`))
  }

  /** The process dies between two instructions, and the next one begins on what is on disk. */
  async crash(): Promise<void> {
    this.#process.kill()
    for (const ghost of this.ghosts.splice(0)) ghost.kill()
    await this.#next()
  }

  /** Another process takes over from one that only seemed dead: its timers go on, and it tries to write. */
  async usurp(): Promise<void> {
    this.#process.line.cut()
    this.disk.supersede(this.#process.number)
    this.ghosts.push(this.#process)
    await this.#next(true)
  }

  /** The process ends of itself, and the next one begins; `ended` is told in between. */
  async quit(ended: () => Promise<void>): Promise<void> {
    const { store, number } = this.#process
    let over = false
    const disposing = store.dispose().then(() => {
      over = true
      this.disk.end(number)
    })
    await this.clock.advance(disposalMs)
    if (!over) return this.violate('promise 6: the store never came to its end')
    await disposing
    // One that waited for its turn has gone on with what was stored.
    await this.#orphan()
    await ended()
    this.#process.kill()
    await this.#next()
  }

  /** A second process begins while this one writes: it reads, and waits for its turn. */
  async stand(): Promise<void> {
    if (this.#standby !== undefined || this.store.writer.state !== 'writing') return
    this.#standby = this.#begin()
    for (const project of projects) await this.#standby.store.restore(project)
    await this.clock.settle()
    const { state } = this.#standby.store.writer
    if (state === 'writing') this.violate('F14: two processes write')
  }

  openWindow(): void {
    if (this.windows.length < 3) this.windows.push(new Window(this.store, this.#process.clock))
  }

  async closeWindows(): Promise<void> {
    for (const window of this.windows.splice(0)) await window.close()
  }

  async #next(takesOver = false): Promise<void> {
    // Their host is gone with them; what they would do about that is the bridge's own matter.
    await this.closeWindows()
    await this.#orphan()
    this.#steadyFrom = this.clock.monotonic()
    this.begunAt = await this.#stored()
    this.#process = this.#standby ?? this.#begin()
    this.#standby = undefined
    await this.clock.settle()
    for (const project of projects) {
      if (this.store.hasSession(project)) continue
      const known = await this.disk.lastSession(project)
      const result = await this.store.restore(project)
      if (result.outcome === 'failed') this.violate(`B21: the restore failed: ${result.error.message}`)
      if (known !== undefined && result.outcome === 'none') this.violate(`B21: project ${project} has ${known.sessionId} on disk, and the restore found none`)
    }
    if (takesOver) await this.store.takeOver()
    await this.clock.settle()
    const { state } = this.store.writer
    if (state === 'reading') this.violate(`F15: process ${this.#process.number} should write, and only reads`)
    for (const { number, store } of this.ghosts) {
      if (takesOver && store.writer.state === 'writing') this.violate(`F14: process ${number} does not know that another writes`)
    }
  }

  async #stored(): Promise<ReadonlyMap<string, number>> {
    const places = new Map<string, number>()
    for (const far of this.far.sessions.values()) places.set(far.sessionId, far.placeOf(await this.disk.cursor(far.sessionId)))
    return places
  }

  /** Runs that no disk knows of die with the process that began them. */
  async #orphan(): Promise<void> {
    for (const far of this.far.sessions.values()) {
      const record = await this.disk.session(far.sessionId)
      if (record?.run === far.run && record?.status === 'running') continue
      if (far.run === undefined && record !== undefined && record.run === far.log.at(-1)?.run) continue
      far.end()
      this.blurred.add(far.sessionId)
    }
  }

  #begin(): Process {
    this.#processes += 1
    const process: Process = new Process({
      core: this.#core,
      number: this.#processes,
      clock: this.clock,
      far: this.far,
      disk: this.disk.view(this.#processes),
      newId: () => {
        this.#ids += 1
        return `id-${this.#ids}`
      },
      violate: (what) => this.violate(what),
      onDeletionAsked: (sessionIds) => this.onDeletionAsked(sessionIds, process),
      onGap: (sessionId) => this.onGap(sessionId, process),
    })
    process.watch.listen(process.store, projects)
    return process
  }
}
