import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type AgentSession, type AgentStore, createAgentStore, createMemoryStorage, type PermissionRequest, type PromptResult, type SessionStorage, type StartRequest } from '@agent-session/core'
import { type CodexTransport, type CodexTransportOptions, createCodexTransport, type Route } from '../../src/index.ts'
import { type ModelServer, type Scenario, startModelServer } from './model-server.ts'

/** Real ms that a scenario may wait for anything. */
const patienceMs = 45_000

export interface RigOptions extends CodexTransportOptions {
  /** The program, as a file. */
  readonly program: string
  readonly route?: Route
}

/** A store with the real program behind it, which talks to a scripted model on loopback and to nothing else. */
export class Rig {
  readonly home = realpathSync(mkdtempSync(path.join(tmpdir(), 'real-codex-')))
  readonly cwd = path.join(this.home, 'project')
  readonly reports: string[] = []
  /** Stays when a store is disposed of, as a file would. */
  readonly storage: SessionStorage = Object.assign(Object.create(createMemoryStorage()), { close: async () => {} })
  readonly model: ModelServer
  readonly #options: RigOptions
  transport: CodexTransport
  store: AgentStore

  private constructor(model: ModelServer, options: RigOptions) {
    this.model = model
    this.#options = options
    mkdirSync(this.cwd)
    // Codex puts no helper of its sandbox below the folder for temporary files, and this home is below the machine's.
    mkdirSync(path.join(this.home, 'tmp'))
    mkdirSync(path.join(this.home, '.codex'))
    writeFileSync(path.join(this.cwd, 'a.txt'), 'hello\n')
    writeFileSync(path.join(this.home, '.codex/config.toml'), configOf(model.url))
    ;[this.transport, this.store] = this.#open()
  }

  static async open(scenarios: readonly Scenario[], options: RigOptions): Promise<Rig> {
    return new Rig(await startModelServer(scenarios), options)
  }

  /** As an app that ends and starts again: a new store and a new transport over the same storage. */
  async reopen(): Promise<void> {
    await this.store.dispose()
    ;[this.transport, this.store] = this.#open()
  }

  async close(): Promise<void> {
    await this.store.dispose()
    await this.model.close()
    rmSync(this.home, { recursive: true, force: true, maxRetries: 3 })
  }

  #open(): [CodexTransport, AgentStore] {
    const { program, ...options } = this.#options
    const env = { PATH: process.env['PATH'], HOME: this.home, CODEX_HOME: path.join(this.home, '.codex'), SCRIPTED_API_KEY: 'sk-scripted', TMPDIR: path.join(this.home, 'tmp') }
    const transport = createCodexTransport({ agents: { codex: { command: program } }, env, ...options })
    const store = createAgentStore({ transport, storage: this.storage })
    store.on('warning', (warning) => this.reports.push(`${warning.code}: ${JSON.stringify(warning.detail)?.slice(0, 300)}`))
    store.on('error', (error) => this.reports.push(`${error.code}: ${error.message}`))
    return [transport, store]
  }

  async start(prompt: StartRequest['prompt'], more: Partial<StartRequest> = {}): Promise<AgentSession> {
    const started = await this.store.start('project', { provider: 'codex', prompt, cwd: this.cwd, model: 'gpt-5.5', permissionMode: 'auto', ...more })
    if (!started.ok) throw new Error(`The start was refused: ${started.error}`)
    return this.session
  }

  get session(): AgentSession {
    const session = this.store.getSession('project')
    if (session === undefined) throw new Error('There is no session')
    return session
  }

  async prompt(prompt: StartRequest['prompt']): Promise<PromptResult> {
    const reply = await this.session.prompt(prompt)
    if (!reply.ok) throw new Error(`The prompt was refused: ${reply.error}`)
    return reply
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

  ended(): Promise<AgentSession> {
    return this.until('the end of the run', ({ live }) => !live)
  }

  async asked(): Promise<PermissionRequest> {
    const waits = (request: PermissionRequest): boolean => request.state === 'pending'
    const { permissions } = await this.until('a question', (session) => session.permissions.some(waits))
    const found = permissions.find(waits)
    if (found === undefined) throw new Error('The question is gone')
    return found
  }

  async answer(optionId: string): Promise<PermissionRequest> {
    const request = await this.asked()
    const answered = await this.session.respond(request.id, { optionId })
    if (!answered.ok) throw new Error(`The answer was refused: ${answered.error}`)
    return request
  }

  /** The processes of the program that this rig runs, and what they have started. */
  processes(): number[] {
    return readdirSync('/proc').flatMap((entry) => {
      if (!/^\d+$/.test(entry)) return []
      try {
        return readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`HOME=${this.home}\0`) ? [Number(entry)] : []
      } catch {
        return []
      }
    })
  }

  killAll(): void {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // One that was killed has taken it along.
      }
    }
  }

  /** What Codex has started dies with it, some moments later. */
  async gone(): Promise<void> {
    for (let looks = 0; this.processes().length > 0; looks += 1) {
      if (looks === 50) throw new Error(`Something of it still runs: ${this.processes().join(', ')}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  exists(file: string): boolean {
    return existsSync(path.join(this.cwd, file))
  }
}

/** A session in short lines. */
export function said({ messages }: AgentSession): string[] {
  return messages.map(({ role, toolName, content, cut, parentId }) => `${role}${toolName === undefined ? '' : ` ${toolName}`} ${JSON.stringify(content.slice(0, 200))}${cut ? ' cut' : ''}${parentId === undefined ? '' : ' below'}`)
}

/** Nothing that reaches beyond loopback. */
const configOf = (url: string): string => `
model = "gpt-5.5"
model_provider = "scripted"
web_search = "disabled"
check_for_update_on_startup = false
[model_providers.scripted]
name = "Scripted"
base_url = "${url}"
env_key = "SCRIPTED_API_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
[analytics]
enabled = false
[feedback]
enabled = false
[features]
plugins = false
unbounded_connection_retries = false
[tools.update_plan]
enabled = true
`
