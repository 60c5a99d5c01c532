import type { AgentSessionEvent, AgentSetting, PermissionQuestion } from '@agent-session/core'
import { amountField, type EventBody, field, fieldsOf, textField } from '@agent-session/core/transport'
import { OwnIds } from './own-ids.ts'
import { readAuthStatus } from './agent-introduction.ts'
import { ChildSessions } from './child-sessions.ts'
import { CodexFailure } from './codex-failure.ts'
import { contentText } from './content-text.ts'
import { type Elicitation, readElicitation } from './elicitation.ts'
import { CostMeter } from './cost-meter.ts'
import { openCodePlan } from './opencode-plan.ts'
import { OpenQuestions, type RpcId, type Settled } from './open-questions.ts'
import { readOptions } from './permission-options.ts'
import { PlanBook } from './plan-book.ts'
import { Replay } from './replay.ts'
import { isAuthRequired, rpcErrorText } from './rpc-error.ts'
import { isMalformedPart, isNewsOfSession } from './kinds-of-update.ts'
import { SessionFacts } from './session-facts.ts'
import { readCommands, type SessionSettings } from './session-settings.ts'
import type { StreamKind } from './text-streams.ts'
import { type Told, Transcript } from './transcript.ts'

interface Request {
  readonly method: string
  readonly params: unknown
}

/** How a run ended that the agent did not end itself. */
export interface Loss {
  /** `stopped`: on purpose; otherwise what happened, for people. */
  readonly reason: 'stopped' | 'error'
  readonly error?: string
}

const openers = new Set(['session/new', 'session/load', 'session/resume', 'session/fork'])

/**
 * The messages of one ACP session, in both directions and in their order, folded into our events. It reads no clock,
 * waits for nothing and throws nothing: the same messages give the same events. What it does not know becomes an
 * `unknown` message, which the store reports. One fold lives as long as its session, over all the connections of it.
 */
export class AcpFold {
  readonly #sessionId: string
  readonly #live: Transcript
  readonly #cost = new CostMeter()
  readonly #codex = new CodexFailure()
  readonly #plans = new PlanBook()
  readonly #ids = new OwnIds()
  readonly #children = new ChildSessions(this.#ids)
  readonly #requests = new Map<RpcId, Request>()
  readonly #questions = new OpenQuestions()
  readonly #facts = new SessionFacts()
  /** What the agent has asked the host to do and the host has not answered. */
  readonly #serving = new Map<RpcId, Request>()
  readonly #served: ReadonlySet<string>
  #events: AgentSessionEvent[] = []
  #now = 0
  #run: string | undefined
  #prompt = ''
  #running = false
  #stopping = false
  #restarted = false
  #strange = 0
  /** Whether the agent has taken up the prompt: only then can its rest be the end of it. */
  #isAtWork = false
  #agentSessionId: string | undefined
  #replay: Replay | undefined

  /** `served`: the methods that the host answers for the agent; any other request is reported. */
  constructor(sessionId: string, served: ReadonlySet<string> = new Set()) {
    this.#sessionId = sessionId
    this.#served = served
    this.#live = new Transcript(sessionId, this.#ids)
  }

  /** The agent's id of the session, once one is open. */
  get agentSessionId(): string | undefined {
    return this.#agentSessionId
  }

  /** What can be set, and how. */
  get settings(): SessionSettings {
    return this.#facts.settings
  }

  /** What can be set beside mode and model. */
  get options(): readonly AgentSetting[] {
    return this.#facts.options
  }

  /** Whether a prompt waits for its answer. */
  get running(): boolean {
    return this.#running
  }

  /** The id under which the agent's question with this JSON-RPC id was told; `undefined` when it was not. */
  questionId(rpcId: RpcId): string | undefined {
    return this.#questions.get(rpcId)?.question.id
  }

  /** The optionIds that were offered. */
  optionsOf(questionId: string): readonly string[] {
    return this.#questions.find(questionId)?.question.options.map(({ id }) => id) ?? []
  }

  /** The form that a question asks to be filled in, where it is one. */
  formOf(questionId: string): Elicitation | undefined {
    return this.#questions.find(questionId)?.form
  }

  /** A turn begins. Whatever the agent needs to be ready for it comes next, then its prompt. */
  beginRun(run: string, prompt: string, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#closeTexts(false)
      this.#live.enterTurn(run, run)
      this.#children.enterTurn(run, run)
      this.#isAtWork = false
      this.#run = run
      this.#prompt = prompt
      this.#running = false
      this.#stopping = false
      this.#questions.enterTurn()
      this.#cost.beginRun()
      this.#codex.reset()
    })
  }

  /** More words of the person, into the turn that is under way: told back they are theirs. */
  steered(words: string): void {
    this.#prompt = `${this.#prompt}\n${words}`
  }

  /** The session that is opened next is a new one, in the place of one that the agent no longer knows. */
  restart(): void {
    this.#restarted = true
  }

  /** A message to the agent. */
  sent(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      const method = textField(message, 'method')
      const id = rpcIdOf(message)
      if (method === undefined) {
        if (id !== undefined) this.#answered(id, message)
      } else if (id !== undefined) {
        this.#requests.set(id, { method, params: field(message, 'params') })
        // What is said before a session is open was said before. Only a load promises that; some fork the same way.
        if (method === 'session/prompt') this.#running = true
        if (openers.has(method)) this.#replay = new Replay(textField(field(message, 'params'), 'sessionId') ?? this.#sessionId)
      } else if (method === 'session/cancel') {
        this.#stopping = true
      }
    })
  }

  /** A message from the agent. */
  received(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      const method = textField(message, 'method')
      const id = rpcIdOf(message)
      if (method === undefined) {
        const request = id === undefined ? undefined : this.#requests.get(id)
        if (id === undefined || request === undefined) return this.#unknown(message)
        this.#requests.delete(id)
        return this.#response(request, message)
      }
      const params = field(message, 'params')
      if (id !== undefined) return this.#requested(id, method, params, message)
      if (method === 'session/update') return this.#update(params)
      const status = readAuthStatus(method, params)
      if (status !== undefined) return this.#emit(this.#facts.loginIs(status))
      // Extensions, and the protocol's own housekeeping, are nobody else's business.
      if (!method.startsWith('_') && !method.startsWith('$/')) this.#unknown(message)
    })
  }

  /** The connection is gone. A run that was under way ends by it. */
  lost(loss: Loss, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#replay = undefined
      this.#requests.clear()
      this.#serving.clear()
      this.#settle(this.#questions.endAll(loss.reason === 'stopped' ? 'cancelled' : 'expired'))
      if (!this.#running) return
      this.#running = false
      this.#closeTexts(true)
      this.#emit([
        loss.reason === 'stopped'
          ? { type: 'status', status: 'done', reason: 'stopped' }
          : { type: 'status', status: 'error', error: loss.error ?? 'The connection to the agent was lost' },
      ])
    })
  }

  #collect(now: number, work: () => void): readonly AgentSessionEvent[] {
    this.#now = now
    this.#events = []
    work()
    return this.#events
  }

  #emit(bodies: readonly EventBody[], run = this.#run): void {
    for (const body of bodies) {
      if (this.#replay !== undefined && (body.type === 'message' || body.type === 'delta' || body.type === 'message-end')) {
        this.#replay.add(body, this.#now)
      } else {
        this.#events.push({ ...body, sessionId: this.#sessionId, ...(run !== undefined && { run }) })
      }
    }
  }

  #tell({ bodies, run }: Told): void {
    this.#emit(bodies, run)
  }

  /** Where what is said now belongs. */
  get #transcript(): Transcript {
    return this.#replay?.transcript ?? this.#live
  }

  #unknown(content: unknown): void {
    const message = { id: `${this.#live.scope}/unknown-${(this.#strange += 1)}`, type: 'unknown' as const, content, timestamp: this.#now }
    this.#events.push({
      type: 'message',
      messages: [message],
      sessionId: this.#sessionId,
      ...(this.#run !== undefined && { run: this.#run }),
    })
  }

  #response({ method, params }: Request, message: unknown): void {
    const error = field(message, 'error')
    const result = field(message, 'result')
    if (method === 'initialize') this.#emit(this.#facts.introduced(result))
    else if (method === 'session/prompt') this.#promptAnswered(result, error)
    else if (openers.has(method)) this.#opened(method, params, result, error)
    else if (error !== undefined) return
    else if (method === 'session/set_mode') this.#emit(this.#facts.modeIs(textField(params, 'modeId')))
    else if (method === 'session/set_model') this.#emit(this.#facts.modelIs(textField(params, 'modelId')))
    else if (method === 'session/set_config_option') this.#emit(this.#facts.optionIs(params, result))
  }

  #opened(method: string, params: unknown, result: unknown, error: unknown): void {
    const replay = this.#replay
    this.#replay = undefined
    if (error !== undefined) return isAuthRequired(error) ? this.#emit(this.#facts.loginIs({ state: 'required' })) : undefined
    const agentSessionId = textField(result, 'sessionId') ?? (method === 'session/fork' ? undefined : textField(params, 'sessionId'))
    if (agentSessionId === undefined) return this.#unknown(result)
    this.#agentSessionId = agentSessionId
    const restarted = this.#restarted && method === 'session/new'
    if (restarted) this.#cost.restart()
    this.#restarted = false
    this.#emit([{ type: 'session', agentSessionId, ...(restarted && { restarted }) }])
    this.#emit(this.#facts.opened(result))
    const complete = method === 'session/load' || method === 'session/fork' || field(params, 'replayFrom') !== undefined
    if (replay === undefined || (replay.messages.length === 0 && !complete)) return
    this.#live.adopt(replay.transcript)
    this.#emit([{ type: 'history', messages: replay.messages, complete }])
  }

  #promptAnswered(result: unknown, error: unknown): void {
    // From the second version on a turn ends by the agent's state, not by the answer to its prompt.
    const isAccepted = this.#facts.agent.version > 1 && error === undefined && textField(result, 'stopReason') === undefined
    if (!isAccepted) this.#ended(result, error)
  }

  /** `state_update`: an agent that rests after it was at work has come to the end of its turn. */
  #stateIs(update: unknown): void {
    const state = textField(update, 'state')
    if (state === 'running' || state === 'requires_action') this.#isAtWork = this.#running
    else if (state === 'idle' && this.#isAtWork && this.#running) {
      this.#isAtWork = false
      const isError = textField(update, 'stopReason') === 'error'
      this.#ended(update, isError ? (field(update, 'error') ?? { message: 'The agent ended in an error' }) : undefined)
    }
  }

  /** How a turn ended, as the answer to its prompt or the agent's state tell it. */
  #ended(result: unknown, error: unknown): void {
    if (!this.#running) return
    if (error !== undefined) {
      if (isAuthRequired(error)) this.#emit(this.#facts.loginIs({ state: 'required' }))
      return this.#failed(error)
    }
    const told = textField(result, 'stopReason')
    // An agent may answer a cancel as if it had come to its end (OpenCode does).
    const stopped = told === 'cancelled' || this.#stopping
    const failure = this.#codex.words
    this.#endTurn(stopped || failure !== undefined)
    this.#emit(this.#cost.turnUsage(field(result, 'usage')))
    if (told === undefined) this.#unknown(result)
    this.#running = false
    if (stopped) this.#emit([{ type: 'status', status: 'done', reason: 'stopped' }])
    else if (failure !== undefined) this.#emit([{ type: 'status', status: 'error', error: failure }])
    else this.#emit([{ type: 'status', status: 'done', reason: told === undefined || told === 'end_turn' ? 'completed' : told }])
  }

  #failed(error: unknown): void {
    let text = rpcErrorText(error)
    const { saying } = this.#live
    this.#endTurn(true)
    const words = saying?.text?.trim() ?? ''
    // Some agents say the error's words as an answer before they give the error itself.
    if (saying !== undefined && words !== '' && (isAbout(text, words) || this.#isClaudesOwn(saying.agentId))) {
      this.#emit([{ type: 'retract', ids: [saying.id] }])
      if (!text.includes(words)) text = `${text}: ${words}`
    }
    this.#running = false
    this.#emit([
      this.#stopping ? { type: 'status', status: 'done', reason: 'stopped' } : { type: 'status', status: 'error', error: text },
    ])
  }

  /** claude-agent-acp: what the model says has the model's ids (`msg_…`), what the program says by itself has others. */
  #isClaudesOwn(agentId: string | undefined): boolean {
    return this.#facts.agent.name.endsWith('/claude-agent-acp') && agentId !== undefined && !agentId.startsWith('msg_')
  }

  #endTurn(cut: boolean): void {
    this.#closeTexts(cut)
    this.#settle(this.#questions.endAll('cancelled'))
  }

  #closeTexts(cut: boolean): void {
    this.#tell(this.#live.closeTexts(cut))
    for (const told of this.#children.closeTexts(cut)) this.#tell(told)
  }

  #update(params: unknown): void {
    const about = textField(params, 'sessionId')
    const update = field(params, 'update')
    const lane = this.#children.transcript(about)
    // Other people's sessions are not this one's. Before its id is known, all is.
    const isOurs = lane === undefined && (this.#agentSessionId === undefined || this.#replay !== undefined || about === this.#agentSessionId)
    const isTold = isOurs ? this.#takeSaid(update, this.#transcript, about) || this.#takeNews(update) : lane !== undefined && this.#takeSaid(update, lane, about)
    // Of a sub-agent's own session what it says is told, and not how that session is set.
    if (!isTold && !(lane !== undefined && isNewsOfSession(update))) this.#unknown(isOurs && isMalformedPart(update) ? update : params)
  }

  /** What is said and done, in the conversation or in a sub-agent's. False where it is something else. */
  #takeSaid(update: unknown, transcript: Transcript, sessionId: string | undefined): boolean {
    switch (field(update, 'sessionUpdate')) {
      case 'agent_message_chunk':
        return this.#chunk('text', update, transcript)
      case 'agent_thought_chunk':
        return this.#chunk('thinking', update, transcript)
      case 'agent_message':
        return this.#told(transcript.message('text', update, this.#now))
      case 'agent_thought':
        return this.#told(transcript.message('thinking', update, this.#now))
      case 'tool_call':
      case 'tool_call_update':
        return this.#toolCall(update, transcript)
      case 'tool_call_content_chunk':
        return this.#told(transcript.toolChunk(update, this.#now))
      case 'terminal_update':
      case 'terminal_output_chunk':
        return this.#told(transcript.terminal(update, this.#now))
      case 'subagent_update':
        // It begins as a call does: what is being said ends before it.
        if (this.#children.transcript(textField(update, 'sessionId')) === undefined) this.#tell(transcript.pause())
        return this.#told(this.#children.take(update, sessionId, this.#transcript.scope, this.#run, this.#now))
      case 'session_message':
        // What agents say to each other is theirs; what one reports is its result.
        this.#told(this.#children.report(update, this.#now))
        return true
      case 'session_message_chunk':
        this.#silent('status', update)
        return true
      default:
        return false
    }
  }

  /** News of the session itself. False where it is something else. */
  #takeNews(update: unknown): boolean {
    switch (field(update, 'sessionUpdate')) {
      case 'user_message_chunk':
        return this.#userWords(contentText(field(update, 'content')), update)
      case 'user_message':
        return this.#userMessage(update)
      case 'state_update':
        this.#stateIs(update)
        return true
      case 'plan':
        return this.#planIs(this.#plans.takePlan(update))
      case 'plan_update':
        return this.#planIs(this.#plans.takeUpdate(update))
      case 'plan_removed':
        return this.#planIs(this.#plans.remove(update))
      case 'usage_update':
        if (amountField(update, 'used') === undefined) return false
        this.#emit(this.#cost.usageUpdate(update))
        return true
      case 'available_commands_update':
        this.#emit([{ type: 'session', commands: readCommands(update) }])
        return true
      case 'current_mode_update':
        this.#emit(this.#facts.modeIs(textField(update, 'currentModeId')))
        return true
      case 'config_option_update':
        this.#emit(this.#facts.note(update))
        return true
      case 'session_info_update': {
        this.#codex.note(update)
        const title = textField(update, 'title')
        if (title !== undefined) this.#emit([{ type: 'session', title }])
        return true
      }
      case 'notice':
        this.#silent('status', update)
        return true
      case 'compaction_update':
      case 'compaction_summary_chunk':
        this.#silent('compaction', update)
        return true
      default:
        return false
    }
  }

  #told(told: Told | undefined): boolean {
    if (told !== undefined) this.#tell(told)
    return told !== undefined
  }

  #chunk(kind: StreamKind, update: unknown, transcript: Transcript): boolean {
    const isError = kind === 'text' && this.#codex.takes(textField(update, 'messageId'), contentText(field(update, 'content')) ?? '')
    return isError || this.#told(transcript.chunk(kind, update, this.#now))
  }

  #toolCall(update: unknown, transcript: Transcript): boolean {
    const { name } = this.#facts.agent
    const isTold = this.#told(transcript.toolCall(update, name, this.#now))
    const plan = transcript === this.#live ? openCodePlan(name, update) : undefined
    if (plan !== undefined && this.#plans.takePlan(plan)) this.#emit([{ type: 'plan', entries: this.#plans.entries }])
    return isTold
  }

  #planIs(isPlan: boolean): boolean {
    if (!isPlan) return false
    this.#tell(this.#transcript.pause())
    this.#emit([{ type: 'plan', entries: this.#plans.entries }])
    return true
  }

  #userMessage(update: unknown): boolean {
    const blocks = field(update, 'content')
    if (!Array.isArray(blocks)) return blocks === undefined || blocks === null
    return blocks.every((content: unknown) => this.#userWords(contentText(content), { ...fieldsOf(update), content }))
  }

  #userWords(words: string | undefined, update: unknown): boolean {
    if (this.#replay !== undefined) this.#replay.addPrompt(update, this.#now)
    // The prompt told back is there already. Anything else nobody typed, so it is not shown as if somebody had.
    else if (!this.#prompt.includes(words?.trim() ?? '')) return false
    return true
  }

  /** A request of the agent. */
  #requested(id: RpcId, method: string, params: unknown, message: unknown): void {
    const told = this.#questions.get(id)
    if (told !== undefined) return this.#emit([{ type: 'permission', request: told.question }], told.run)
    if (method === 'session/request_permission' && this.#askPermission(id, params)) return
    if (method === 'elicitation/create' && this.#askForm(id, params)) return
    if (this.#served.has(method)) this.#serving.set(id, { method, params })
    else this.#unknown(method === 'session/request_permission' ? params : message)
  }

  #askPermission(rpcId: RpcId, params: unknown): boolean {
    // The second version has the call in a subject of its own, and the title beside it.
    const toolCall = field(params, 'toolCall') ?? field(field(params, 'subject'), 'toolCall')
    const options = readOptions(params)
    const transcript = this.#children.transcript(textField(params, 'sessionId')) ?? this.#live
    if (!this.#running || options.length === 0) return false
    const asked = transcript.askedCall(toolCall, this.#now)
    const title = textField(params, 'title') || textField(toolCall, 'title') || undefined
    if (asked === undefined) {
      // A question about no call can only be asked in its own words.
      if (title === undefined || toolCall !== undefined) return false
      const command = textField(field(params, 'subject'), 'command')
      this.#open(rpcId, { title, options, ...(command !== undefined && { input: { command } }) })
      return true
    }
    this.#tell(asked)
    const { call } = asked
    const input = field(toolCall, 'rawInput') ?? call.input
    const parent = call.parentId === undefined ? {} : { parentId: call.parentId }
    this.#open(rpcId, { title: title ?? call.title, toolCallId: call.id, ...parent, ...(input !== undefined && { input }), options })
    return true
  }

  #askForm(rpcId: RpcId, params: unknown): boolean {
    const form = this.#running ? readElicitation(params) : undefined
    if (form === undefined) return false
    const transcript = this.#children.transcript(textField(params, 'sessionId')) ?? this.#live
    this.#tell(transcript.pause())
    const toolCallId = transcript.callId(textField(params, 'toolCallId'))
    const { title, input, options } = form
    this.#open(rpcId, { title, input, options, ...(toolCallId !== undefined && { toolCallId }) }, form)
    return true
  }

  #open(rpcId: RpcId, asked: Omit<PermissionQuestion, 'id'>, form?: Elicitation): void {
    this.#emit([{ type: 'permission', request: this.#questions.open(rpcId, this.#live.scope, this.#run, asked, form) }])
  }

  /** Our answer to a question of the agent. */
  #answered(rpcId: RpcId, message: unknown): void {
    const served = this.#serving.get(rpcId)
    if (served !== undefined) return this.#servedBy(rpcId, served, field(message, 'result'))
    const settled = this.#questions.answered(rpcId, message)
    if (settled !== undefined) this.#settle([settled])
  }

  #settle(all: readonly Settled[]): void {
    for (const { body, run } of all) this.#emit([body], run)
  }

  /** What the host did for the agent: only what a command of it printed is shown. */
  #servedBy(rpcId: RpcId, { method, params }: Request, result: unknown): void {
    this.#serving.delete(rpcId)
    const terminalId = textField(params, 'terminalId')
    const output = textField(result, 'output')
    if (method === 'terminal/output' && terminalId !== undefined && output !== undefined) this.#told(this.#live.terminalOutput(terminalId, output, this.#now))
  }

  /** Kept by a recorder, shown to nobody, no reason to warn. */
  #silent(type: 'status' | 'compaction', content: unknown): void {
    this.#emit([{ type: 'message', messages: [{ id: `${this.#transcript.scope}/${type}-${(this.#strange += 1)}`, type, content, timestamp: this.#now }] }])
  }
}

/** Whether the words that an agent said are those of its error, and not an answer that happens to be in it. */
const isAbout = (error: string, words: string): boolean => words.length >= 12 && error.includes(words)

function rpcIdOf(message: unknown): RpcId | undefined {
  if (fieldsOf(message) === undefined) return undefined
  const id = field(message, 'id')
  return typeof id === 'string' || typeof id === 'number' || id === null ? id : undefined
}
