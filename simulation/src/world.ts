import { setImmediate } from 'node:timers/promises'
import type { AgentSession, AgentStore } from '@agent-session/core'
import { createFaultyStorage, createManualClock, type FaultyStorage } from '@agent-session/core/testing'
import type { Core } from './core.ts'
import { Disk } from './disk.ts'
import { FarSide, type FarSession } from './far-side.ts'
import { Line } from './line.ts'
import { mortalClock, type MortalClock } from './mortal-clock.ts'
import { Window } from './window.ts'

export const projects = ['one', 'two'] as const

/** Small, so that a short story reaches them. */
const limits = {
  stallMs: 60_000,
  cleanupMs: 30_000,
  saveDelayMs: 2_000,
  retryMinMs: 500,
  retryMaxMs: 4_000,
  commitTimeoutMs: 10_000,
  queuedPrompts: 3,
  reorderEvents: 16,
  reorderMs: 1_000,
  residentMessages: 24,
  pageSize: 8,
} as const

/** One run of the app. */
interface Process {
  readonly number: number
  readonly store: AgentStore
  readonly storage: FaultyStorage
  readonly line: Line
  readonly clock: MortalClock
}

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
  /** The storage does what it is asked, at once. */
  healthy = true
  windows: Window[] = []
  readonly #core: Core
  readonly #ghosts: Process[] = []
  #process: Process
  #processes = 0
  #ids = 0

  constructor(core: Core) {
    this.#core = core
    this.disk = new Disk(core, (what) => this.violate(what))
    this.#process = this.#begin()
  }

  get process(): Process {
    return this.#process
  }

  get store(): AgentStore {
    return this.#process.store
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
    this.#kill(this.#process)
    for (const ghost of this.#ghosts.splice(0)) this.#kill(ghost)
    await this.#next()
  }

  /** Another process takes over from one that only seemed dead: its timers go on, and it tries to write. */
  async usurp(): Promise<void> {
    this.#process.line.cut()
    this.#ghosts.push(this.#process)
    await this.#next()
  }

  openWindow(): void {
    if (this.windows.length < 3) this.windows.push(new Window(this.store, this.#process.clock))
  }

  async closeWindows(): Promise<void> {
    for (const window of this.windows.splice(0)) await window.close()
  }

  async #next(): Promise<void> {
    // Their host is gone with them; what they would do about that is the bridge's own matter.
    await this.closeWindows()
    await this.#orphan()
    this.healthy = true
    this.#process = this.#begin()
    for (const project of projects) {
      const known = await this.disk.lastSession(project)
      const result = await this.store.restore(project)
      if (result.outcome === 'failed') this.violate(`B21: the restore failed: ${result.error.message}`)
      if (known !== undefined && result.outcome === 'none') this.violate(`B21: project ${project} has ${known.sessionId} on disk, and the restore found none`)
    }
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

  #kill({ line, clock, storage }: Process): void {
    line.cut()
    clock.kill()
    storage.crash()
  }

  #begin(): Process {
    this.#processes += 1
    const number = this.#processes
    const clock = mortalClock(this.clock)
    const storage = createFaultyStorage({ storage: this.disk.view(number), clock })
    const line = new Line(this.far)
    const store = this.#core.createAgentStore({
      transport: line,
      storage,
      clock,
      limits,
      retention: { count: 3, days: 7 },
      random: () => 0.5,
      newId: () => {
        this.#ids += 1
        return `id-${this.#ids}`
      },
    })
    store.on('error', (error) => {
      if (!/^(storage|lease|transport)-/.test(error.code)) this.violate(`an error that nothing in this world explains: ${error.code}: ${error.message}`)
    })
    return { number, store, storage, line, clock }
  }
}
