import type { AgentSessionEvent, AgentSetting } from '@agent-session/core'
import { field, fieldsOf, type Loss, textField } from '@agent-session/core/transport'
import { readAuthStatus } from './agent-introduction.ts'
import { AgentTurn } from './agent-turn.ts'
import { AskedOfHost } from './asked-of-host.ts'
import { CodexFailure } from './codex-failure.ts'
import { Conversation } from './conversation.ts'
import { CostMeter } from './cost-meter.ts'
import type { Elicitation } from './elicitation.ts'
import { OpenQuestions, type RpcId } from './open-questions.ts'
import { Replay } from './replay.ts'
import { isAuthRequired } from './rpc-error.ts'
import { SessionFacts } from './session-facts.ts'
import { SessionLog } from './session-log.ts'
import type { SessionSettings } from './session-settings.ts'
import { SessionUpdates } from './session-updates.ts'

/** A request of ours that waits for its answer. */
interface Request {
  readonly method: string
  readonly params: unknown
}

const openers = new Set(['session/new', 'session/load', 'session/resume', 'session/fork'])

/**
 * The messages of one ACP session, in both directions and in their order, folded into our events. It reads no clock,
 * waits for nothing and throws nothing: the same messages give the same events. What it does not know becomes an
 * `unknown` message, which the store reports. One fold lives as long as its session, over all the connections of it.
 */
export class AcpFold {
  readonly #sessionId: string
  readonly #log: SessionLog
  readonly #conversation: Conversation
  readonly #questions = new OpenQuestions()
  readonly #facts = new SessionFacts()
  readonly #cost = new CostMeter()
  readonly #codex = new CodexFailure()
  readonly #turn: AgentTurn
  readonly #updates: SessionUpdates
  readonly #asked: AskedOfHost
  readonly #requests = new Map<RpcId, Request>()
  #restarted = false
  #agentSessionId: string | undefined

  /** `served`: the methods that the host answers for the agent; any other request is reported. */
  constructor(sessionId: string, served: ReadonlySet<string> = new Set()) {
    this.#sessionId = sessionId
    this.#log = new SessionLog(sessionId)
    this.#conversation = new Conversation(sessionId, this.#log)
    const parts = { log: this.#log, conversation: this.#conversation, questions: this.#questions, facts: this.#facts, cost: this.#cost, codex: this.#codex }
    this.#turn = new AgentTurn(parts)
    this.#updates = new SessionUpdates(parts, this.#turn)
    this.#asked = new AskedOfHost(parts, this.#turn, served)
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
    return this.#turn.running
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
    return this.#log.collect(now, () => {
      this.#conversation.closeTexts(false)
      this.#conversation.enterTurn(run)
      this.#log.beginRun(run)
      this.#turn.begin(prompt)
      this.#questions.enterTurn()
      this.#cost.beginRun()
      this.#codex.reset()
    })
  }

  /** More words of the person, into the turn that is under way: told back they are theirs. */
  steered(words: string): void {
    this.#turn.steered(words)
  }

  /** The session that is opened next is a new one, in the place of one that the agent no longer knows. */
  restart(): void {
    this.#restarted = true
  }

  /** A message to the agent. */
  sent(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      const method = textField(message, 'method')
      const id = rpcIdOf(message)
      if (method === undefined) {
        if (id !== undefined) this.#asked.answered(id, message)
      } else if (id !== undefined) {
        const params = field(message, 'params')
        this.#requests.set(id, { method, params })
        if (method === 'session/prompt') this.#turn.promptSent()
        // What is said before a session is open was said before. Only a load promises that; some fork the same way.
        if (openers.has(method)) this.#log.replay = new Replay(textField(params, 'sessionId') ?? this.#sessionId)
      } else if (method === 'session/cancel') {
        this.#turn.cancelSent()
      }
    })
  }

  /** A message from the agent. */
  received(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      const method = textField(message, 'method')
      const id = rpcIdOf(message)
      if (method === undefined) return this.#response(id, message)
      if (id !== undefined) return this.#asked.take(id, method, message)
      const params = field(message, 'params')
      if (method === 'session/update') return this.#updates.take(params, this.#agentSessionId)
      const status = readAuthStatus(method, params)
      if (status !== undefined) return this.#log.emit(this.#facts.loginIs(status))
      // Extensions, and the protocol's own housekeeping, are nobody else's business.
      if (!method.startsWith('_') && !method.startsWith('$/')) this.#log.unknown(message)
    })
  }

  /** The connection is gone. A run that was under way ends by it. */
  lost(loss: Loss, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#log.replay = undefined
      this.#requests.clear()
      this.#asked.forget()
      this.#turn.lost(loss)
    })
  }

  #response(id: RpcId | undefined, message: unknown): void {
    const request = id === undefined ? undefined : this.#requests.get(id)
    if (id === undefined || request === undefined) return this.#log.unknown(message)
    this.#requests.delete(id)
    const { method, params } = request
    const error = field(message, 'error')
    const result = field(message, 'result')
    if (method === 'initialize') this.#log.emit(this.#facts.introduced(result))
    else if (method === 'session/prompt') this.#turn.promptAnswered(result, error)
    else if (openers.has(method)) this.#opened(request, result, error)
    else if (error !== undefined) return
    else if (method === 'session/set_mode') this.#log.emit(this.#facts.modeIs(textField(params, 'modeId')))
    else if (method === 'session/set_model') this.#log.emit(this.#facts.modelIs(textField(params, 'modelId')))
    else if (method === 'session/set_config_option') this.#log.emit(this.#facts.optionIs(params, result))
  }

  #opened({ method, params }: Request, result: unknown, error: unknown): void {
    const { replay } = this.#log
    this.#log.replay = undefined
    if (error !== undefined) return isAuthRequired(error) ? this.#log.emit(this.#facts.loginIs({ state: 'required' })) : undefined
    const agentSessionId = textField(result, 'sessionId') ?? (method === 'session/fork' ? undefined : textField(params, 'sessionId'))
    if (agentSessionId === undefined) return this.#log.unknown(result)
    this.#agentSessionId = agentSessionId
    const restarted = this.#restarted && method === 'session/new'
    if (restarted) this.#cost.restart()
    this.#restarted = false
    this.#log.emit([{ type: 'session', agentSessionId, ...(restarted && { restarted }) }])
    this.#log.emit(this.#facts.opened(result))
    const complete = method === 'session/load' || method === 'session/fork' || field(params, 'replayFrom') !== undefined
    if (replay === undefined || (replay.messages.length === 0 && !complete)) return
    this.#conversation.live.adopt(replay.transcript)
    this.#log.emit([{ type: 'history', messages: replay.messages, complete }])
  }
}

function rpcIdOf(message: unknown): RpcId | undefined {
  if (fieldsOf(message) === undefined) return undefined
  const id = field(message, 'id')
  return typeof id === 'string' || typeof id === 'number' || id === null ? id : undefined
}
