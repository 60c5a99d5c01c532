import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type AgentSession, type AgentStore, createAgentStore, createMemoryStorage, type PermissionRequest, type SessionStorage, type StartRequest } from '@agent-session/core'
import { brokenRules } from '@agent-session/core/conformance'
import { createAcpTransport } from '../../src/index.ts'
import { stdioAgents } from '../../src/stdio/index.ts'
import type { RealAgent } from './agents.ts'
import { type ModelServer, type Scenario, startModelServer } from './model-server.ts'

/** Real ms that a scenario may wait for anything. */
const patienceMs = 60_000

export type AcpTransport = ReturnType<typeof createAcpTransport>

/** A store with a real agent behind it, which talks to a scripted model on loopback and to nothing else. */
export class Rig {
  readonly agent: RealAgent
  readonly home = realpathSync(mkdtempSync(path.join(tmpdir(), 'real-acp-')))
  readonly cwd = path.join(this.home, 'project')
  readonly reports: string[] = []
  /** Stays when a store is disposed of, as a file would. */
  readonly storage: SessionStorage = Object.assign(Object.create(createMemoryStorage()), { close: async () => {} })
  readonly #bin: string
  readonly #model: ModelServer
  readonly #given = new Map<string, number>()
  readonly #retracted = new Map<string, Set<number>>()
  stderr = ''
  transport: AcpTransport
  store: AgentStore

  private constructor(agent: RealAgent, bin: string, model: ModelServer) {
    this.agent = agent
    this.#bin = bin
    this.#model = model
    for (const folder of ['project', 'tmp']) mkdirSync(path.join(this.home, folder))
    writeFileSync(path.join(this.cwd, 'a.txt'), 'hello\n')
    ;[this.transport, this.store] = this.#open()
  }

  static async open(agent: RealAgent, bin: string, scenarios: readonly Scenario[]): Promise<Rig> {
    return new Rig(agent, bin, await startModelServer(scenarios))
  }

  /** As an app that ends and starts again: a new store and a new transport over the same storage. */
  async reopen(): Promise<void> {
    await this.store.dispose()
    ;[this.transport, this.store] = this.#open()
  }

  async close(): Promise<void> {
    await this.store.dispose()
    await this.#model.close()
    rmSync(this.home, { recursive: true, force: true, maxRetries: 3 })
  }

  #open(): [AcpTransport, AgentStore] {
    const agents = { [this.agent.name]: this.agent.program(this.#bin, this.home, this.#model.url) }
    const transport = createAcpTransport({ connect: stdioAgents({ agents, env: {}, onStderr: (text) => void (this.stderr += text) }) })
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

  async start(prompt: string, more: Partial<StartRequest> = {}): Promise<AgentSession> {
    const started = await this.store.start('project', { provider: this.agent.name, prompt, cwd: this.cwd, ...more })
    if (!started.ok) throw new Error(`The start was refused: ${started.error}`)
    return this.session
  }

  get session(): AgentSession {
    const session = this.store.getSession('project')
    if (session === undefined) throw new Error('There is no session')
    return session
  }

  async prompt(prompt: string): Promise<void> {
    const reply = await this.session.prompt(prompt)
    if (!reply.ok) throw new Error(`The prompt was refused: ${reply.error}`)
  }

  /** Resolves once it is so. */
  async until(what: string, isSo: (session: AgentSession) => boolean): Promise<AgentSession> {
    const { session } = this
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        unsubscribe()
        reject(new Error(`Never came: ${what}. It was ${session.status} (${session.endReason}), with ${JSON.stringify(said(session))}`))
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
  async ended(): Promise<AgentSession> {
    const session = await this.until('the end of the run', ({ live }) => !live)
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

  async answer(kind: 'allow_once' | 'allow_always' | 'reject_once' | 'reject_always'): Promise<void> {
    const { id, options } = await this.asked()
    const option = options.find((one) => one.kind === kind)
    if (option === undefined) throw new Error(`There is no ${kind} among ${JSON.stringify(options)}`)
    const reply = await this.session.respond(id, { optionId: option.id })
    if (!reply.ok) throw new Error(`The answer was refused: ${reply.error}`)
  }
}

/** What was said and done, a line each. */
export const said = ({ messages }: AgentSession): string[] =>
  messages.filter(({ role }) => role !== 'thinking').map(({ role, content, parentId, isError }) => `${parentId === undefined ? '' : '  '}${role}${isError ? '!' : ''}: ${content.trim().slice(0, 120)}`)
