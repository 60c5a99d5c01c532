import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type AgentSession, type AgentStore, type AgentTransport, createAgentStore, createMemoryStorage, type PermissionRequest, type PromptResult, type SessionStorage, type StartRequest } from '@agent-session/core'
import { brokenRules } from '@agent-session/core/conformance'

/** Real ms that a scenario may wait for anything. */
const patienceMs = 60_000

export interface RealRigOptions<Transport> {
  /** What the folder of its own is named after. */
  readonly name: string
  readonly provider: string
  /** The scripted model, which ends with the rig. */
  readonly model: { close(): Promise<void> }
  /** What each start has that says nothing else. */
  readonly defaults?: Partial<StartRequest>
  /** A transport to the real program, at home in this folder. */
  connect(home: string): Transport
}

/** A store with a real program behind it, which talks to a scripted model on loopback and to nothing else. */
export class RealRig<Transport extends AgentTransport> {
  readonly home: string
  /** The folder that the program works in, with `a.txt` in it. */
  readonly cwd: string
  /** What the store had to warn of. */
  readonly reports: string[] = []
  /** Stays when a store is disposed of, as a file would. */
  readonly storage: SessionStorage = Object.assign(Object.create(createMemoryStorage()), { close: async () => {} })
  readonly #options: RealRigOptions<Transport>
  readonly #given = new Map<string, number>()
  readonly #retracted = new Map<string, Set<number>>()
  transport: Transport
  store: AgentStore

  constructor(options: RealRigOptions<Transport>) {
    this.#options = options
    this.home = realpathSync(mkdtempSync(path.join(tmpdir(), `${options.name}-`)))
    this.cwd = path.join(this.home, 'project')
    // Some put no helper below the machine's own folder for temporary files, where this home is.
    for (const folder of ['project', 'tmp']) mkdirSync(path.join(this.home, folder))
    writeFileSync(path.join(this.cwd, 'a.txt'), 'hello\n')
    ;[this.transport, this.store] = this.#open()
  }

  /** As an app that ends and starts again: a new store and a new transport over the same storage. */
  async reopen(): Promise<void> {
    await this.store.dispose()
    ;[this.transport, this.store] = this.#open()
  }

  async close(): Promise<void> {
    await this.store.dispose()
    await this.#options.model.close()
    rmSync(this.home, { recursive: true, force: true, maxRetries: 3 })
  }

  #open(): [Transport, AgentStore] {
    const transport = this.#options.connect(this.home)
    const store = createAgentStore({ transport, storage: this.storage })
    store.on('warning', (warning) => this.reports.push(`${warning.code}: ${JSON.stringify(warning.detail)?.slice(0, 300)}`))
    store.on('error', (error) => this.reports.push(`${error.code}: ${error.message}`))
    store.on('change', ({ sessionId, changes }) => {
      const retracted = this.#retracted.get(sessionId) ?? new Set()
      this.#retracted.set(sessionId, retracted)
      for (const change of changes) {
        if (change.type === 'messages-appended') for (const { id, seqId } of change.messages) this.#given.set(id, seqId)
        if (change.type === 'messages-retracted') for (const id of change.ids) retracted.add(this.#given.get(id) ?? 0)
      }
    })
    return [transport, store]
  }

  async start(prompt: StartRequest['prompt'], more: Partial<StartRequest> = {}, project = 'project'): Promise<AgentSession> {
    const { provider, defaults } = this.#options
    const started = await this.store.start(project, { provider, prompt, cwd: this.cwd, ...defaults, ...more })
    if (!started.ok) throw new Error(`The start was refused: ${started.error}`)
    return this.sessionOf(project)
  }

  get session(): AgentSession {
    return this.sessionOf('project')
  }

  sessionOf(project: string): AgentSession {
    const session = this.store.getSession(project)
    if (session === undefined) throw new Error('There is no session')
    return session
  }

  async prompt(prompt: StartRequest['prompt']): Promise<PromptResult> {
    const reply = await this.session.prompt(prompt)
    if (!reply.ok) throw new Error(`The prompt was refused: ${reply.error}`)
    return reply
  }

  /** Resolves once it is so. */
  async until(what: string, isSo: (session: AgentSession) => boolean, session = this.session): Promise<AgentSession> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        unsubscribe()
        const said = session.messages.map(({ role, content }) => `${role}: ${content.slice(0, 120)}`)
        reject(new Error(`Never came: ${what}. It was ${session.status} (${session.endReason}), with ${JSON.stringify(said)}`))
      }, patienceMs)
      const look = (): void => {
        if (!isSo(session)) return
        clearTimeout(timer)
        unsubscribe()
        resolve(session)
      }
      const unsubscribe = session.subscribe(look)
      look()
    })
  }

  /** The end of the run, by whatever it came; the session keeps the rules. */
  async ended(of = this.session): Promise<AgentSession> {
    const session = await this.until('the end of the run', ({ live }) => !live, of)
    const broken = brokenRules(session, this.#retracted.get(session.sessionId))
    if (broken.length > 0) throw new Error(broken.join('; '))
    return session
  }

  async asked(): Promise<PermissionRequest> {
    const waits = (request: PermissionRequest): boolean => request.state === 'pending'
    const { permissions } = await this.until('a question', (session) => session.permissions.some(waits))
    const found = permissions.find(waits)
    if (found === undefined) throw new Error('The question is gone')
    return found
  }

  async answer(reply: { readonly optionId?: string; readonly input?: unknown; readonly text?: string }): Promise<PermissionRequest> {
    const request = await this.asked()
    const answered = await this.session.respond(request.id, reply)
    if (!answered.ok) throw new Error(`The answer was refused: ${answered.error}`)
    return request
  }

  /** The processes of the program that this rig runs, and what they have started. Linux says it in /proc. */
  processes(isOne: (commandLine: string) => boolean = () => true): number[] {
    return readdirSync('/proc').flatMap((entry) => {
      if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return []
      try {
        const isOurs = readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`HOME=${this.home}\0`)
        return isOurs && isOne(readFileSync(`/proc/${entry}/cmdline`, 'utf8')) ? [Number(entry)] : []
      } catch {
        return []
      }
    })
  }

  /** With -9. */
  killAll(isOne?: (commandLine: string) => boolean): void {
    const pids = this.processes(isOne)
    if (pids.length === 0) throw new Error('Nothing of it runs')
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // One that was killed has taken it along.
      }
    }
  }

  /** What a program has started dies with it, some moments later. */
  async gone(): Promise<void> {
    for (let looks = 0; this.processes().length > 0; looks += 1) {
      if (looks === 50) throw new Error(`Something of it still runs: ${this.processes().join(', ')}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** In the folder that it works in. */
  exists(file: string): boolean {
    return existsSync(path.join(this.cwd, file))
  }
}
