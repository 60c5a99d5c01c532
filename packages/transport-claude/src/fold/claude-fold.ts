import type { Abilities, AgentSessionEvent, RawMessage } from '@agent-session/core'
import { amountField, type EventBody, field, fieldsOf, isoTime, listField, textField } from '@agent-session/core/transport'
import { blockText, contentText } from './content-text.ts'
import { loginMethods, readLogin } from './login.ts'
import { type Block, MessageBlocks } from './message-blocks.ts'
import { type Answer, type Asked, askQuestion, type ToolRequest, type ToolVerdict, verdictOf } from './permission-question.ts'
import { Plan } from './plan.ts'
import { resultWords, runEnd } from './run-end.ts'
import { type KeptSession, SessionHistory } from './session-history.ts'
import { bypassMode, permissionModes, readCommandNames, readCommands, readModels } from './session-offers.ts'
import { isNews, isSystemNews } from './silent-news.ts'
import { commandPrinted, isSynthetic } from './synthetic-text.ts'
import { ToldMessages } from './told-messages.ts'
import { type ToolCall, ToolCalls } from './tool-calls.ts'
import { toolOutput } from './tool-output.ts'
import { UsageTotals } from './usage-totals.ts'

/** How a run ended that the program did not end itself. */
export interface Loss {
  /** `stopped`: on purpose; otherwise what happened, for people. */
  readonly reason: 'stopped' | 'error'
  readonly error?: string
}

interface OpenQuestion extends Asked {
  readonly run: string | undefined
  /** The program's id of the request. */
  readonly requestId: string | undefined
}

/** What the host has to say of what the program offers. */
export interface HostFacts {
  /** Whether the mode that asks for nothing may be chosen. Absent: no. */
  readonly bypass?: boolean
  readonly abilities?: Abilities
}

export interface RunPrompt {
  readonly run: string
  /** As the conversation shows it. */
  readonly text: string
  /** The `uuid` that it is sent under, where it has one: results name the prompts that they answer. */
  readonly uuid?: string
}

const silentStream = new Set(['content_block_stop', 'ping'])
const silentDeltas = new Set(['citations_delta', 'input_json_delta', 'signature_delta'])

/**
 * The messages of one session of Claude Code, and what its host said to it, folded into our events. It reads no clock,
 * waits for nothing and throws nothing: the same messages give the same events. Messages are matched by their structure;
 * what is not known becomes an `unknown` message, which the store reports. One fold lives as long as its session, over all
 * the processes that serve it.
 */
export class ClaudeFold {
  readonly #sessionId: string
  readonly #blocks = new MessageBlocks()
  readonly #calls = new ToolCalls()
  readonly #told = new ToldMessages()
  readonly #usage = new UsageTotals()
  readonly #plan = new Plan()
  readonly #questions = new Map<string, OpenQuestion>()
  /** What came of each of the program's messages in this run, by its uuid: it may take them back. */
  readonly #shown = new Map<string, string[]>()
  #events: AgentSessionEvent[] = []
  #now = 0
  #run: string | undefined
  #prompt = ''
  /** The prompts that a result of this run may name. */
  #promptUuids = new Set<string>()
  /** Those of them that nothing has answered yet. */
  #unanswered = new Set<string>()
  /** How the run will have ended, once the prompts that were put into it are answered too. */
  #heldEnd: EventBody | undefined
  #running = false
  #stopping = false
  #restarted = false
  /** Whether the conversation itself has said anything in this run. */
  #hasSpoken = false
  #asked = 0
  #strange = 0
  /** The error that was said as if it were an answer. */
  #errorWords: string | undefined
  #errorKind: string | undefined
  #agentSessionId: string | undefined
  #model: string | undefined
  #hasModes = false
  #needsLogin = false

  constructor(sessionId: string) {
    this.#sessionId = sessionId
  }

  /** The program's id of the session, once it has told it. */
  get agentSessionId(): string | undefined {
    return this.#agentSessionId
  }

  /** Whether a run is under way. */
  get running(): boolean {
    return this.#running
  }

  /** A prompt is sent, and its run begins. */
  beginRun({ run, text, uuid }: RunPrompt, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#giveUp(this.#blocks.abandonAll())
      this.#calls.beginRun()
      this.#usage.beginRun()
      this.#shown.clear()
      this.#run = run
      this.#prompt = text
      this.#promptUuids = new Set(uuid === undefined ? [] : [uuid])
      this.#unanswered = new Set(this.#promptUuids)
      this.#heldEnd = undefined
      this.#running = true
      this.#stopping = false
      this.#hasSpoken = false
      this.#asked = 0
      this.#errorWords = undefined
      this.#errorKind = undefined
    })
  }

  /** The prompt was never sent, so nothing of its run will come. */
  cancelRun(): void {
    this.#running = false
  }

  /** A further prompt goes into the run that is under way. */
  steer(uuid: string): void {
    this.#promptUuids.add(uuid)
    this.#unanswered.add(uuid)
  }

  /** The program has been asked to stop: however the run ends now, it was stopped. */
  stop(now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#stopping = true
      this.#settleAll('cancelled')
    })
  }

  /** The session that begins next is a new one, in the place of one that the program no longer knows. */
  restart(): void {
    this.#restarted = true
  }

  /** The answer to an initialisation: what can be chosen. */
  offers(answer: unknown, { bypass = false, abilities }: HostFacts, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      const login = readLogin(field(answer, 'account'))
      const models = readModels(answer)
      const commands = readCommands(answer)
      this.#hasModes = true
      this.#emit([
        {
          type: 'session',
          modes: bypass ? [...permissionModes, bypassMode] : permissionModes,
          ...(models.length > 0 && { models }),
          ...(commands.length > 0 && { commands }),
          ...(login !== undefined && { login }),
          ...(abilities !== undefined && { abilities }),
        },
      ])
      this.#needsLogin = login?.state === 'required'
    })
  }

  /** What the program has on disk of a session, all of it, in its order. */
  history(kept: KeptSession, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      const { messages, entries } = new SessionHistory(kept, this.#plan, now)
      if (messages.length > 0) this.#emit([{ type: 'history', messages, complete: true }])
      if (entries !== undefined && entries.length > 0) this.#emit([{ type: 'plan', entries }])
    })
  }

  /** What the program has on disk could not be read: it is reported, and nothing of it is shown. */
  historyFailed(error: string, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => this.#unknown({ type: 'unreadable_history', error }))
  }

  /** A message of the program. */
  received(message: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      if (this.#told.has(message)) return
      switch (field(message, 'type')) {
        case 'system':
          return this.#system(message)
        case 'stream_event':
          return this.#stream(message)
        case 'assistant':
          return this.#assistant(message)
        case 'user':
          return this.#user(message)
        case 'result':
          return this.#result(message)
        case 'conversation_reset':
          return this.#reset(message)
        case 'auth_status':
          return this.#authStatus(message)
        case 'command_lifecycle':
          return this.#lifecycle(message)
        case 'keep_alive':
          return
        default:
          return isNews(textField(message, 'type')) ? this.#silent('status', message) : this.#unknown(message)
      }
    })
  }

  /** The program asks before it calls a tool (`canUseTool`). No id: nobody can be asked, and the answer is no. */
  ask(request: ToolRequest, now: number): { readonly events: readonly AgentSessionEvent[]; readonly id: string | undefined } {
    let id: string | undefined
    const events = this.#collect(now, () => {
      const requestId = textField(request.details, 'requestId')
      const before = requestId === undefined ? undefined : [...this.#questions.values()].find((open) => open.requestId === requestId)
      if (before !== undefined) {
        // A request that is sent again is the same question.
        id = before.question.id
        return this.#emit([{ type: 'permission', request: before.question }], before.run)
      }
      if (!this.#running || this.#stopping) return this.#silent('status', { type: 'unanswered_question', tool: request.toolName, input: request.input })
      const agentId = textField(request.details, 'toolUseID')
      const call = this.#calls.get(agentId)
      const toolCallId = call?.id ?? agentId
      id = `${this.#run ?? this.#sessionId}/permission-${(this.#asked += 1)}`
      const asked = askQuestion(
        request,
        { id, ...(toolCallId !== undefined && { toolCallId }), ...(call?.parentId !== undefined && { parentId: call.parentId }) },
        call?.input,
      )
      this.#questions.set(id, { ...asked, requestId, run: this.#run })
      this.#emit([{ type: 'permission', request: asked.question }])
    })
    return { events, id }
  }

  /** What an answer tells the program; text where it cannot be given, `undefined` where the question is not open. */
  verdict(questionId: string, answer: Answer): ToolVerdict | string | undefined {
    const asked = this.#questions.get(questionId)
    if (asked === undefined) return undefined
    return asked.question.options.some(({ id }) => id === answer.optionId) ? verdictOf(asked, answer) : `The question has no option "${answer.optionId}"`
  }

  /** A question was answered; without an option it never will be. */
  settled(questionId: string, optionId: string | undefined, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => this.#settle(questionId, optionId === undefined ? 'cancelled' : 'selected', optionId))
  }

  /** The process is gone. A run that was under way ends by it. */
  lost(loss: Loss, now: number): readonly AgentSessionEvent[] {
    return this.#collect(now, () => {
      this.#settleAll(loss.reason === 'stopped' || this.#stopping ? 'cancelled' : 'expired')
      this.#cutOff()
      if (!this.#running) return
      this.#running = false
      // The SDK says so when its host has called the process off, in whatever way.
      const stopped = loss.reason === 'stopped' || this.#stopping || loss.error?.includes('process aborted by user') === true
      this.#emit([
        stopped
          ? { type: 'status', status: 'done', reason: 'stopped' }
          : { type: 'status', status: 'error', error: this.#errorWords ?? (loss.error?.trim() ? loss.error : 'Claude ended without a word') },
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
    for (const body of bodies) this.#events.push({ ...body, sessionId: this.#sessionId, ...(run !== undefined && { run }) })
  }

  /** Makes ids unique that are not unique by themselves. */
  get #scope(): string {
    return this.#run ?? this.#sessionId
  }

  #message(id: string, type: RawMessage['type'], content: unknown, source: unknown, parentId?: string, run = this.#run): void {
    const timestamp = isoTime(textField(source, 'timestamp')) ?? this.#now
    this.#emit([{ type: 'message', messages: [{ id, type, content, timestamp, ...(parentId !== undefined && { parentId }) }] }], run)
    const uuid = textField(source, 'uuid')
    if (uuid === undefined) return
    const shown = this.#shown.get(uuid)
    if (shown === undefined) this.#shown.set(uuid, [id])
    else shown.push(id)
  }

  #unknown(content: unknown): void {
    this.#emit([{ type: 'message', messages: [{ id: `${this.#scope}/unknown-${(this.#strange += 1)}`, type: 'unknown', content, timestamp: this.#now }] }])
  }

  #silent(type: 'status' | 'compaction', content: unknown): void {
    this.#emit([{ type: 'message', messages: [{ id: `${this.#scope}/${type}-${(this.#strange += 1)}`, type, content, timestamp: this.#now }] }])
  }

  #system(message: unknown): void {
    const subtype = textField(message, 'subtype') ?? ''
    switch (subtype) {
      case 'init':
        return this.#init(message)
      case 'status': {
        const mode = textField(message, 'permissionMode')
        if (mode !== undefined) this.#emit([{ type: 'session', mode }])
        return this.#silent(field(message, 'status') === 'compacting' || field(message, 'compact_result') !== undefined ? 'compaction' : 'status', message)
      }
      case 'compact_boundary':
        this.#emit(this.#usage.contextIs(amountField(field(message, 'compact_metadata'), 'post_tokens')))
        return this.#silent('compaction', message)
      case 'commands_changed':
        return this.#emit([{ type: 'session', commands: readCommands(message) }])
      case 'local_command_output':
        return this.#say(textField(message, 'content') ?? '', message)
      case 'session_title_changed': {
        const title = textField(message, 'title')
        return title === undefined ? this.#unknown(message) : this.#emit([{ type: 'session', title }])
      }
      case 'model_fallback':
      case 'model_refusal_fallback': {
        this.#takeBack(listField(message, 'retracted_message_uuids'))
        const model = textField(message, 'fallback_model')
        if (model !== undefined && field(message, 'scope') !== 'local') this.#emit([{ type: 'session', model }])
        return this.#silent('status', message)
      }
      case 'api_retry':
        // What has streamed so far is said again from the beginning, by another message.
        this.#giveUp(this.#blocks.abandon(undefined))
        return this.#silent('status', message)
      default:
        return isSystemNews(subtype) ? this.#silent('status', message) : this.#unknown(message)
    }
  }

  #init(message: unknown): void {
    const agentSessionId = textField(message, 'session_id')
    const model = textField(message, 'model')
    const mode = textField(message, 'permissionMode')
    if (agentSessionId === undefined) return this.#unknown(message)
    const isNew = agentSessionId !== this.#agentSessionId
    const restarted = this.#restarted
    if (restarted) this.#usage.restart()
    this.#restarted = false
    this.#agentSessionId = agentSessionId
    this.#model = model
    // The program begins each turn with one.
    if (isNew) this.#message(`${agentSessionId}/${model ?? ''}/init`, 'init', { ...(model !== undefined && { model }), sessionId: agentSessionId }, message)
    this.#emit([
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
    this.#giveUp(this.#blocks.abandonAll())
    this.#emit([
      { type: 'session', restarted: true },
      { type: 'plan', entries: [] },
    ])
    this.#silent('status', message)
  }

  #stream(message: unknown): void {
    const event = field(message, 'event')
    const parentId = this.#parentOf(message)
    const index = amountField(event, 'index')
    switch (field(event, 'type')) {
      case 'message_start': {
        const apiId = textField(field(event, 'message'), 'id')
        if (apiId === undefined) break
        // A retry streams everything again under another id, and the program need not say that it gave up the first.
        return this.#giveUp(this.#blocks.enter(this.#scope, apiId, parentId))
      }
      case 'content_block_start':
        if (index === undefined) break
        return this.#beginBlock(message, field(event, 'content_block'), index, parentId)
      case 'content_block_delta': {
        const block = index === undefined ? undefined : this.#blocks.at(parentId, index)
        const delta = field(event, 'delta')
        const text = textField(delta, 'text') ?? textField(delta, 'thinking')
        if (text === undefined) {
          if (!silentDeltas.has(textField(delta, 'type') ?? '')) break
          return
        }
        // What was told whole before it had all streamed is not said twice.
        if (block === undefined || block.kind === 'tool') return
        return this.#streamText(block, text)
      }
      case 'message_delta': {
        const apiId = textField(message, 'api_message_id') ?? this.#blocks.current(parentId)
        if (apiId !== undefined) this.#emit(this.#usage.message(apiId, field(event, 'usage'), parentId === undefined))
        return
      }
      case 'message_stop': {
        const abandoned = field(message, 'abandoned_blocks')
        if (abandoned !== undefined) {
          this.#giveUp(this.#blocks.abandon(parentId, textField(abandoned, 'api_message_id'), amountField(abandoned, 'from_block_index')))
        }
        return
      }
      default:
        if (silentStream.has(textField(event, 'type') ?? '')) return
    }
    this.#unknown(message)
  }

  #beginBlock(message: unknown, content: unknown, index: number, parentId: string | undefined): void {
    switch (field(content, 'type')) {
      case 'text':
      case 'thinking': {
        const kind = field(content, 'type') === 'text' ? 'text' : 'thinking'
        const block = this.#blocks.begin(parentId, index, kind)
        const text = textField(content, kind)
        if (block !== undefined && text !== undefined && text !== '') this.#streamText(block, text)
        return
      }
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use': {
        const agentId = textField(content, 'id')
        const name = textField(content, 'name')
        if (agentId === undefined || name === undefined) return
        const call = this.#calls.open(this.#scope, agentId, name, parentId, this.#run)
        // Its arguments may take long to come: that it is being called shows at once.
        if (this.#blocks.begin(parentId, index, 'tool', call.id) !== undefined) this.#tellCall(call, message)
        return
      }
      default:
    }
  }

  #streamText(block: Block, text: string): void {
    if (text === '') return
    const { id, kind, parentId, length } = block
    if (kind === 'tool') return
    if (kind === 'text' && parentId === undefined) this.#hasSpoken = true
    this.#emit([{ type: 'delta', id, kind, text, offset: length, ...(parentId !== undefined && { parentId }) }])
    block.length += text.length
  }

  #assistant(message: unknown): void {
    const said = field(message, 'message')
    const apiId = textField(said, 'id') ?? textField(message, 'uuid')
    const content = field(said, 'content')
    if (apiId === undefined || !Array.isArray(content)) return this.#unknown(message)
    const parentId = this.#parentOf(message)
    if (field(message, 'error') !== undefined || field(message, 'is_api_error_message') === true) return this.#apiError(message, content, parentId)
    // What the program says in the model's place is told by the result, if it is for people.
    if (textField(said, 'model') === '<synthetic>') return this.#silent('status', message)
    this.#takeBack(listField(message, 'supersedes'))
    this.#giveUp(this.#blocks.enter(this.#scope, apiId, parentId))
    if (parentId === undefined) this.#usage.noteContext(field(said, 'usage'))
    for (const block of content) this.#wholeBlock(message, block, parentId)
  }

  /** An error of the API, said as if it were an answer. It is none; the result says how the run ends. */
  #apiError(message: unknown, content: readonly unknown[], parentId: string | undefined): void {
    if (parentId === undefined) {
      const words = content.map((block) => blockText(block) ?? '').join('\n')
      if (words.trim() !== '') this.#errorWords = words
      this.#errorKind = textField(message, 'error')
    }
    this.#silent('status', message)
  }

  #wholeBlock(message: unknown, content: unknown, parentId: string | undefined): void {
    const type = textField(content, 'type') ?? ''
    switch (type) {
      case 'text':
      case 'thinking':
        return this.#wholeText(message, type, textField(content, type) ?? '', parentId)
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use': {
        const agentId = textField(content, 'id')
        if (agentId === undefined) break
        const call = this.#calls.open(this.#scope, agentId, textField(content, 'name') || 'Tool', parentId, this.#run)
        call.input = field(content, 'input')
        this.#blocks.whole(parentId, 'tool', call.id)
        return this.#tellCall(call, message)
      }
      case 'redacted_thinking':
        return this.#blocks.skip(parentId)
      default:
        if (!type.endsWith('_tool_result')) break
        this.#blocks.skip(parentId)
        return this.#toolResult(message, content, undefined)
    }
    this.#unknown(message)
  }

  #wholeText(message: unknown, kind: 'text' | 'thinking', text: string, parentId: string | undefined): void {
    const block = this.#blocks.whole(parentId, kind)
    if (block === undefined || (text === '' && block.length === 0)) return
    if (kind === 'text' && parentId === undefined) this.#hasSpoken = true
    const aborted = field(message, 'aborted') === true
    if (!aborted) return this.#message(block.id, kind, { text }, message, parentId)
    // Cut off: what there is of it stays, and shows as what it is.
    this.#streamText(block, text.slice(block.length))
    this.#emit([{ type: 'message-end', id: block.id, cut: true }])
  }

  #tellCall({ id, name, input, parentId, run }: ToolCall, message: unknown): void {
    this.#message(id, 'tool_call', { name, ...(input !== undefined && { input }), toolCallId: id }, message, parentId, run)
  }

  #user(message: unknown): void {
    const content = field(field(message, 'message'), 'content')
    const blocks = Array.isArray(content) ? content : []
    const results = blocks.filter((block) => field(block, 'type') === 'tool_result')
    const structured = results.length === 1 ? field(message, 'tool_use_result') : undefined
    for (const result of results) this.#toolResult(message, result, structured)
    if (results.length > 0) return
    const text = contentText(content)
    if (text === undefined) return this.#unknown(message)
    const printed = commandPrinted(text)
    // The output of a command that the person typed is the answer to it.
    if (printed !== undefined && this.#running && this.#prompt.trimStart().startsWith('/')) return this.#say(printed, message)
    const isNobodys = isSynthetic(text) || this.#parentOf(message) !== undefined
    const isTold = field(message, 'isSynthetic') === true || field(message, 'isReplay') === true || fieldsOf(field(message, 'origin')) !== undefined
    // A prompt told back is there already. Anything else nobody typed, so it is not shown as if somebody had.
    if (isNobodys || isTold || (text.trim() !== '' && this.#prompt.includes(text.trim()))) return this.#silent('status', message)
    this.#unknown(message)
  }

  #toolResult(message: unknown, result: unknown, structured: unknown): void {
    const call = this.#calls.get(textField(result, 'tool_use_id'))
    // A result of a call that nobody has heard of would hang in the air.
    if (call === undefined) return this.#unknown(message)
    const { id, name, input, parentId, run } = call
    const failed = field(result, 'is_error') === true
    const content = field(result, 'content')
    const output = toolOutput(content, structured, failed)
    call.ended = true
    this.#message(`${id}/result`, 'tool_result', { output, toolCallId: id, ...(failed && { isError: true }) }, message, parentId, run)
    // A sub-agent's own list is not the plan of the conversation.
    if (failed || parentId !== undefined) return
    const entries = this.#plan.after(name, input, contentText(content), structured)
    if (entries !== undefined) this.#emit([{ type: 'plan', entries }])
  }

  /** Words of the program's own that are an answer. */
  #say(text: string, message: unknown): void {
    if (text === '') return this.#silent('status', message)
    this.#hasSpoken = true
    this.#message(textField(message, 'uuid') ?? `${this.#scope}/said-${(this.#strange += 1)}`, 'text', { text }, message)
  }

  #result(message: unknown): void {
    this.#emit(this.#usage.result(message, this.#model))
    // The program also works without being asked to: when something in the background is done.
    if (!this.#running || !this.#isOurs(message)) return this.#silent('status', message)
    const end = runEnd(message, {
      stopping: this.#stopping,
      ...(this.#errorWords !== undefined && { words: this.#errorWords }),
      ...(this.#errorKind !== undefined && { errorKind: this.#errorKind }),
    })
    const words = field(message, 'is_error') === true ? undefined : resultWords(message)
    // Commands of the program's own answer in the result alone.
    if (!this.#hasSpoken && words !== undefined && !isSynthetic(words)) this.#message(`${this.#scope}/result`, 'text', { text: words }, message)
    this.#settleAll('cancelled')
    this.#cutOff()
    const named = promptsNamed(message)
    for (const uuid of named) this.#unanswered.delete(uuid)
    const waits = named.length > 0 ? this.#unanswered.size > 0 : this.#promptUuids.size > 1 && (amountField(message, 'queued_turn_count') ?? 0) > 0
    // A prompt that came too late for this turn has the next one.
    if (waits && !this.#stopping) this.#heldEnd = end
    else this.#end(end)
  }

  #end(end: EventBody): void {
    this.#noteLogin(end)
    this.#running = false
    this.#heldEnd = undefined
    this.#emit([end])
  }

  /** A log in that the program has under way, or that came to its end. */
  #authStatus(message: unknown): void {
    this.#silent('status', message)
    if (field(message, 'isAuthenticating') !== false) return
    this.#needsLogin = textField(message, 'error') !== undefined
    this.#emit([{ type: 'session', login: { state: this.#needsLogin ? 'required' : 'done', methods: loginMethods } }])
  }

  /** Whether somebody is logged in shows by how runs end. */
  #noteLogin(end: EventBody): void {
    if (end.type !== 'status') return
    const needsLogin = end.reason === 'login-required'
    const isNews = needsLogin || (this.#needsLogin && end.status === 'done' && end.reason !== 'stopped')
    if (isNews) this.#emit([{ type: 'session', login: { state: needsLogin ? 'required' : 'done', methods: loginMethods } }])
    if (isNews) this.#needsLogin = needsLogin
  }

  /** What becomes of a prompt: it is queued, started, completed, or will never be read. */
  #lifecycle(message: unknown): void {
    const state = textField(message, 'state')
    const isOver = state !== 'queued' && state !== 'started'
    if (isOver) this.#unanswered.delete(textField(message, 'command_uuid') ?? '')
    if (isOver && this.#running && this.#heldEnd !== undefined && this.#unanswered.size === 0) this.#end(this.#heldEnd)
    this.#silent('status', message)
  }

  #isOurs(result: unknown): boolean {
    const named = promptsNamed(result)
    if (named.length > 0 && this.#promptUuids.size > 0) return named.some((uuid) => this.#promptUuids.has(uuid))
    const origin = textField(field(result, 'origin'), 'kind')
    return origin === undefined || origin === 'human'
  }

  /** Ends what only streamed: a text stays as far as it came, a call was never made. */
  #cutOff(): void {
    const blocks = this.#blocks.abandonAll()
    this.#giveUp(blocks.filter(({ kind }) => kind === 'tool'))
    for (const { kind, id, length } of blocks) if (kind !== 'tool' && length > 0) this.#emit([{ type: 'message-end', id, cut: true }])
  }

  /** Takes back what streamed and never became part of the conversation. */
  #giveUp(blocks: readonly Block[]): void {
    const shown = blocks.filter(({ kind, length }) => kind === 'tool' || length > 0)
    for (const { kind, id } of shown) if (kind === 'tool') this.#calls.forget(id)
    if (shown.length > 0) this.#emit([{ type: 'retract', ids: shown.map(({ id }) => id) }])
  }

  #takeBack(uuids: readonly unknown[]): void {
    const ids = uuids.flatMap((uuid) => (typeof uuid === 'string' ? (this.#shown.get(uuid) ?? []) : []))
    if (ids.length > 0) this.#emit([{ type: 'retract', ids }])
  }

  #settleAll(outcome: 'cancelled' | 'expired'): void {
    for (const id of this.#questions.keys()) this.#settle(id, outcome)
  }

  #settle(id: string, outcome: 'selected' | 'cancelled' | 'expired', optionId?: string): void {
    const asked = this.#questions.get(id)
    if (asked === undefined) return
    this.#questions.delete(id)
    this.#emit([{ type: 'permission-settled', requestId: id, outcome, ...(optionId !== undefined && { optionId }) }], asked.run)
  }

  #parentOf(message: unknown): string | undefined {
    const agentId = textField(message, 'parent_tool_use_id')
    return agentId === undefined || agentId === '' ? undefined : this.#calls.idOf(agentId)
  }
}

/** The prompts that a result answers; none where the program is too old to say. */
const promptsNamed = (result: unknown): readonly string[] =>
  [field(result, 'user_message_uuid'), ...listField(result, 'user_message_uuids')].filter((uuid) => typeof uuid === 'string')
