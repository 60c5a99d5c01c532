import { type AgentSessionEvent, type PermissionAnswer, type Prompt, type Reply, type SessionContext, within } from '@agent-session/core'
import { agentProblem, type AgentStart, field, KeptAgent, newTurn, refusal, textField, type Turn } from '@agent-session/core/transport'
import { CodexConnection, type ConnectionEnd, RpcRefusal } from './codex-connection.ts'
import { type Change, type CodexSession, type CodexSessionOptions, type How, NoAppServer, unknownThread } from './codex-session.ts'
import { startFor } from './codex-programs.ts'
import { AppServerFold } from './fold/app-server-fold.ts'
import { type CodexMode, codexModes, findMode } from './fold/codex-modes.ts'
import { effortSetting } from './fold/model-catalogue.ts'
import { namedServers } from './mcp-servers.ts'
import { promptInput } from './prompt-input.ts'

/** What a command-line parser ends with that does not know its command. */
const usageError = 2
/** What an older Codex says that takes the command for a prompt. */
const tookForPrompt = /not a terminal|unrecognized subcommand/i

const ok: Reply = { ok: true }

/**
 * One session and the `codex app-server` that serves it: a process of its own, so that one that dies, floods or hangs
 * takes no other session with it and stopping it hard is always possible. Between turns it waits, and after a while it
 * is let go of: its thread can be taken up again.
 */
export class AppServerSession implements CodexSession {
  readonly context: SessionContext
  readonly #sessionId: string
  readonly #options: CodexSessionOptions
  readonly #fold: AppServerFold
  readonly #kept: KeptAgent<CodexConnection>
  #turn: Turn | undefined
  /** The prompt as it is being told: until it is answered, or the turn has begun without, there is no id to interrupt it by. */
  #telling: Promise<unknown> = Promise.resolve()
  #begin = (): void => {}
  #mode: CodexMode | undefined
  #model: string | undefined
  #effort: string | undefined
  /** How Codex ended before it had said a word; `undefined` once it has. */
  #silentEnd: ConnectionEnd | undefined
  #closed = false

  constructor(sessionId: string, context: SessionContext, options: CodexSessionOptions) {
    this.context = context
    this.#sessionId = sessionId
    this.#options = options
    this.#fold = new AppServerFold(sessionId)
    const { clock, handshakeMs, killAfterMs, idleMs } = options
    const late = `The agent "${context.provider}" was not ready within ${Math.round(handshakeMs / 1000)} s. Is its program Codex?`
    this.#kept = new KeptAgent({ clock, handshakeMs, killAfterMs, idleMs, lateWords: late })
    const { permissionMode = '', model = '' } = context
    this.#mode = findMode(permissionMode)
    this.#model = model === '' ? undefined : model
  }

  get threadId(): string | undefined {
    return this.#fold.threadId
  }

  /** Codex itself, where it is up and waits. */
  get idleConnection(): CodexConnection | undefined {
    return this.#turn === undefined && !this.#kept.isOpening ? this.#kept.current : undefined
  }

  /** Rejects with `NoAppServer` where this Codex has none. */
  async prompt(run: string, messageId: string, prompt: Prompt, how: How): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    if (this.#turn !== undefined) return refusal('Codex is still busy with the prompt before', 'session-running')
    const turn = newTurn(run)
    this.#turn = turn
    this.#kept.awake()
    this.#emit(this.#fold.beginRun(run, this.#now))
    try {
      const connection = await this.#up(how)
      if (turn.stopped) throw agentProblem('agent-exited', 'Stopped before it began')
      const input = promptInput(prompt)
      const begun = new Promise<void>((resolve) => (this.#begin = resolve))
      const answer = connection.request('turn/start', { threadId: this.#fold.threadId ?? '', clientUserMessageId: messageId, input, ...this.#turnSettings() })
      this.#telling = Promise.race([answer, begun])
      const { clock, handshakeMs } = this.#options
      const told = await within(clock, handshakeMs, this.#telling)
      if (told.timely) return ok
      await connection.kill()
      throw agentProblem('agent-protocol', `The agent "${this.context.provider}" did not take the prompt within ${Math.round(handshakeMs / 1000)} s. It was ended.`)
    } catch (error) {
      // Where it has ended already another one may be under way.
      if (this.#turn === turn) this.#overTurn()
      if (error instanceof NoAppServer) throw error
      return refusal(error instanceof RpcRefusal ? agentProblem('agent-protocol', `Codex refused the prompt: ${error.message}`) : error)
    }
  }

  async steer(messageId: string, prompt: Prompt): Promise<Reply> {
    const connection = this.#kept.current
    const expectedTurnId = this.#fold.turnId
    if (connection === undefined || expectedTurnId === undefined) return refusal('Codex is not at work on anything that could be steered', 'not-supported')
    try {
      await connection.request('turn/steer', { threadId: this.#fold.threadId ?? '', expectedTurnId, clientUserMessageId: messageId, input: promptInput(prompt) })
      return ok
    } catch (error) {
      return refusal(error)
    }
  }

  async stop(run: string): Promise<Reply> {
    const turn = this.#turn
    if (turn === undefined || turn.run !== run) return ok
    turn.stopped = true
    const connection = this.#kept.current
    if (connection === undefined || this.#kept.isOpening) {
      // Codex is not ready yet: there is nothing to interrupt, and nothing to lose.
      await this.#letGo('Stopped before it began')
      await turn.over
      return ok
    }
    void this.#interrupt(connection)
    const { clock, killAfterMs } = this.#options
    const ended = await within(clock, killAfterMs, turn.over)
    // It does not listen. The next prompt begins with a new process.
    if (!ended.timely) await connection.kill()
    await turn.over
    return ok
  }

  async respond({ requestId, optionId, input, text }: PermissionAnswer): Promise<Reply> {
    const offered = this.#fold.optionsOf(requestId)
    const connection = this.#kept.current
    if (offered === undefined || connection === undefined) return refusal('This question is not open any more', 'permission-not-pending')
    if (optionId !== undefined && !offered.includes(optionId)) return refusal(`The question has no option "${optionId}"`, 'permission-option-unknown')
    const choice = { ...(optionId !== undefined && { optionId }), ...(input !== undefined && { input }), ...(text !== undefined && { text }) }
    const answer = this.#fold.choose(requestId, choice)
    if (answer !== undefined) await connection.answer(answer)
    return ok
  }

  /** All of it is told to Codex with the next prompt. */
  configure({ mode, model, settings = {} }: Change): Reply {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    const wanted = mode === undefined ? undefined : findMode(mode)
    if (mode !== undefined && wanted === undefined) {
      return refusal(`Codex has no mode "${mode}"; it has ${codexModes.map(({ id }) => id).join(', ')}`, 'invalid-argument')
    }
    const { [effortSetting]: effort, ...others } = settings
    const [other] = Object.keys(others)
    if (other !== undefined) return refusal(`Codex has no setting "${other}"`, 'invalid-argument')
    const efforts = this.#fold.settings.find(({ id }) => id === effortSetting)?.choices.map(({ id }) => id) ?? []
    if (effort !== undefined && (typeof effort !== 'string' || !efforts.includes(effort))) {
      return refusal(`The model has no reasoning effort "${effort}"; it has ${efforts.join(', ') || 'none'}`, 'invalid-argument')
    }
    this.#mode = wanted ?? this.#mode
    this.#model = model ?? this.#model
    this.#effort = effort ?? this.#effort
    this.#emit(this.#fold.configured({ ...(wanted && { mode: wanted.id }), ...(model !== undefined && { model }), ...(effort !== undefined && { effort }) }, this.#now))
    return ok
  }

  async release(): Promise<Reply> {
    if (this.#turn !== undefined || this.#kept.isOpening) return refusal('Codex is at work on this session', 'session-running')
    this.#kept.awake()
    await this.#kept.current?.kill()
    return ok
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#kept.awake()
    await this.#letGo('The transport is closed')
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  #turnSettings(): object {
    const sandboxes = {
      'read-only': { type: 'readOnly', networkAccess: false },
      'workspace-write': { type: 'workspaceWrite', writableRoots: this.context.additionalDirectories ?? [], networkAccess: false, excludeTmpdirEnvVar: false, excludeSlashTmp: false },
      'danger-full-access': { type: 'dangerFullAccess' },
    }
    return {
      ...(this.#model !== undefined && { model: this.#model }),
      ...(this.#effort !== undefined && { effort: this.#effort }),
      ...(this.#mode !== undefined && { approvalPolicy: this.#mode.approvalPolicy, sandboxPolicy: sandboxes[this.#mode.sandbox] }),
    }
  }

  #threadSettings(cwd: string): object {
    const { systemPrompt = '', additionalDirectories = [], mcpServers = [] } = this.context
    const servers = namedServers(mcpServers, this.#options.mcpServers).map(([name, server]) => [`mcp_servers.${name}`, server])
    const config = { ...Object.fromEntries(servers), ...(additionalDirectories.length > 0 && { 'sandbox_workspace_write.writable_roots': additionalDirectories }) }
    return {
      cwd,
      ...(this.#model !== undefined && { model: this.#model }),
      ...(this.#mode !== undefined && { sandbox: this.#mode.sandbox, approvalPolicy: this.#mode.approvalPolicy }),
      ...(systemPrompt !== '' && { developerInstructions: systemPrompt }),
      ...(Object.keys(config).length > 0 && { config }),
    }
  }

  async #interrupt(connection: CodexConnection): Promise<void> {
    try {
      await this.#telling
      const { turnId } = this.#fold
      if (turnId !== undefined) await connection.request('turn/interrupt', { threadId: this.#fold.threadId ?? '', turnId })
      const { answers, events } = this.#fold.giveUp(this.#now)
      this.#emit(events)
      for (const answer of answers) await connection.answer(answer)
    } catch {
      // One that cannot be told, or refuses, is ended when its time for the stop is over.
    }
  }

  /** Codex, started if it is not up. */
  #up(how: How): Promise<CodexConnection> {
    return this.#kept.up(async (start) => this.#handshake(await this.#connect(start), how))
  }

  async #connect(start: AgentStart<CodexConnection>): Promise<CodexConnection> {
    const { provider } = this.context
    const process = await startFor(this.#options.programs.appServer, this.#sessionId, this.context, ['app-server'])
    let hasSpoken = false
    const connection: CodexConnection = new CodexConnection(provider, process, this.#options.clock, {
      sending: (message) => this.#emit(this.#fold.sent(message, this.#now)),
      received: (message) => {
        hasSpoken = true
        this.#receive(message)
      },
      gone: (end) => {
        this.#silentEnd = hasSpoken ? undefined : end
        this.#lose(connection, end.words)
      },
    })
    await start.hold(connection)
    return connection
  }

  async #handshake(connection: CodexConnection, how: How): Promise<CodexConnection> {
    await this.#asked('start', async () => {
      try {
        await connection.request('initialize', { clientInfo: this.#options.clientInfo })
      } catch (error) {
        const end = this.#silentEnd
        if (end !== undefined && (end.exitCode === usageError || tookForPrompt.test(end.words))) throw new NoAppServer(end.words)
        throw error
      }
      await connection.notify('initialized')
    })
    const account = await this.#account(connection)
    if (field(account, 'requiresOpenaiAuth') === true && field(account, 'account') === null) {
      throw agentProblem('login-required', `The agent "${this.context.provider}" wants you to log in first. Run \`codex login\`, then try again.`)
    }
    await this.#openThread(connection, how)
    if (this.#fold.threadId === undefined) throw agentProblem('agent-protocol', `The agent "${this.context.provider}" opened a thread without an id`)
    // Nobody waits for what there is to choose from, and an older Codex may not say.
    connection.request('model/list', {}).catch(() => {})
    return connection
  }

  /** Older versions do not tell; then what is missing shows with the first prompt. */
  async #account(connection: CodexConnection): Promise<unknown> {
    try {
      return await connection.request('account/read', { refreshToken: false })
    } catch (error) {
      if (error instanceof RpcRefusal) return undefined
      throw error
    }
  }

  /** Goes back into the thread where Codex knows it; otherwise it is a new one that remembers nothing. */
  async #openThread(connection: CodexConnection, how: How): Promise<void> {
    const threadId = this.#fold.threadId ?? this.context.agentSessionId ?? ''
    const settings = this.#threadSettings(connection.cwd)
    if (threadId !== '') {
      try {
        await connection.request('thread/resume', { ...settings, threadId, excludeTurns: how !== 'import' })
        return
      } catch (error) {
        if (!(error instanceof RpcRefusal)) throw error
        if (!unknownThread.test(error.message)) throw agentProblem('agent-protocol', `The agent "${this.context.provider}" refused to go on with the session: ${error.message}`)
        this.#fold.restart()
      }
    } else if (how === 'go on') this.#fold.restart()
    await this.#asked('open a session', () => connection.request('thread/start', settings))
  }

  async #asked<Result>(to: string, request: () => Promise<Result>): Promise<Result> {
    try {
      return await request()
    } catch (error) {
      throw error instanceof RpcRefusal ? agentProblem('agent-protocol', `The agent "${this.context.provider}" refused to ${to}: ${error.message}`) : error
    }
  }

  #receive(message: object): void {
    const wasRunning = this.#fold.running
    this.#emit(this.#fold.received(message, this.#now))
    this.#refuseStranger(message)
    // Its own news of the turn say as well as the answer that the prompt was taken.
    if (textField(message, 'method') !== undefined && (this.#fold.turnId !== undefined || (wasRunning && !this.#fold.running))) this.#begin()
    if (wasRunning && !this.#fold.running) this.#overTurn()
  }

  /** A request that is no question for a person must not be left waiting. */
  #refuseStranger(message: object): void {
    const id = field(message, 'id')
    const method = textField(message, 'method')
    if (method === undefined || (typeof id !== 'string' && typeof id !== 'number') || this.#fold.awaits(id)) return
    void this.#kept.current?.refuse(id, `This client does not answer ${method}`)
  }

  #overTurn(): void {
    const turn = this.#turn
    this.#turn = undefined
    this.#rest()
    turn?.finish()
  }

  /** Codex need not wait for ever: it can come back. */
  #rest(): void {
    if (this.#turn === undefined && !this.#closed) this.#kept.rest()
  }

  #lose(connection: CodexConnection, words: string): void {
    if (!this.#kept.lose(connection)) return
    const wasRunning = this.#fold.running
    const events = this.#fold.lost(this.#turn?.stopped === true ? { reason: 'stopped' } : { reason: 'error', error: words }, this.#now)
    // Whoever closes the transport is no longer told: its run was neither stopped nor did it fail.
    if (!this.#closed) this.#emit(events)
    // Before the prompt was sent the refusal of the start tells it.
    if (wasRunning) this.#overTurn()
  }

  async #letGo(why: string): Promise<void> {
    await this.#kept.callOff(why)
    await this.#kept.current?.kill()
  }

  #emit(events: readonly AgentSessionEvent[]): void {
    for (const event of events) this.#options.emit(event)
  }
}
