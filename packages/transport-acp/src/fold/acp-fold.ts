import type { AgentSessionEvent, PermissionQuestion } from '@agent-session/core'
import { CodexFailure } from './codex-failure.ts'
import { contentText } from './content-text.ts'
import { CostMeter } from './cost-meter.ts'
import type { EventBody } from './event-body.ts'
import { readOptions } from './permission-options.ts'
import { readPlan } from './plan-entries.ts'
import { Replay } from './replay.ts'
import { rpcErrorText } from './rpc-error.ts'
import { readCommands, readModeOption, readSettings, type SessionSettings } from './session-settings.ts'
import type { StreamKind } from './text-streams.ts'
import { type Told, Transcript } from './transcript.ts'
import { amountField, field, fieldsOf, textField } from './unknown-data.ts'

type RpcId = string | number | null

interface Request {
  readonly method: string
  readonly params: unknown
}

interface OpenQuestion {
  readonly question: PermissionQuestion
  readonly run: string | undefined
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
  readonly #requests = new Map<RpcId, Request>()
  readonly #questions = new Map<RpcId, OpenQuestion>()
  #events: AgentSessionEvent[] = []
  #now = 0
  #run: string | undefined
  #prompt = ''
  #running = false
  #stopping = false
  #restarted = false
  #asked = 0
  #strange = 0
  #agentName = ''
  #agentSessionId: string | undefined
  #settings: SessionSettings = {}
  #replay: Replay | undefined

  constructor(sessionId: string) {
    this.#sessionId = sessionId
    this.#live = new Transcript(sessionId)
  }

  /** The agent's id of the session, once one is open. */
  get agentSessionId(): string | undefined {
    return this.#agentSessionId
  }

  /** What can be set, and how. */
  get settings(): SessionSettings {
    return this.#settings
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
    for (const { question } of this.#questions.values()) {
      if (question.id === questionId) return question.options.map(({ id }) => id)
    }
    return []
  }

  /** A turn begins. Whatever the agent needs to be ready for it comes next, then its prompt. */
  beginRun(run: string, prompt: string, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#tell(this.#live.closeTexts(false))
      this.#live.enterTurn(run, run)
      this.#run = run
      this.#prompt = prompt
      this.#running = false
      this.#stopping = false
      this.#asked = 0
      this.#cost.beginRun()
      this.#codex.reset()
    })
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
      if (id !== undefined) return method === 'session/request_permission' ? this.#ask(id, params) : this.#unknown(message)
      if (method === 'session/update') return this.#update(params)
      // Extensions, and the protocol's own housekeeping, are nobody else's business.
      if (!method.startsWith('_') && !method.startsWith('$/')) this.#unknown(message)
    })
  }

  /** The connection is gone. A run that was under way ends by it. */
  lost(loss: Loss, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#replay = undefined
      this.#requests.clear()
      for (const [id, { question, run }] of this.#questions) {
        this.#questions.delete(id)
        this.#emit([{ type: 'permission-settled', requestId: question.id, outcome: loss.reason === 'stopped' ? 'cancelled' : 'expired' }], run)
      }
      if (!this.#running) return
      this.#running = false
      this.#tell(this.#live.closeTexts(true))
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
    if (method === 'initialize') this.#agentName = textField(field(result, 'agentInfo'), 'name') ?? ''
    else if (method === 'session/prompt') this.#ended(result, error)
    else if (openers.has(method)) this.#opened(method, params, result, error)
    else if (error !== undefined) return
    else if (method === 'session/set_mode') this.#modeIs(textField(params, 'modeId'))
    else if (method === 'session/set_model') this.#modelIs(textField(params, 'modelId'))
    else if (method === 'session/set_config_option') this.#optionIs(params, result)
  }

  #opened(method: string, params: unknown, result: unknown, error: unknown): void {
    const replay = this.#replay
    this.#replay = undefined
    if (error !== undefined) return
    const agentSessionId = textField(result, 'sessionId') ?? (method === 'session/fork' ? undefined : textField(params, 'sessionId'))
    if (agentSessionId === undefined) return this.#unknown(result)
    this.#agentSessionId = agentSessionId
    const restarted = this.#restarted && method === 'session/new'
    if (restarted) this.#cost.restart()
    this.#restarted = false
    this.#emit([{ type: 'session', agentSessionId, ...(restarted && { restarted }) }])
    this.#noteSettings(result)
    const complete = method === 'session/load' || method === 'session/fork'
    if (replay === undefined || (replay.messages.length === 0 && !complete)) return
    this.#live.adopt(replay.transcript)
    this.#emit([{ type: 'history', messages: replay.messages, complete }])
  }

  /** The answer to the prompt. */
  #ended(result: unknown, error: unknown): void {
    if (!this.#running) return
    if (error !== undefined) return this.#failed(error)
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
    return this.#agentName.endsWith('/claude-agent-acp') && agentId !== undefined && !agentId.startsWith('msg_')
  }

  #endTurn(cut: boolean): void {
    this.#tell(this.#live.closeTexts(cut))
    for (const [id, { question, run }] of this.#questions) {
      this.#questions.delete(id)
      this.#emit([{ type: 'permission-settled', requestId: question.id, outcome: 'cancelled' }], run)
    }
  }

  #update(params: unknown): void {
    const about = textField(params, 'sessionId')
    // Sub-sessions and other people's sessions are not this one's. Before its id is known, all is.
    if (this.#agentSessionId !== undefined && this.#replay === undefined && about !== this.#agentSessionId) return this.#unknown(params)
    const update = field(params, 'update')
    switch (field(update, 'sessionUpdate')) {
      case 'agent_message_chunk':
        return this.#chunk('text', update)
      case 'agent_thought_chunk':
        return this.#chunk('thinking', update)
      case 'user_message_chunk':
        return this.#userChunk(update)
      case 'tool_call':
      case 'tool_call_update':
        return this.#toolCall(update)
      case 'plan':
        if (!Array.isArray(field(update, 'entries'))) break
        this.#tell(this.#transcript.pause())
        return this.#emit([{ type: 'plan', entries: readPlan(update) }])
      case 'usage_update':
        if (amountField(update, 'used') === undefined) break
        return this.#emit(this.#cost.usageUpdate(update))
      case 'available_commands_update':
        return this.#emit([{ type: 'session', commands: readCommands(update) }])
      case 'current_mode_update':
        return this.#modeIs(textField(update, 'currentModeId'))
      case 'config_option_update':
        return this.#noteSettings(update)
      case 'session_info_update': {
        this.#codex.note(update)
        const title = textField(update, 'title')
        return title === undefined ? undefined : this.#emit([{ type: 'session', title }])
      }
      case 'notice':
        return this.#silent('status', update)
      case 'compaction_update':
      case 'compaction_summary_chunk':
        return this.#silent('compaction', update)
      default:
        break
    }
    this.#unknown(params)
  }

  #chunk(kind: StreamKind, update: unknown): void {
    const isError = kind === 'text' && this.#codex.takes(textField(update, 'messageId'), contentText(field(update, 'content')) ?? '')
    if (isError) return
    const told = this.#transcript.chunk(kind, update)
    if (told === undefined) this.#unknown(update)
    else this.#tell(told)
  }

  #userChunk(update: unknown): void {
    if (this.#replay !== undefined) return this.#replay.addPrompt(update, this.#now)
    // The prompt told back is there already. Anything else nobody typed, so it is not shown as if somebody had.
    if (!this.#prompt.includes(contentText(field(update, 'content'))?.trim() ?? '')) this.#unknown(update)
  }

  #toolCall(update: unknown): void {
    const told = this.#transcript.toolCall(update, this.#agentName, this.#now)
    if (told === undefined) this.#unknown(update)
    else this.#tell(told)
  }

  #ask(rpcId: RpcId, params: unknown): void {
    const toolCall = field(params, 'toolCall')
    const options = readOptions(params)
    const told = this.#questions.get(rpcId)
    if (told !== undefined) return this.#emit([{ type: 'permission', request: told.question }], told.run)
    const asked = this.#running && options.length > 0 ? this.#live.askedCall(toolCall, this.#now) : undefined
    if (asked === undefined) return this.#unknown(params)
    this.#tell(asked)
    const { call } = asked
    const input = field(toolCall, 'rawInput') ?? call.input
    const question: PermissionQuestion = {
      id: `${this.#live.scope}/permission-${(this.#asked += 1)}`,
      title: textField(toolCall, 'title') ?? call.title,
      toolCallId: call.id,
      ...(call.parentId !== undefined && { parentId: call.parentId }),
      ...(input !== undefined && { input }),
      options,
    }
    this.#questions.set(rpcId, { question, run: this.#run })
    this.#emit([{ type: 'permission', request: question }])
  }

  /** Our answer to a question of the agent. */
  #answered(rpcId: RpcId, message: unknown): void {
    const asked = this.#questions.get(rpcId)
    if (asked === undefined) return
    this.#questions.delete(rpcId)
    const outcome = field(field(message, 'result'), 'outcome')
    const optionId = textField(outcome, 'outcome') === 'selected' ? textField(outcome, 'optionId') : undefined
    const requestId = asked.question.id
    this.#emit(
      [
        optionId === undefined
          ? { type: 'permission-settled', requestId, outcome: 'cancelled' }
          : { type: 'permission-settled', requestId, outcome: 'selected', optionId },
      ],
      asked.run,
    )
  }

  #modeIs(current: string | undefined): void {
    if (current === undefined) return
    const { mode } = this.#settings
    this.#settings = { ...this.#settings, mode: { choices: [], ...mode, current } }
    this.#emit([{ type: 'session', mode: current }])
  }

  #modelIs(current: string | undefined): void {
    if (current === undefined) return
    const { model } = this.#settings
    this.#settings = { ...this.#settings, model: { choices: [], ...model, current } }
    this.#emit([{ type: 'session', model: current }])
  }

  /** The answer has all options as they are now; one that leaves them out has set what was asked. */
  #optionIs(params: unknown, result: unknown): void {
    const { mode, model } = readSettings(result)
    this.#noteSettings(result)
    const configId = textField(params, 'configId')
    if (configId === undefined) return
    if (mode === undefined && configId === this.#settings.mode?.configId) this.#modeIs(textField(params, 'value'))
    if (model === undefined && configId === this.#settings.model?.configId) this.#modelIs(textField(params, 'value'))
  }

  #noteSettings(source: unknown): void {
    const { mode, model } = readSettings(source)
    const modeNow = this.#settings.mode !== undefined && this.#settings.mode.configId === undefined ? readModeOption(source) : undefined
    if (field(source, 'modes') == null && modeNow !== undefined) this.#modeIs(modeNow)
    else if (mode !== undefined) {
      this.#settings = { ...this.#settings, mode }
      this.#emit([{ type: 'session', modes: mode.choices, ...(mode.current !== undefined && { mode: mode.current }) }])
    }
    if (model === undefined) return
    this.#settings = { ...this.#settings, model }
    // "default" names no model: which one it is comes with the usage.
    const named = model.current !== undefined && model.current !== 'default' ? { model: model.current } : {}
    this.#emit([{ type: 'session', models: model.choices, ...named }])
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
