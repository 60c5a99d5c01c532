import {
  type AgentSessionEvent,
  type Clock,
  type ConfigureCommand,
  type PermissionAnswer,
  type Prompt,
  promptText,
  type Reply,
  type SessionContext,
  within,
} from '@agent-session/core'
import { agentProblem, type AgentStart, KeptAgent, newTurn, refusal, type Turn } from '@agent-session/core/transport'
import type { ConnectAgent } from './acp-link.ts'
import { AgentRequests, type AgentRequestsOptions } from './agent-requests.ts'
import { AcpFold } from './fold/acp-fold.ts'
import { formAnswer } from './fold/elicitation.ts'
import type { Selection } from './fold/session-settings.ts'
import { type AgentHost, LiveAgent, type Way } from './live-agent.ts'
import { promptBlocks } from './prompt-blocks.ts'

/** More questions at once than any person could answer: an agent that asks so many has lost its mind. */
const mostQuestions = 100

export interface AcpSessionOptions {
  readonly connect: ConnectAgent
  readonly clock: Clock
  readonly host: Omit<AgentHost, 'requests'> & AgentRequestsOptions
  readonly handshakeMs: number
  readonly killAfterMs: number
  readonly idleMs: number
  /** Has other sessions of ours let go of this session of the agent's. */
  makeWay(sessionId: string, agentSessionId: string | undefined): Promise<void>
  emit(event: AgentSessionEvent): void
}

/** Waits for its answer. */
interface Question {
  readonly answer: Promise<unknown>
  settle(response: unknown): void
  isAnswered: boolean
}

/** No answer to a question, and to one with a form. */
const cancelled = { outcome: { outcome: 'cancelled' } }
const formCancelled = { action: 'cancel' }
const ok: Reply = { ok: true }

/**
 * One session and the agent that serves it: a process of its own, so that an agent that dies, floods or hangs takes
 * no other session with it and stopping it hard is always possible. Between turns the agent waits, and after a while
 * it is let go of where it can come back.
 */
export class AcpSession {
  readonly context: SessionContext
  readonly #sessionId: string
  readonly #options: AcpSessionOptions
  readonly #fold: AcpFold
  readonly #requests: AgentRequests
  readonly #questions = new Map<string, Question>()
  readonly #kept: KeptAgent<LiveAgent>
  #turn: Turn | undefined
  #wanted: { readonly mode?: string; readonly model?: string } = {}
  #closed = false

  constructor(sessionId: string, context: SessionContext, options: AcpSessionOptions) {
    this.context = context
    this.#sessionId = sessionId
    this.#options = options
    this.#requests = new AgentRequests(options.host)
    this.#fold = new AcpFold(sessionId, this.#requests.methods)
    const { clock, handshakeMs, killAfterMs, idleMs } = options
    const late = `The agent "${context.provider}" was not ready within ${Math.round(handshakeMs / 1000)} s. Does its program speak the Agent Client Protocol on its standard input and output?`
    this.#kept = new KeptAgent({ clock, handshakeMs, killAfterMs, idleMs, lateWords: late })
    const { permissionMode: mode, model } = context
    this.#wanted = { ...(mode !== undefined && { mode }), ...(model !== undefined && model !== '' && { model }) }
  }

  /** Whether the agent is up and waits. */
  get idleAgent(): LiveAgent | undefined {
    return this.#turn === undefined ? this.#kept.current : undefined
  }

  /** The agent's id of the session, where one is known. */
  get agentSessionId(): string | undefined {
    return this.#fold.agentSessionId ?? this.context.agentSessionId
  }

  /** Lets go of an agent that waits, so that another process can go on with its session. */
  async release(): Promise<void> {
    if (this.#turn !== undefined || this.#kept.isOpening) return
    this.#kept.awake()
    await this.#kept.current?.kill(this.#fold.agentSessionId)
  }

  /** Sends a prompt. `import`: the session is one that the agent remembers and we do not, so it is told again. */
  async prompt(run: string, prompt: Prompt, how: 'begin' | 'import' | 'go on'): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    if (this.#turn !== undefined) return refusal('The agent is still busy with the prompt before', 'session-running')
    const turn = newTurn(run)
    this.#turn = turn
    this.#kept.awake()
    this.#emit(this.#fold.beginRun(run, promptText(prompt), this.#now))
    try {
      const agent = await this.#up(how === 'import' ? 'load' : 'resume')
      if (turn.stopped) throw agentProblem('agent-exited', 'Stopped before it began')
      const blocks = promptBlocks(prompt, this.context.provider, agent.abilities)
      await agent.prompt({ sessionId: this.#fold.agentSessionId ?? '', prompt: blocks })
      // Once it is sent the fold tells how it ends, whatever happens. An agent that was gone by then never got it.
      if (this.#turn === turn && !this.#fold.running) throw agentProblem('agent-exited', await agent.gone)
      return ok
    } catch (error) {
      // Where it has ended already another one may be under way.
      if (this.#turn === turn) this.#overTurn()
      return refusal(error)
    }
  }

  /** Puts a prompt into the turn that is under way. */
  async steer(run: string, prompt: Prompt): Promise<Reply> {
    const turn = this.#turn
    const agent = this.#kept.current
    if (turn === undefined || turn.run !== run || agent === undefined || !this.#fold.running) return refusal('The turn is over: send the prompt as one of its own', 'session-not-running')
    if (agent.abilities.steer !== true) return refusal(`The agent "${this.context.provider}" takes no prompt into a turn that is under way`, 'not-supported')
    try {
      const blocks = promptBlocks(prompt, this.context.provider, agent.abilities)
      this.#fold.steered(promptText(prompt))
      const taken = await agent.steer({ sessionId: this.#fold.agentSessionId ?? '', prompt: blocks })
      return taken ? ok : refusal('The turn has just ended: send the prompt as one of its own', 'session-not-running')
    } catch (error) {
      return refusal(error)
    }
  }

  async stop(run: string): Promise<Reply> {
    const turn = this.#turn
    if (turn === undefined || turn.run !== run) return ok
    turn.stopped = true
    const agent = this.#kept.current
    if (agent === undefined || this.#kept.isOpening) {
      // The agent is not ready yet: there is nothing to cancel, and nothing to lose.
      await this.#letGo('Stopped before it began')
      await turn.over
      return ok
    }
    // A prompt that is just being sent is sent before this.
    agent.cancel(this.#fold.agentSessionId ?? '')
    for (const id of this.#questions.keys()) this.#cancel(id)
    const { clock, killAfterMs } = this.#options
    const ended = await within(clock, killAfterMs, turn.over)
    // It does not listen. The next prompt begins with a new process.
    if (!ended.timely) await agent.kill()
    await turn.over
    return ok
  }

  async respond({ requestId, optionId, input, text }: PermissionAnswer): Promise<Reply> {
    if (this.#questions.get(requestId)?.isAnswered !== false) return refusal('This question is not open any more', 'permission-not-pending')
    const form = this.#fold.formOf(requestId)
    if (form !== undefined) {
      if (optionId !== undefined && !this.#fold.optionsOf(requestId).includes(optionId)) return refusal(`The question has no option "${optionId}"`, 'permission-option-unknown')
      const answer = formAnswer(form, optionId, input, text)
      if (answer === undefined) return refusal('The answer must have the fields of the form, each a text, a number, a yes or no, or a list of texts', 'invalid-argument')
      return this.#answer(requestId, answer)
    }
    if (input !== undefined) return refusal('The Agent Client Protocol cannot change the arguments that were asked for', 'not-supported')
    if (optionId === undefined) return this.#cancel(requestId)
    if (!this.#fold.optionsOf(requestId).includes(optionId)) return refusal(`The question has no option "${optionId}"`, 'permission-option-unknown')
    return this.#answer(requestId, { outcome: { outcome: 'selected', optionId } })
  }

  async configure(change: Omit<ConfigureCommand, 'sessionId'>): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    try {
      const agent = await this.#up('resume')
      for (const part of ['mode', 'model'] as const) {
        const value = change[part]
        if (value === undefined) continue
        const selection = this.#fold.settings[part]
        if (selection === undefined) return refusal(`The agent "${this.context.provider}" lets nobody choose its ${part}`, 'not-supported')
        const choice = choose(selection, value)
        if (choice === undefined) {
          return refusal(`The agent "${this.context.provider}" has no ${part} "${value}"; it has ${selection.choices.map(({ id }) => id).join(', ')}`, 'invalid-argument')
        }
        await agent.set(this.#fold.agentSessionId ?? '', part, selection, choice)
        this.#wanted = { ...this.#wanted, [part]: choice }
      }
      for (const [id, value] of Object.entries(change.settings ?? {})) {
        const problem = this.#settingProblem(id, value)
        if (problem !== undefined) return refusal(problem, 'invalid-argument')
        await agent.setOption(this.#fold.agentSessionId ?? '', id, value)
      }
      return ok
    } catch (error) {
      return refusal(error)
    } finally {
      this.#rest()
    }
  }

  #settingProblem(id: string, value: string | boolean): string | undefined {
    const { provider } = this.context
    const setting = this.#fold.options.find((option) => option.id === id)
    if (setting === undefined) return `The agent "${provider}" has no setting "${id}"; it has ${this.#fold.options.map((option) => option.id).join(', ') || 'none'}`
    const isChoice = typeof value === 'string' ? setting.choices.some((choice) => choice.id === value) : setting.choices.length === 0
    return isChoice ? undefined : `The setting "${id}" takes ${setting.choices.map((choice) => choice.id).join(', ') || 'yes or no'}`
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#kept.awake()
    await this.#letGo('The transport is closed')
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  /** The agent, started if it is not up. */
  #up(first: Way): Promise<LiveAgent> {
    return this.#kept.up(async (start) => this.#handshake(await this.#connect(start), first))
  }

  async #connect(start: AgentStart<LiveAgent>): Promise<LiveAgent> {
    const { provider, cwd, extraEnv, claudeConfigDir } = this.context
    const { clock, host, connect, makeWay } = this.#options
    await makeWay(this.#sessionId, this.agentSessionId)
    const link = await connect({
      provider,
      sessionId: this.#sessionId,
      ...(cwd !== undefined && cwd !== '' && { cwd }),
      env: { ...extraEnv, ...(claudeConfigDir !== undefined && claudeConfigDir !== '' && { CLAUDE_CONFIG_DIR: claudeConfigDir }) },
    })
    const agent: LiveAgent = new LiveAgent(provider, link, clock, { ...host, requests: this.#requests }, {
      sending: (message) => this.#emit(this.#fold.sent(message, this.#now)),
      received: (message) => this.#receive(message),
      ask: (rpcId, signal) => this.#ask(rpcId, signal),
      gone: (words) => this.#lose(agent, words),
    })
    await start.hold(agent)
    return agent
  }

  async #handshake(agent: LiveAgent, first: Way): Promise<LiveAgent> {
    await agent.initialize()
    await this.#openSession(agent, first)
    if (this.#fold.agentSessionId === undefined) {
      throw agentProblem('agent-protocol', `The agent "${this.context.provider}" opened a session without an id`)
    }
    for (const part of ['mode', 'model'] as const) {
      const selection = this.#fold.settings[part]
      const value = this.#wanted[part]
      // What the agent does not have is not asked of it; the session says what it has.
      const choice = selection === undefined || value === undefined ? undefined : choose(selection, value)
      if (selection === undefined || choice === undefined || choice === selection.current) continue
      await agent.set(this.#fold.agentSessionId, part, selection, choice)
    }
    return agent
  }

  /** Goes back into the session where the agent can; otherwise it is a new one that remembers nothing. */
  async #openSession(agent: LiveAgent, first: Way): Promise<void> {
    const known = this.#fold.agentSessionId ?? this.context.agentSessionId
    if (known !== undefined && known !== '') {
      const ways: readonly Way[] = first === 'load' ? ['load', 'resume'] : ['resume', 'load']
      for (const way of ways) {
        if (agent.can(way) && (await agent.reopen(way, known, this.context))) return
      }
      this.#fold.restart()
    }
    await agent.open(this.context)
  }

  #receive(message: unknown): void {
    const wasRunning = this.#fold.running
    const events = this.#fold.received(message, this.#now)
    // Before anybody hears of a question it can be answered: the SDK would ask only some microtasks later.
    for (const event of events) if (event.type === 'permission') this.#expect(event.request.id)
    this.#emit(events)
    if (wasRunning && !this.#fold.running) this.#overTurn()
  }

  #expect(id: string): void {
    if (this.#questions.has(id) || this.#questions.size >= mostQuestions) return
    let settle: Question['settle'] = () => {}
    const answer = new Promise<unknown>((resolve) => (settle = resolve))
    this.#questions.set(id, { answer, settle, isAnswered: false })
  }

  async #ask(rpcId: string | number | null, signal: AbortSignal): Promise<unknown> {
    const id = this.#fold.questionId(rpcId)
    const question = id === undefined ? undefined : this.#questions.get(id)
    // One that could not be shown is answered in both ways: each request reads its own.
    if (id === undefined || question === undefined) return { ...cancelled, ...formCancelled }
    signal.addEventListener('abort', () => this.#cancel(id), { once: true })
    const response = await question.answer
    this.#questions.delete(id)
    return response
  }

  #cancel(id: string): Reply {
    return this.#answer(id, this.#fold.formOf(id) === undefined ? cancelled : formCancelled)
  }

  #answer(id: string, response: unknown): Reply {
    const question = this.#questions.get(id)
    if (question !== undefined) question.isAnswered = true
    question?.settle(response)
    return ok
  }

  #overTurn(): void {
    const turn = this.#turn
    this.#turn = undefined
    for (const id of this.#questions.keys()) this.#cancel(id)
    this.#questions.clear()
    this.#rest()
    turn?.finish()
  }

  /** An agent that can come back need not wait for ever. */
  #rest(): void {
    const agent = this.#kept.current
    if (this.#turn === undefined && (agent?.can('resume') === true || agent?.can('load') === true)) this.#kept.rest()
  }

  #lose(agent: LiveAgent, words: string): void {
    if (!this.#kept.lose(agent)) return
    const wasRunning = this.#fold.running
    const events = this.#fold.lost(this.#turn?.stopped === true ? { reason: 'stopped' } : { reason: 'error', error: words }, this.#now)
    // Whoever closes the transport is no longer told: its run was neither stopped nor did it fail.
    if (!this.#closed) this.#emit(events)
    // Before the prompt was sent the refusal of the start tells it.
    if (wasRunning) this.#overTurn()
  }

  /** Ends the agent and all that runs for it. */
  async #letGo(why: string): Promise<void> {
    await this.#kept.callOff(why)
    await Promise.all([this.#kept.current?.kill(this.#fold.agentSessionId), this.#requests.close()])
  }

  #emit(events: readonly AgentSessionEvent[]): void {
    for (const event of events) this.#options.emit(event)
  }
}

/** A choice by its id, else by its label as people write it. */
function choose({ choices }: Selection, value: string): string | undefined {
  const byId = choices.find(({ id }) => id === value)
  return (byId ?? choices.find(({ label }) => label.toLowerCase() === value.toLowerCase()))?.id
}
