import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type AgentSession, type AgentStore, createAgentStore, createMemoryStorage, type PermissionRequest, type SessionStorage, type StartRequest } from '@agent-session/core'
import { type ClaudeSdk, type ClaudeTransport, type ClaudeTransportOptions, createClaudeTransport } from '../../src/index.ts'
import { type ModelServer, type Scenario, startModelServer } from './model-server.ts'

/** Real ms that a scenario may wait for anything. */
const patienceMs = 45_000

/** A store with the real program behind it, which talks to a scripted model on loopback and to nothing else. */
export class Rig {
  readonly home = realpathSync(mkdtempSync(path.join(tmpdir(), 'real-claude-')))
  readonly cwd = path.join(this.home, 'project')
  readonly reports: string[] = []
  /** Stays when a store is disposed of, as a file would. */
  readonly storage: SessionStorage = Object.assign(Object.create(createMemoryStorage()), { close: async () => {} })
  readonly model: ModelServer
  readonly #sdk: ClaudeSdk
  readonly #more: ClaudeTransportOptions
  transport: ClaudeTransport
  store: AgentStore

  private constructor(sdk: ClaudeSdk, model: ModelServer, more: ClaudeTransportOptions) {
    this.model = model
    this.#sdk = sdk
    this.#more = more
    mkdirSync(this.cwd)
    // The SDK's calls for sessions on disk run in this process, and look where this process would.
    process.env['CLAUDE_CONFIG_DIR'] = path.join(this.home, '.claude')
    writeFileSync(path.join(this.cwd, 'a.txt'), 'hello\n')
    ;[this.transport, this.store] = this.#open()
  }

  static async open(sdk: ClaudeSdk, scenarios: readonly Scenario[], more: ClaudeTransportOptions = {}): Promise<Rig> {
    return new Rig(sdk, await startModelServer(scenarios), more)
  }

  /** As an app that ends and starts again: a new store and a new transport over the same storage. */
  async reopen(): Promise<void> {
    await this.store.dispose()
    ;[this.transport, this.store] = this.#open()
  }

  async close(): Promise<void> {
    await this.store.dispose()
    await this.model.close()
    rmSync(this.home, { recursive: true, force: true })
  }

  #open(): [ClaudeTransport, AgentStore] {
    const env = {
      PATH: process.env['PATH'],
      HOME: this.home,
      CLAUDE_CONFIG_DIR: path.join(this.home, '.claude'),
      ANTHROPIC_BASE_URL: this.model.url,
      ANTHROPIC_API_KEY: 'sk-scripted',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_TELEMETRY: '1',
      ...this.#more.env,
    }
    const options = { settingSources: [], ...(typeof this.#more.options === 'object' ? this.#more.options : {}) }
    const transport = createClaudeTransport({ sdk: this.#sdk, ...this.#more, env, options })
    const store = createAgentStore({ transport, storage: this.storage })
    store.on('warning', (warning) => this.reports.push(`${warning.code}: ${JSON.stringify(warning.detail)?.slice(0, 300)}`))
    store.on('error', (error) => this.reports.push(`${error.code}: ${error.message}`))
    return [transport, store]
  }

  async start(prompt: StartRequest['prompt'], more: Partial<StartRequest> = {}): Promise<AgentSession> {
    const started = await this.store.start('project', { provider: 'claude', prompt, cwd: this.cwd, ...more })
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

  async answer(reply: { readonly optionId?: string; readonly input?: unknown; readonly text?: string }): Promise<PermissionRequest> {
    const request = await this.asked()
    const answered = await this.session.respond(request.id, reply)
    if (!answered.ok) throw new Error(`The answer was refused: ${answered.error}`)
    return request
  }
}

/** The conversation in short. */
export const said = ({ messages }: AgentSession): string[] =>
  messages.map(({ role, content, toolName, toolState, cut, parentId }) =>
    [role, toolName, toolState, cut === true ? 'cut' : undefined, parentId === undefined ? undefined : 'under', JSON.stringify(content.slice(0, 120))].filter((part) => part !== undefined).join(' '),
  )
