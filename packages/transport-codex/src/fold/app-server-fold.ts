import type { Abilities, AgentSessionEvent, AgentSetting, PermissionQuestion } from '@agent-session/core'
import { type EventBody, field, fieldsOf, listField, textField } from '@agent-session/core/transport'
import { inputText, readItem } from './codex-item.ts'
import { codexModes, readMode } from './codex-modes.ts'
import { ItemLog, type Lane, type Told } from './item-log.ts'
import { ModelCatalogue } from './model-catalogue.ts'
import { readPlan } from './plan-steps.ts'
import { type Choice, readServerRequest, type ServerRequest } from './server-request.ts'
import { isHousekeeping, isNotice, isThreadHousekeeping } from './silent-news.ts'
import { SessionUsage } from './session-usage.ts'
import { threadHistory } from './thread-history.ts'
import { turnErrorText } from './turn-error.ts'

/** The id of a request in JSON-RPC. */
export type RpcId = string | number

interface Request {
  readonly method: string
  readonly params: unknown
}

interface OpenRequest {
  readonly request: ServerRequest
  readonly questions: readonly PermissionQuestion[]
  readonly choices: (Choice | undefined)[]
  readonly run: string
}

/** An answer to a request of the app-server's, whole. */
export interface RequestAnswer {
  /** The request that it answers. */
  readonly rpcId: RpcId
  readonly result: unknown
}

/** How a run ended that Codex did not end itself. */
export interface Loss {
  /** `stopped`: on purpose; otherwise what happened, for people. */
  readonly reason: 'stopped' | 'error'
  /** Of an error: its words. Absent: nobody knows. */
  readonly error?: string
}

/** More requests at once than any person could answer: a Codex that asks so many has lost its mind. */
const mostRequests = 100

const abilities: Abilities = { steer: true, resume: true, fork: true, forget: true, list: true, images: true, files: true }

const openers = new Set(['thread/start', 'thread/resume', 'thread/fork'])

/**
 * The messages of one session with `codex app-server`, in both directions and in their order, folded into our events.
 * It reads no clock, waits for nothing and throws nothing: the same messages give the same events. What it does not
 * know becomes an `unknown` message, which the store reports. One fold lives as long as its session, over all the
 * processes of it.
 */
export class AppServerFold {
  readonly #sessionId: string
  readonly #items = new ItemLog()
  readonly #usage = new SessionUsage()
  readonly #models = new ModelCatalogue()
  readonly #requests = new Map<RpcId, Request>()
  readonly #open = new Map<RpcId, OpenRequest>()
  /** Threads of sub-agents, and the calls that they are under. */
  readonly #children = new Map<string, string>()
  /** What was sent in this run, and is told back. */
  #prompts: string[] = []
  #events: AgentSessionEvent[] = []
  #now = 0
  #run = ''
  #threadId: string | undefined
  #turnId: string | undefined
  #running = false
  #stopping = false
  #restarted = false
  #model: string | undefined
  #effort: string | undefined
  #asked = 0
  #strange = 0

  constructor(sessionId: string) {
    this.#sessionId = sessionId
  }

  /** Codex' id of the session, once one is open. */
  get threadId(): string | undefined {
    return this.#threadId
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
    return this.#models.settings(this.#model, this.#effort)
  }

  /** What is set for the next turn. */
  configured({ mode, model, effort }: { readonly mode?: string; readonly model?: string; readonly effort?: string }, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => this.#noteSettings({ mode, model, effort }))
  }

  /** The ids of the options of a question that waits; `undefined` where none of this id does. */
  optionsOf(requestId: string): readonly string[] | undefined {
    const found = this.#find(requestId)
    return found?.open.questions[found.index]?.options.map(({ id }) => id)
  }

  /** Whether a request of Codex' waits for a person. */
  awaits(rpcId: RpcId): boolean {
    return this.#open.has(rpcId)
  }

  /** A turn begins. Whatever Codex needs to be ready for it comes next, then its prompt. */
  beginRun(run: string, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#tell(this.#items.closeTexts(false))
      this.#items.enterRun(run)
      this.#usage.beginRun()
      this.#run = run
      this.#turnId = undefined
      this.#prompts = []
      this.#running = false
      this.#stopping = false
      this.#asked = 0
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
    const found = this.#find(requestId)
    if (found === undefined) return undefined
    const { rpcId, open, index } = found
    open.choices[index] = choice
    const choices = open.choices.filter((chosen) => chosen !== undefined)
    return choices.length === open.questions.length ? { rpcId, result: open.request.result(choices) } : undefined
  }

  /** Every question that waits is given up; `answers` say so to Codex. */
  giveUp(now: number): { readonly answers: readonly RequestAnswer[]; readonly events: readonly AgentSessionEvent[] } {
    const answers = [...this.#open].map(([rpcId, { request, questions }]) => ({ rpcId, result: request.result(questions.map(() => ({}))) }))
    return { answers, events: this.#collect(now, () => this.#settleAll('cancelled')) }
  }

  /** A message to Codex. */
  sent(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      const method = textField(message, 'method')
      const id = rpcIdOf(message)
      const params = field(message, 'params')
      if (method === undefined) return id === undefined ? undefined : this.#answered(id, message)
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
    return this.#collect(now, () => {
      const method = textField(message, 'method')
      const id = rpcIdOf(message)
      const params = field(message, 'params')
      if (method !== undefined) return id === undefined ? this.#notified(method, params, message) : this.#ask(id, method, params, message)
      const request = id === undefined ? undefined : this.#requests.get(id)
      if (id === undefined || request === undefined) return this.#unknown(message)
      this.#requests.delete(id)
      return this.#response(request, message)
    })
  }

  /** The process is gone. A run that was under way ends by it. */
  lost(loss: Loss, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#requests.clear()
      this.#settleAll(loss.reason === 'stopped' ? 'cancelled' : 'expired')
      if (!this.#running) return
      this.#running = false
      this.#tell(this.#items.closeTexts(true))
      this.#emit([loss.reason === 'stopped' ? { type: 'status', status: 'done', reason: 'stopped' } : { type: 'status', status: 'error', error: loss.error ?? 'The connection to Codex was lost' }])
    })
  }

  #collect(now: number, work: () => void): readonly AgentSessionEvent[] {
    this.#now = now
    this.#events = []
    work()
    return this.#events
  }

  #emit(bodies: readonly EventBody[], run = this.#run): void {
    for (const body of bodies) this.#events.push({ ...body, sessionId: this.#sessionId, ...(run !== '' && { run }) })
  }

  #tell({ bodies, run }: Told): void {
    this.#emit(bodies, run)
  }

  #unknown(content: unknown): void {
    this.#keep('unknown', content)
  }

  /** Told to a recorder and, where it is unknown, reported; shown to nobody. */
  #keep(type: 'unknown' | 'status' | 'compaction', content: unknown): void {
    this.#emit([{ type: 'message', messages: [{ id: `${this.#run}/${type}-${(this.#strange += 1)}`, type, content, timestamp: this.#now }] }])
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
    else if (method === 'model/list') {
      this.#models.take(result)
      this.#emit([{ type: 'session', models: this.#models.choices }])
      this.#noteSettings({})
    }
  }

  #opened(params: unknown, result: unknown): void {
    const thread = field(result, 'thread')
    const threadId = textField(thread, 'id')
    if (threadId === undefined) return this.#unknown(result)
    this.#threadId = threadId
    const restarted = this.#restarted
    if (restarted) this.#usage.restart()
    this.#restarted = false
    const title = textField(thread, 'name')
    const mode = readMode(field(result, 'sandbox'), field(result, 'approvalPolicy'))
    this.#emit([
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
    this.#noteSettings({ model, mode: mode?.id, effort: textField(result, 'reasoningEffort') })
    const turns = listField(thread, 'turns')
    if (field(params, 'excludeTurns') === true || turns.length === 0) return
    const { messages, itemIds } = threadHistory(turns, threadId)
    this.#items.remember(this.#mainLane(threadId), itemIds)
    this.#emit([{ type: 'history', messages, complete: true }])
  }

  /** Who is logged in, and whether anybody has to be. */
  #login(result: unknown): void {
    const account = field(result, 'account')
    const isRequired = account === null && field(result, 'requiresOpenaiAuth') === true
    const name = textField(account, 'email') ?? textField(account, 'type')
    this.#emit([{ type: 'session', login: { state: isRequired ? 'required' : 'done', methods: [], ...(name !== undefined && { account: name }) } }])
  }

  #noteSettings({ mode, model, effort }: { readonly mode?: string | undefined; readonly model?: string | undefined; readonly effort?: string | undefined }): void {
    this.#model = model ?? this.#model
    this.#effort = effort ?? this.#effort
    const { settings } = this
    const news = { ...(mode !== undefined && { mode }), ...(model !== undefined && { model }), ...(settings.length > 0 && { settings }) }
    if (Object.keys(news).length > 0) this.#emit([{ type: 'session', ...news }])
  }

  #notified(method: string, params: unknown, message: unknown): void {
    if (isHousekeeping(method)) return
    if (isNotice(method)) return this.#keep('status', message)
    if (method === 'error' && fieldsOf(field(params, 'error')) === undefined) return this.#unknown(message)
    const threadId = textField(params, 'threadId') ?? textField(field(params, 'thread'), 'id')
    if (threadId === undefined) return this.#unknown(message)
    if (isThreadHousekeeping(method)) return
    const lane = this.#laneOf(threadId)
    if (lane === undefined) return this.#unknown(message)
    if (!this.#threadEvent(method, params, lane)) this.#unknown(message)
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
        if (isMain) this.#emit([{ type: 'plan', entries: readPlan(params) }])
        return true
      case 'error':
        // Codex asks the model again, which says from the beginning what it had begun to say.
        if (field(params, 'willRetry') === true) this.#tell(this.#items.retractUnfinished(lane))
        this.#keep('status', params)
        return true
      case 'serverRequest/resolved': {
        const id = field(params, 'requestId')
        if (typeof id === 'string' || typeof id === 'number') this.#settle(id, 'cancelled')
        return true
      }
      case 'thread/tokenUsage/updated':
        if (isMain) this.#emit(this.#usage.tokenUsage(field(params, 'tokenUsage')))
        return true
      case 'thread/name/updated': {
        const title = textField(params, 'threadName')
        if (isMain && title !== undefined) this.#emit([{ type: 'session', title }])
        return true
      }
      case 'thread/settings/updated': {
        const settings = field(params, 'threadSettings')
        const mode = readMode(field(settings, 'sandboxPolicy'), field(settings, 'approvalPolicy'))
        if (isMain) this.#noteSettings({ model: textField(settings, 'model'), mode: mode?.id, effort: textField(settings, 'effort') })
        return true
      }
      case 'model/rerouted': {
        const model = textField(params, 'toModel')
        if (isMain) this.#noteSettings({ model })
        return true
      }
      case 'thread/compacted':
        this.#keep('compaction', params)
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
    const taken = this.#items.take(item, lane, isEnd, this.#now)
    if (taken === undefined) return false
    for (const threadId of taken.agents?.threads ?? []) {
      if (threadId !== this.#threadId && !this.#children.has(threadId)) this.#children.set(threadId, taken.agents?.id ?? '')
    }
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
    this.#settleAll('cancelled')
    this.#emit([status])
  }

  #ask(rpcId: RpcId, method: string, params: unknown, message: unknown): void {
    const told = this.#open.get(rpcId)
    if (told !== undefined) return this.#emit(told.questions.map((request): EventBody => ({ type: 'permission', request })), told.run)
    const lane = this.#laneOf(textField(params, 'threadId') ?? '')
    const request = readServerRequest(method, params)
    if (request === undefined || lane === undefined || !this.#running || request.questions.length === 0 || this.#open.size >= mostRequests) return this.#unknown(message)
    const call = this.#callOf(request, params, lane)
    const questions = request.questions.map(({ title, options, input = call?.input }): PermissionQuestion => ({
      id: `${this.#run}/permission-${(this.#asked += 1)}`,
      title,
      ...(call !== undefined && { toolCallId: call.id }),
      ...(lane.parentId !== undefined && { parentId: lane.parentId }),
      ...(input !== undefined && { input }),
      options,
    }))
    this.#open.set(rpcId, { request, questions, choices: questions.map(() => undefined), run: this.#run })
    this.#emit(questions.map((request): EventBody => ({ type: 'permission', request })))
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

  #find(requestId: string): { readonly rpcId: RpcId; readonly open: OpenRequest; readonly index: number } | undefined {
    for (const [rpcId, open] of this.#open) {
      const index = open.questions.findIndex(({ id }) => id === requestId)
      if (index !== -1 && open.choices[index] === undefined) return { rpcId, open, index }
    }
    return undefined
  }

  /** Our answer to a request of Codex'. */
  #answered(rpcId: RpcId, message: unknown): void {
    const open = this.#open.get(rpcId)
    if (open === undefined) return
    this.#open.delete(rpcId)
    const said = open.request.optionOf(field(message, 'result'))
    for (const [index, { id: requestId, options }] of open.questions.entries()) {
      const chosen = open.choices[index] === undefined ? said : open.choices[index]?.optionId
      const isOption = chosen !== undefined && options.some(({ id }) => id === chosen)
      this.#emit([isOption ? { type: 'permission-settled', requestId, outcome: 'selected', optionId: chosen } : { type: 'permission-settled', requestId, outcome: 'cancelled' }], open.run)
    }
  }

  #settle(rpcId: RpcId, outcome: 'cancelled' | 'expired'): void {
    const open = this.#open.get(rpcId)
    this.#open.delete(rpcId)
    for (const { id: requestId } of open?.questions ?? []) this.#emit([{ type: 'permission-settled', requestId, outcome }], open?.run)
  }

  #settleAll(outcome: 'cancelled' | 'expired'): void {
    for (const rpcId of this.#open.keys()) this.#settle(rpcId, outcome)
  }

  /** `undefined` for threads that are none of this session. */
  #laneOf(threadId: string): Lane | undefined {
    if (threadId === this.#threadId) return this.#mainLane(threadId)
    // A sub-agent may speak before the call that began it says who it is: then it is the one that is being begun.
    const parentId = this.#children.get(threadId) ?? (this.#threadId === undefined ? undefined : this.#items.runningCall(this.#mainLane(this.#threadId), isSpawn))
    if (parentId === undefined) return undefined
    this.#children.set(threadId, parentId)
    return { threadId, parentId }
  }

  #mainLane(threadId: string): Lane {
    return { threadId, parentId: undefined }
  }
}

const isSpawn = (told: string): boolean => told.startsWith('{"name":"spawn_agent"')

function rpcIdOf(message: unknown): RpcId | undefined {
  const id = field(message, 'id')
  return typeof id === 'string' || typeof id === 'number' ? id : undefined
}
