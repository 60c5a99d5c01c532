import type { Abilities, AgentSessionEvent, AgentSetting } from '@agent-session/core'
import { type EventBody, EventLog, field, fieldsOf, listField, type Loss, textField } from '@agent-session/core/transport'
import { inputText, readItem } from './codex-item.ts'
import { codexModes, readMode } from './codex-modes.ts'
import { ItemLog, type Lane, type Told } from './item-log.ts'
import { OpenRequests, type RequestAnswer } from './open-requests.ts'
import { readPlan } from './plan-steps.ts'
import { type RpcId, rpcIdOf } from './rpc-id.ts'
import { type Choice, readServerRequest, type ServerRequest } from './server-request.ts'
import { SessionUsage } from './session-usage.ts'
import { isHousekeeping, isNotice, isThreadHousekeeping } from './silent-news.ts'
import { threadHistory } from './thread-history.ts'
import { ThreadLanes } from './thread-lanes.ts'
import { ThreadSettings } from './thread-settings.ts'
import { turnErrorText } from './turn-error.ts'

/** A request of ours that waits for its answer. */
interface Request {
  readonly method: string
  readonly params: unknown
}

const abilities: Abilities = { steer: true, resume: true, fork: true, forget: true, list: true, images: true, files: true }

const openers = new Set(['thread/start', 'thread/resume', 'thread/fork'])

/**
 * The messages of one session with `codex app-server`, in both directions and in their order, folded into our events.
 * It reads no clock, waits for nothing and throws nothing: the same messages give the same events. What it does not
 * know becomes an `unknown` message, which the store reports. One fold lives as long as its session, over all the
 * processes of it.
 */
export class AppServerFold {
  readonly #log: EventLog
  readonly #items = new ItemLog()
  readonly #lanes = new ThreadLanes(this.#items)
  readonly #asked: OpenRequests
  readonly #usage = new SessionUsage()
  readonly #settings = new ThreadSettings()
  readonly #requests = new Map<RpcId, Request>()
  /** What was sent in this run, and is told back. */
  #prompts: string[] = []
  #turnId: string | undefined
  #running = false
  #stopping = false
  #restarted = false

  constructor(sessionId: string) {
    this.#log = new EventLog(sessionId)
    this.#asked = new OpenRequests(this.#log)
  }

  /** Codex' id of the session, once one is open. */
  get threadId(): string | undefined {
    return this.#lanes.threadId
  }

  /** Codex' id of the turn that is under way, once it has said it. */
  get turnId(): string | undefined {
    return this.#running ? this.#turnId : undefined
  }

  /** Whether a prompt waits for its end. */
  get running(): boolean {
    return this.#running
  }

  /** What can be set beside the mode and the model. */
  get settings(): readonly AgentSetting[] {
    return this.#settings.choices
  }

  /** What is set for the next turn. */
  configured(news: { readonly mode?: string; readonly model?: string; readonly effort?: string }, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => this.#log.emit(this.#settings.are(news)))
  }

  /** The ids of the options of a question that waits; `undefined` where none of this id does. */
  optionsOf(requestId: string): readonly string[] | undefined {
    return this.#asked.optionsOf(requestId)
  }

  /** Whether a request of Codex' waits for a person. */
  awaits(rpcId: RpcId): boolean {
    return this.#asked.has(rpcId)
  }

  /** A turn begins. Whatever Codex needs to be ready for it comes next, then its prompt. */
  beginRun(run: string, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#tell(this.#items.closeTexts(false))
      this.#items.enterRun(run)
      this.#usage.beginRun()
      this.#log.beginRun(run)
      this.#asked.beginRun()
      this.#turnId = undefined
      this.#prompts = []
      this.#running = false
      this.#stopping = false
    })
  }

  /** The thread that is opened next is a new one, in the place of one that Codex no longer knows. */
  restart(): void {
    this.#restarted = true
  }

  /**
   * Takes a person's answer to one question. Gives what to answer once all of the request are answered; `undefined`
   * while some are not, and where there is no such question.
   */
  choose(requestId: string, choice: Choice): RequestAnswer | undefined {
    return this.#asked.choose(requestId, choice)
  }

  /** Every question that waits is given up; `answers` say so to Codex. */
  giveUp(now: number): { readonly answers: readonly RequestAnswer[]; readonly events: readonly AgentSessionEvent[] } {
    return { answers: this.#asked.refusals(), events: this.#log.collect(now, () => this.#asked.settleAll('cancelled')) }
  }

  /** A message to Codex. */
  sent(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      const method = textField(message, 'method')
      const id = rpcIdOf(message)
      const params = field(message, 'params')
      if (method === undefined) return id === undefined ? undefined : this.#asked.answered(id, message)
      if (id !== undefined) this.#requests.set(id, { method, params })
      if (method === 'turn/start') {
        this.#running = true
        this.#turnId = undefined
      }
      if (method === 'turn/start' || method === 'turn/steer') this.#prompts.push(inputText(listField(params, 'input')))
      if (method === 'turn/interrupt') this.#stopping = true
    })
  }

  /** A message from Codex. */
  received(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      const method = textField(message, 'method')
      const id = rpcIdOf(message)
      const params = field(message, 'params')
      if (method !== undefined) return id === undefined ? this.#notified(method, params, message) : this.#ask(id, method, params, message)
      const request = id === undefined ? undefined : this.#requests.get(id)
      if (id === undefined || request === undefined) return this.#log.unknown(message)
      this.#requests.delete(id)
      return this.#response(request, message)
    })
  }

  /** The process is gone. A run that was under way ends by it. */
  lost(loss: Loss, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#requests.clear()
      this.#asked.settleAll(loss.reason === 'stopped' ? 'cancelled' : 'expired')
      if (!this.#running) return
      this.#running = false
      this.#tell(this.#items.closeTexts(true))
      this.#log.emit([loss.reason === 'stopped' ? { type: 'status', status: 'done', reason: 'stopped' } : { type: 'status', status: 'error', error: loss.error ?? 'The connection to Codex was lost' }])
    })
  }

  #tell({ bodies, run }: Told): void {
    this.#log.emit(bodies, run === '' ? undefined : run)
  }

  #response({ method, params }: Request, message: unknown): void {
    const error = field(message, 'error')
    const result = field(message, 'result')
    if (method === 'turn/start') {
      if (error === undefined) this.#turnId ??= textField(field(result, 'turn'), 'id')
      else this.#end({ type: 'status', status: 'error', error: turnErrorText(error) }, true)
    } else if (openers.has(method) && error === undefined) this.#opened(params, result)
    else if (error !== undefined) return
    else if (method === 'account/read') this.#login(result)
    else if (method === 'model/list') this.#log.emit(this.#settings.offered(result))
  }

  #opened(params: unknown, result: unknown): void {
    const thread = field(result, 'thread')
    const threadId = textField(thread, 'id')
    if (threadId === undefined) return this.#log.unknown(result)
    const lane = this.#lanes.open(threadId)
    const restarted = this.#restarted
    if (restarted) this.#usage.restart()
    this.#restarted = false
    const title = textField(thread, 'name')
    const mode = readMode(field(result, 'sandbox'), field(result, 'approvalPolicy'))
    this.#log.emit([
      {
        type: 'session',
        agentSessionId: threadId,
        abilities,
        ...(restarted && { restarted }),
        ...(title !== undefined && { title }),
        modes: codexModes.map(({ id, label, description }) => ({ id, label, ...(description !== undefined && { description }) })),
      },
    ])
    const model = textField(result, 'model') ?? textField(thread, 'model')
    this.#log.emit(this.#settings.are({ model, mode: mode?.id, effort: textField(result, 'reasoningEffort') }))
    const turns = listField(thread, 'turns')
    if (field(params, 'excludeTurns') === true || turns.length === 0) return
    const { messages, itemIds } = threadHistory(turns, threadId)
    this.#items.remember(lane, itemIds)
    this.#log.emit([{ type: 'history', messages, complete: true }])
  }

  /** Who is logged in, and whether anybody has to be. */
  #login(result: unknown): void {
    const account = field(result, 'account')
    const isRequired = account === null && field(result, 'requiresOpenaiAuth') === true
    const name = textField(account, 'email') ?? textField(account, 'type')
    this.#log.emit([{ type: 'session', login: { state: isRequired ? 'required' : 'done', methods: [], ...(name !== undefined && { account: name }) } }])
  }

  #notified(method: string, params: unknown, message: unknown): void {
    if (isHousekeeping(method)) return
    if (isNotice(method)) return this.#log.silent('status', message)
    if (method === 'error' && fieldsOf(field(params, 'error')) === undefined) return this.#log.unknown(message)
    const threadId = textField(params, 'threadId') ?? textField(field(params, 'thread'), 'id')
    if (threadId === undefined) return this.#log.unknown(message)
    if (isThreadHousekeeping(method)) return
    const lane = this.#lanes.of(threadId)
    if (lane === undefined) return this.#log.unknown(message)
    if (!this.#threadEvent(method, params, lane)) this.#log.unknown(message)
  }

  /** Whether the event was understood. */
  #threadEvent(method: string, params: unknown, lane: Lane): boolean {
    const isMain = lane.parentId === undefined
    const itemId = textField(params, 'itemId') ?? ''
    const delta = textField(params, 'delta') ?? ''
    switch (method) {
      case 'item/started':
      case 'item/completed':
        return this.#item(field(params, 'item'), lane, method === 'item/completed')
      case 'item/agentMessage/delta':
      case 'item/plan/delta':
        return this.#told(itemId === '' ? undefined : this.#items.say(itemId, 'text', delta, lane))
      case 'item/reasoning/summaryTextDelta':
        return this.#told(itemId === '' ? undefined : this.#items.say(itemId, 'thinking', delta, lane, field(params, 'summaryIndex')))
      case 'item/reasoning/textDelta':
        return this.#told(itemId === '' ? undefined : this.#items.say(itemId, 'thinking', delta, lane, `content ${String(field(params, 'contentIndex'))}`))
      case 'item/commandExecution/outputDelta':
      case 'item/fileChange/outputDelta':
        return this.#told(this.#items.print(itemId, delta, lane))
      case 'item/fileChange/patchUpdated':
        return this.#item({ type: 'fileChange', id: itemId, changes: field(params, 'changes') }, lane, false)
      case 'turn/started':
        if (isMain && this.#running) this.#turnId ??= textField(field(params, 'turn'), 'id')
        return true
      case 'turn/completed':
        this.#turnCompleted(field(params, 'turn'), lane)
        return true
      case 'turn/plan/updated':
        if (isMain) this.#log.emit([{ type: 'plan', entries: readPlan(params) }])
        return true
      case 'error':
        // Codex asks the model again, which says from the beginning what it had begun to say.
        if (field(params, 'willRetry') === true) this.#tell(this.#items.retractUnfinished(lane))
        this.#log.silent('status', params)
        return true
      case 'serverRequest/resolved': {
        const id = rpcIdOf(params, 'requestId')
        if (id !== undefined) this.#asked.settle(id, 'cancelled')
        return true
      }
      case 'thread/tokenUsage/updated':
        if (isMain) this.#log.emit(this.#usage.tokenUsage(field(params, 'tokenUsage')))
        return true
      case 'thread/name/updated': {
        const title = textField(params, 'threadName')
        if (isMain && title !== undefined) this.#log.emit([{ type: 'session', title }])
        return true
      }
      case 'thread/settings/updated':
        if (isMain) this.#log.emit(this.#settings.updated(field(params, 'threadSettings')))
        return true
      case 'model/rerouted':
        if (isMain) this.#log.emit(this.#settings.are({ model: textField(params, 'toModel') }))
        return true
      case 'thread/compacted':
        this.#log.silent('compaction', params)
        return true
      default:
        return false
    }
  }

  #told(told: Told | undefined): boolean {
    if (told !== undefined) this.#tell(told)
    return told !== undefined
  }

  #item(item: unknown, lane: Lane, isEnd: boolean): boolean {
    const read = readItem(item)
    if (read?.as === 'user') return this.#isKnownPrompt(read.text, lane)
    const taken = this.#items.take(item, lane, isEnd, this.#log.now)
    if (taken === undefined) return false
    if (taken.agents !== undefined) this.#lanes.adopt(taken.agents)
    this.#tell(taken)
    return true
  }

  /** Our prompt told back is there already; what a sub-agent is told is in its call. Anything else nobody typed here. */
  #isKnownPrompt(text: string, lane: Lane): boolean {
    return lane.parentId !== undefined || this.#prompts.includes(text)
  }

  #turnCompleted(turn: unknown, lane: Lane): void {
    const status = textField(turn, 'status')
    const isCut = status !== 'completed'
    if (lane.parentId !== undefined) return this.#tell(this.#items.closeTexts(isCut, lane))
    // A turn that nobody here began (compaction is one) ends nothing.
    if (!this.#running || (this.#turnId !== undefined && textField(turn, 'id') !== this.#turnId)) return
    const error = field(turn, 'error')
    if (status === 'interrupted' || (this.#stopping && status !== 'completed')) this.#end({ type: 'status', status: 'done', reason: 'stopped' }, true)
    else if (status === 'failed') this.#end({ type: 'status', status: 'error', error: turnErrorText(error) }, true)
    else this.#end({ type: 'status', status: 'done', reason: 'completed' }, isCut)
  }

  #end(status: EventBody, isCut: boolean): void {
    if (!this.#running) return
    this.#running = false
    this.#tell(this.#items.closeTexts(isCut))
    this.#asked.settleAll('cancelled')
    this.#log.emit([status])
  }

  #ask(rpcId: RpcId, method: string, params: unknown, message: unknown): void {
    if (this.#asked.again(rpcId)) return
    const lane = this.#lanes.of(textField(params, 'threadId') ?? '')
    const request = readServerRequest(method, params)
    if (request === undefined || lane === undefined || !this.#running || request.questions.length === 0 || this.#asked.isFull) return this.#log.unknown(message)
    this.#asked.ask(rpcId, request, lane, this.#callOf(request, params, lane))
  }

  /** The call that a request is about; a command that was not announced is announced by it. */
  #callOf({ itemId, questions: [question] }: ServerRequest, params: unknown, lane: Lane): { readonly id: string; readonly input?: unknown } | undefined {
    if (itemId === undefined) {
      const server = textField(params, 'serverName') ?? ''
      const toolName = textField(field(params, '_meta'), 'tool_name') ?? ''
      const id = this.#items.runningCall(lane, (told) => told.startsWith(`{"name":${JSON.stringify(`${server}.${toolName}`)}`))
      return id === undefined ? undefined : { id }
    }
    const command = textField(question?.input, 'command')
    if (command !== undefined && this.#items.callOf(lane, itemId) === undefined) {
      this.#item({ type: 'commandExecution', id: itemId, command, cwd: field(question?.input, 'cwd') }, lane, false)
    }
    return this.#items.callOf(lane, itemId)
  }
}
