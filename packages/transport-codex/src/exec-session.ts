import type { AgentProcess } from '@agent-session/agent-process'
import { type Abilities, type AgentSessionEvent, errorText, type PermissionAnswer, type Prompt, type Reply, type SessionContext, within } from '@agent-session/core'
import { agentProblem, newTurn, refusal, textField, type Turn } from '@agent-session/core/transport'
import { startFor } from './codex-programs.ts'
import { type Change, type CodexSession, type CodexSessionOptions, type How, unknownThread } from './codex-session.ts'
import { ExecFold } from './fold/exec-fold.ts'
import { type CodexMode, codexModes, findMode } from './fold/codex-modes.ts'
import { namedServers, tomlValue } from './mcp-servers.ts'
import { promptWords } from './prompt-input.ts'

const ok: Reply = { ok: true }
const abilities: Abilities = { steer: false, resume: true, fork: false, forget: false, list: false, images: false, files: true }

/** What became of one process: it has taken the prompt, or why it has not. */
type Beginning = { readonly taken: true } | { readonly taken: false; readonly words: string }

/** A process that is being waited for. */
interface Opening {
  /** Called for the first line and for the end; the first call counts. */
  begun(beginning: Beginning): void
}

/** One session on `codex exec`: a process for each prompt, which is told the prompt, prints its lines and ends. */
export class ExecSession implements CodexSession {
  readonly context: SessionContext
  readonly #sessionId: string
  readonly #options: CodexSessionOptions
  readonly #fold: ExecFold
  #process: AgentProcess<object> | undefined
  #turn: Turn | undefined
  #mode: CodexMode | undefined
  #model: string | undefined
  #isTold = false
  #isAtWork = false
  #closed = false

  constructor(sessionId: string, context: SessionContext, options: CodexSessionOptions) {
    this.context = context
    this.#sessionId = sessionId
    this.#options = options
    this.#fold = new ExecFold(sessionId)
    const { permissionMode = '', model = '' } = context
    this.#mode = findMode(permissionMode)
    this.#model = model === '' ? undefined : model
  }

  get threadId(): string | undefined {
    return this.#fold.threadId
  }

  async prompt(run: string, _messageId: string, prompt: Prompt, how: How): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    if (this.#turn !== undefined) return refusal('Codex is still busy with the prompt before', 'session-running')
    const turn = newTurn(run)
    this.#turn = turn
    try {
      const words = promptWords(prompt)
      // It writes down what was said; the next one reads that.
      if (this.#process !== undefined) await this.#reap(this.#process)
      const threadId = this.#fold.threadId ?? this.context.agentSessionId ?? ''
      if (threadId === '' && how === 'go on') this.#fold.restart()
      let beginning = await this.#begin(turn, words, threadId)
      if (!beginning.taken && threadId !== '' && unknownThread.test(beginning.words) && !turn.stopped) {
        this.#fold.restart()
        beginning = await this.#begin(turn, words, '')
      }
      if (beginning.taken) return ok
      throw agentProblem('agent-exited', turn.stopped ? 'Stopped before it began' : beginning.words)
    } catch (error) {
      this.#overTurn(turn)
      return refusal(error)
    }
  }

  steer(): Promise<Reply> {
    return Promise.resolve(refusal('This version of Codex cannot be steered: it has no app-server. Update it: npm install -g @openai/codex', 'not-supported'))
  }

  async stop(run: string): Promise<Reply> {
    const turn = this.#turn
    if (turn === undefined || turn.run !== run) return ok
    turn.stopped = true
    if (this.#isAtWork) this.#process?.interrupt()
    const { clock, killAfterMs } = this.#options
    const ended = await within(clock, killAfterMs, turn.over)
    // It does not listen.
    if (!ended.timely) await this.#process?.kill()
    await turn.over
    return ok
  }

  respond(_answer: PermissionAnswer): Promise<Reply> {
    return Promise.resolve(refusal('This question is not open any more', 'permission-not-pending'))
  }

  /** Both are told to Codex with the next prompt. */
  configure({ mode, model, settings }: Change): Reply {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    const wanted = mode === undefined ? undefined : findMode(mode)
    if (mode !== undefined && wanted === undefined) {
      return refusal(`Codex has no mode "${mode}"; it has ${codexModes.map(({ id }) => id).join(', ')}`, 'invalid-argument')
    }
    if (settings !== undefined && Object.keys(settings).length > 0) return refusal('This version of Codex tells nothing of what can be set', 'invalid-argument')
    this.#mode = wanted ?? this.#mode
    this.#model = model ?? this.#model
    this.#options.emit({ type: 'session', sessionId: this.#sessionId, ...(wanted && { mode: wanted.id }), ...(model !== undefined && { model }) })
    return ok
  }

  async release(): Promise<Reply> {
    if (this.#turn !== undefined) return refusal('Codex is at work on this session', 'session-running')
    if (this.#process !== undefined) await this.#reap(this.#process)
    return ok
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#process?.kill()
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  /** Resolves with the first line of a process, or with its end where it ends without one. */
  async #begin(turn: Turn, words: string, threadId: string): Promise<Beginning> {
    const { clock, handshakeMs, programs } = this.#options
    const process = await startFor(programs.exec, this.#sessionId, this.context, (cwd) => this.#args(cwd, threadId))
    this.#process = process
    if (turn.stopped || this.#closed) {
      await process.kill()
      return { taken: false, words: 'Stopped before it began' }
    }
    this.#isAtWork = false
    this.#emit(this.#fold.beginRun(turn.run, this.#now))
    process.writeAll(words)
    const begun = await within(clock, handshakeMs, new Promise<Beginning>((begun) => void this.#read(turn, process, { begun })))
    if (begun.timely) return begun.value
    await process.kill()
    throw agentProblem('agent-protocol', `The agent "${this.context.provider}" was not ready within ${Math.round(handshakeMs / 1000)} s. Is its program Codex?`)
  }

  #args(cwd: string, threadId: string): string[] {
    const { systemPrompt = '', additionalDirectories = [], mcpServers = [] } = this.context
    const servers = namedServers(mcpServers, this.#options.mcpServers)
    return [
      'exec',
      '--json',
      // The app-server makes no such check either.
      '--skip-git-repo-check',
      '--cd',
      cwd,
      ...additionalDirectories.flatMap((folder) => ['--add-dir', folder]),
      ...(this.#model === undefined ? [] : ['--model', this.#model]),
      ...(this.#mode === undefined ? [] : ['--sandbox', this.#mode.sandbox]),
      // A string of JSON is one of TOML.
      ...(systemPrompt === '' ? [] : ['--config', `developer_instructions=${JSON.stringify(systemPrompt)}`]),
      ...servers.flatMap(([name, server]) => ['--config', `mcp_servers.${name}=${tomlValue(server)}`]),
      ...(threadId === '' ? [] : ['resume', threadId]),
      // The prompt comes on its input: arguments can be read by anybody on this machine.
      '-',
    ]
  }

  /** Never rejects: a run ends by an event. */
  async #read(turn: Turn, process: AgentProcess<object>, { begun }: Opening): Promise<void> {
    const { provider } = this.context
    const reader = process.stream.readable.getReader()
    let hasSpoken = false
    let problem: string | undefined
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        hasSpoken = true
        this.#take(turn, value)
        if (textField(value, 'type') === 'turn.started') this.#atWork(turn, process)
        begun({ taken: true })
      }
    } catch (error) {
      problem = `The agent "${provider}" sent ${errorText(error)}. It was ended.`
      await process.kill()
    }
    // Nothing more is to be read, and one that has closed its output is as good as gone.
    reader.cancel().catch(() => {})
    await this.#reap(process)
    const words = problem ?? `The agent "${provider}" ${(await process.ended).words}`
    if (this.#process === process) this.#process = undefined
    if (hasSpoken) this.#lose(turn, words)
    begun({ taken: false, words })
  }

  /** Codex heeds one interrupt, and loses it where it comes before this. */
  #atWork(turn: Turn, process: AgentProcess<object>): void {
    this.#isAtWork = true
    if (turn.stopped) process.interrupt()
  }

  #take(turn: Turn, line: object): void {
    const wasRunning = this.#fold.running
    this.#emit(this.#fold.received(line, this.#now))
    if (!this.#isTold && this.#fold.threadId !== undefined) {
      this.#isTold = true
      const modes = codexModes.map(({ id, label, description }) => ({ id, label, ...(description !== undefined && { description }) }))
      const session = { type: 'session' as const, sessionId: this.#sessionId, run: turn.run, modes, abilities }
      this.#options.emit({ ...session, ...(this.#mode && { mode: this.#mode.id }), ...(this.#model !== undefined && { model: this.#model }) })
    }
    if (wasRunning && !this.#fold.running) this.#overTurn(turn)
  }

  #lose(turn: Turn, words: string): void {
    if (!this.#fold.running || this.#turn !== turn) return
    const events = this.#fold.lost(turn.stopped ? { reason: 'stopped' } : { reason: 'error', error: words }, this.#now)
    // Whoever closes the transport is no longer told: its run was neither stopped nor did it fail.
    if (!this.#closed) this.#emit(events)
    this.#overTurn(turn)
  }

  /** Waits for a process that has nothing more to do, and ends it where it does not. */
  async #reap(process: AgentProcess<object>): Promise<void> {
    const { clock, killAfterMs } = this.#options
    const ended = await within(clock, killAfterMs, process.ended)
    if (!ended.timely) await process.kill()
  }

  #overTurn(turn: Turn): void {
    if (this.#turn === turn) this.#turn = undefined
    turn.finish()
  }

  #emit(events: readonly AgentSessionEvent[]): void {
    for (const event of events) this.#options.emit(event)
  }
}
