import type { Abilities, AgentSessionEvent } from '@agent-session/core'
import { amountField, type EventBody, field, listField, type Loss, textField } from '@agent-session/core/transport'
import { Conversation } from './conversation.ts'
import { ClaudeLog } from './claude-log.ts'
import { LoginState } from './login-state.ts'
import { OpenQuestions } from './open-questions.ts'
import type { Answer, ToolRequest, ToolVerdict } from './permission-question.ts'
import { Plan } from './plan.ts'
import { resultWords, runEnd } from './run-end.ts'
import { type KeptSession, SessionHistory } from './session-history.ts'
import { bypassMode, permissionModes, readCommandNames, readCommands, readModels } from './session-offers.ts'
import { isNews, isSystemNews } from './silent-news.ts'
import { isSynthetic } from './synthetic-text.ts'
import { ToldMessages } from './told-messages.ts'
import { type RunPrompt, TurnPrompts } from './turn-prompts.ts'
import { UsageTotals } from './usage-totals.ts'

/** What the host has to say of what the program offers. */
export interface HostFacts {
  /** Whether the mode that asks for nothing may be chosen. Absent: no. */
  readonly bypass?: boolean
  readonly abilities?: Abilities
}

/**
 * The messages of one session of Claude Code, and what its host said to it, folded into our events. It reads no clock,
 * waits for nothing and throws nothing: the same messages give the same events. Messages are matched by their structure;
 * what is not known becomes an `unknown` message, which the store reports. One fold lives as long as its session, over all
 * the processes that serve it.
 */
export class ClaudeFold {
  readonly #log: ClaudeLog
  readonly #turn = new TurnPrompts()
  readonly #usage = new UsageTotals()
  readonly #plan = new Plan()
  readonly #conversation: Conversation
  readonly #questions: OpenQuestions
  readonly #login = new LoginState()
  readonly #told = new ToldMessages()
  #restarted = false
  #agentSessionId: string | undefined
  #model: string | undefined
  #hasModes = false

  constructor(sessionId: string) {
    this.#log = new ClaudeLog(sessionId)
    this.#conversation = new Conversation({ log: this.#log, turn: this.#turn, usage: this.#usage, plan: this.#plan })
    this.#questions = new OpenQuestions(this.#log)
  }

  /** The program's id of the session, once it has told it. */
  get agentSessionId(): string | undefined {
    return this.#agentSessionId
  }

  /** Whether a run is under way. */
  get running(): boolean {
    return this.#turn.running
  }

  /** A prompt is sent, and its run begins. */
  beginRun(prompt: RunPrompt, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#conversation.beginRun()
      this.#usage.beginRun()
      this.#log.beginRun(prompt.run)
      this.#turn.begin(prompt)
      this.#questions.beginRun()
    })
  }

  /** The prompt was never sent, so nothing of its run will come. */
  cancelRun(): void {
    this.#turn.running = false
  }

  /** A further prompt goes into the run that is under way. */
  steer(uuid: string): void {
    this.#turn.steer(uuid)
  }

  /** The program has been asked to stop: however the run ends now, it was stopped. */
  stop(now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#turn.stopping = true
      this.#questions.settleAll('cancelled')
    })
  }

  /** The session that begins next is a new one, in the place of one that the program no longer knows. */
  restart(): void {
    this.#restarted = true
  }

  /** The answer to an initialisation: what can be chosen. */
  offers(answer: unknown, { bypass = false, abilities }: HostFacts, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      const login = this.#login.found(field(answer, 'account'))
      const models = readModels(answer)
      const commands = readCommands(answer)
      this.#hasModes = true
      this.#log.emit([
        {
          type: 'session',
          modes: bypass ? [...permissionModes, bypassMode] : permissionModes,
          ...(models.length > 0 && { models }),
          ...(commands.length > 0 && { commands }),
          ...(login !== undefined && { login }),
          ...(abilities !== undefined && { abilities }),
        },
      ])
    })
  }

  /** What the program has on disk of a session, all of it, in its order. */
  history(kept: KeptSession, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      const { messages, entries } = new SessionHistory(kept, this.#plan, now)
      if (messages.length > 0) this.#log.emit([{ type: 'history', messages, complete: true }])
      if (entries !== undefined && entries.length > 0) this.#log.emit([{ type: 'plan', entries }])
    })
  }

  /** What the program has on disk could not be read: it is reported, and nothing of it is shown. */
  historyFailed(error: string, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => this.#log.unknown({ type: 'unreadable_history', error }))
  }

  /** A message of the program. */
  received(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      if (this.#told.has(message)) return
      switch (field(message, 'type')) {
        case 'system':
          return this.#system(message)
        case 'stream_event':
          return this.#conversation.stream(message)
        case 'assistant':
          return this.#conversation.assistant(message)
        case 'user':
          return this.#conversation.user(message)
        case 'result':
          return this.#result(message)
        case 'conversation_reset':
          return this.#reset(message)
        case 'auth_status':
          this.#log.silent('status', message)
          return this.#log.emit(this.#login.told(message))
        case 'command_lifecycle':
          return this.#lifecycle(message)
        case 'keep_alive':
          return
        default:
          return isNews(textField(message, 'type')) ? this.#log.silent('status', message) : this.#log.unknown(message)
      }
    })
  }

  /** The program asks before it calls a tool (`canUseTool`). No id: nobody can be asked, and the answer is no. */
  ask(request: ToolRequest, now: number): { readonly events: readonly AgentSessionEvent[]; readonly id: string | undefined } {
    let id: string | undefined
    const events = this.#log.collect(now, () => {
      id = this.#questions.again(request)
      if (id !== undefined) return
      if (!this.#turn.running || this.#turn.stopping) return this.#log.silent('status', { type: 'unanswered_question', tool: request.toolName, input: request.input })
      id = this.#questions.ask(request, this.#conversation.call(textField(request.details, 'toolUseID')))
    })
    return { events, id }
  }

  /** What an answer tells the program; text where it cannot be given, `undefined` where the question is not open. */
  verdict(questionId: string, answer: Answer): ToolVerdict | string | undefined {
    return this.#questions.verdict(questionId, answer)
  }

  /** A question was answered; without an option it never will be. */
  settled(questionId: string, optionId: string | undefined, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => this.#questions.settle(questionId, optionId === undefined ? 'cancelled' : 'selected', optionId))
  }

  /** The process is gone. A run that was under way ends by it. */
  lost(loss: Loss, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#questions.settleAll(loss.reason === 'stopped' || this.#turn.stopping ? 'cancelled' : 'expired')
      this.#conversation.cutOff()
      if (!this.#turn.running) return
      this.#turn.running = false
      // The SDK says so when its host has called the process off, in whatever way.
      const stopped = loss.reason === 'stopped' || this.#turn.stopping || loss.error?.includes('process aborted by user') === true
      this.#log.emit([
        stopped
          ? { type: 'status', status: 'done', reason: 'stopped' }
          : { type: 'status', status: 'error', error: this.#conversation.errorWords ?? (loss.error?.trim() ? loss.error : 'Claude ended without a word') },
      ])
    })
  }

  #system(message: unknown): void {
    const subtype = textField(message, 'subtype') ?? ''
    switch (subtype) {
      case 'init':
        return this.#init(message)
      case 'status': {
        const mode = textField(message, 'permissionMode')
        if (mode !== undefined) this.#log.emit([{ type: 'session', mode }])
        return this.#log.silent(field(message, 'status') === 'compacting' || field(message, 'compact_result') !== undefined ? 'compaction' : 'status', message)
      }
      case 'compact_boundary':
        this.#log.emit(this.#usage.contextIs(amountField(field(message, 'compact_metadata'), 'post_tokens')))
        return this.#log.silent('compaction', message)
      case 'commands_changed':
        return this.#log.emit([{ type: 'session', commands: readCommands(message) }])
      case 'local_command_output':
        return this.#conversation.say(textField(message, 'content') ?? '', message)
      case 'session_title_changed': {
        const title = textField(message, 'title')
        return title === undefined ? this.#log.unknown(message) : this.#log.emit([{ type: 'session', title }])
      }
      case 'model_fallback':
      case 'model_refusal_fallback': {
        this.#log.takeBack(listField(message, 'retracted_message_uuids'))
        const model = textField(message, 'fallback_model')
        if (model !== undefined && field(message, 'scope') !== 'local') this.#log.emit([{ type: 'session', model }])
        return this.#log.silent('status', message)
      }
      case 'api_retry':
        this.#conversation.saysAgain()
        return this.#log.silent('status', message)
      default:
        return isSystemNews(subtype) ? this.#log.silent('status', message) : this.#log.unknown(message)
    }
  }

  #init(message: unknown): void {
    const agentSessionId = textField(message, 'session_id')
    const model = textField(message, 'model')
    const mode = textField(message, 'permissionMode')
    if (agentSessionId === undefined) return this.#log.unknown(message)
    const isNew = agentSessionId !== this.#agentSessionId
    const restarted = this.#restarted
    if (restarted) this.#usage.restart()
    this.#restarted = false
    this.#agentSessionId = agentSessionId
    this.#model = model
    // The program begins each turn with one.
    if (isNew) this.#log.message(`${agentSessionId}/${model ?? ''}/init`, 'init', { ...(model !== undefined && { model }), sessionId: agentSessionId }, message)
    this.#log.emit([
      {
        type: 'session',
        agentSessionId,
        ...(model !== undefined && { model }),
        ...(mode !== undefined && { mode }),
        ...(restarted && { restarted }),
        // An initialisation tells them with what they do.
        ...(!this.#hasModes && { modes: permissionModes, commands: readCommandNames(message) }),
      },
    ])
    this.#hasModes = true
  }

  /** `/clear` and the like. The next `init` tells the id of the session that begins; `new_conversation_id` is another. */
  #reset(message: unknown): void {
    this.#plan.clear()
    this.#usage.restart()
    this.#conversation.giveUpAll()
    this.#log.emit([
      { type: 'session', restarted: true },
      { type: 'plan', entries: [] },
    ])
    this.#log.silent('status', message)
  }

  #result(message: unknown): void {
    this.#log.emit(this.#usage.result(message, this.#model))
    if (!this.#turn.running || !this.#turn.owns(message)) return this.#log.silent('status', message)
    const { errorWords, errorKind, hasSpoken } = this.#conversation
    const end = runEnd(message, {
      stopping: this.#turn.stopping,
      ...(errorWords !== undefined && { words: errorWords }),
      ...(errorKind !== undefined && { errorKind }),
    })
    const words = field(message, 'is_error') === true ? undefined : resultWords(message)
    // Commands of the program's own answer in the result alone.
    if (!hasSpoken && words !== undefined && !isSynthetic(words)) this.#log.message(`${this.#log.scope}/result`, 'text', { text: words }, message)
    this.#questions.settleAll('cancelled')
    this.#conversation.cutOff()
    // A prompt that came too late for this turn has the next one.
    if (this.#turn.answeredBy(message) === 'more' && !this.#turn.stopping) this.#turn.heldEnd = end
    else this.#end(end)
  }

  #end(end: EventBody): void {
    this.#log.emit(this.#login.after(end))
    this.#turn.end()
    this.#log.emit([end])
  }

  /** What becomes of a prompt: it is queued, started, completed, or will never be read. */
  #lifecycle(message: unknown): void {
    const state = textField(message, 'state')
    const isOver = state !== 'queued' && state !== 'started'
    const end = isOver ? this.#turn.settled(textField(message, 'command_uuid') ?? '') : undefined
    if (end !== undefined) this.#end(end)
    this.#log.silent('status', message)
  }
}
