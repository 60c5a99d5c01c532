import { amountField, field, fieldsOf, listField, textField } from '@agent-session/core/transport'
import { blockText, contentText } from './content-text.ts'
import type { ClaudeLog } from './claude-log.ts'
import { type Block, MessageBlocks } from './message-blocks.ts'
import type { Plan } from './plan.ts'
import { commandPrinted, isSynthetic } from './synthetic-text.ts'
import { type ToolCall, ToolCalls } from './tool-calls.ts'
import { toolOutput } from './tool-output.ts'
import type { TurnPrompts } from './turn-prompts.ts'
import type { UsageTotals } from './usage-totals.ts'

/** What a conversation tells, and what it is held against. */
export interface ConversationParts {
  readonly log: ClaudeLog
  readonly turn: TurnPrompts
  readonly usage: UsageTotals
  readonly plan: Plan
}

const silentStream = new Set(['content_block_stop', 'ping'])
const silentDeltas = new Set(['citations_delta', 'input_json_delta', 'signature_delta'])

/** What the model says, thinks and calls, in pieces and whole, and what comes of its calls. */
export class Conversation {
  readonly #log: ClaudeLog
  readonly #turn: TurnPrompts
  readonly #usage: UsageTotals
  readonly #plan: Plan
  readonly #blocks = new MessageBlocks()
  readonly #calls = new ToolCalls()
  /** Whether the conversation itself has said anything in this run. */
  hasSpoken = false
  /** The error that was said as if it were an answer. */
  errorWords: string | undefined
  errorKind: string | undefined

  constructor({ log, turn, usage, plan }: ConversationParts) {
    this.#log = log
    this.#turn = turn
    this.#usage = usage
    this.#plan = plan
  }

  /** What the run before left unfinished is taken back. */
  beginRun(): void {
    this.giveUpAll()
    this.#calls.beginRun()
    this.hasSpoken = false
    this.errorWords = undefined
    this.errorKind = undefined
  }

  /** The call that the program has told of by this id. */
  call(agentId: string | undefined): ToolCall | undefined {
    return this.#calls.get(agentId)
  }

  /** Everything that has only streamed is taken back. */
  giveUpAll(): void {
    this.#giveUp(this.#blocks.abandonAll())
  }

  /** What has streamed so far is said again from the beginning, by another message. */
  saysAgain(): void {
    this.#giveUp(this.#blocks.abandon(undefined))
  }

  /** A piece of a message that is being made. */
  stream(message: unknown): void {
    const event = field(message, 'event')
    const parentId = this.#parentOf(message)
    const index = amountField(event, 'index')
    switch (field(event, 'type')) {
      case 'message_start': {
        const apiId = textField(field(event, 'message'), 'id')
        if (apiId === undefined) break
        // A retry streams everything again under another id, and the program need not say that it gave up the first.
        return this.#giveUp(this.#blocks.enter(this.#log.scope, apiId, parentId))
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
        if (apiId !== undefined) this.#log.emit(this.#usage.message(apiId, field(event, 'usage'), parentId === undefined))
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
    this.#log.unknown(message)
  }

  /** A whole message of the model. */
  assistant(message: unknown): void {
    const said = field(message, 'message')
    const apiId = textField(said, 'id') ?? textField(message, 'uuid')
    const content = field(said, 'content')
    if (apiId === undefined || !Array.isArray(content)) return this.#log.unknown(message)
    const parentId = this.#parentOf(message)
    if (field(message, 'error') !== undefined || field(message, 'is_api_error_message') === true) return this.#apiError(message, content, parentId)
    // What the program says in the model's place is told by the result, if it is for people.
    if (textField(said, 'model') === '<synthetic>') return this.#log.silent('status', message)
    this.#log.takeBack(listField(message, 'supersedes'))
    this.#giveUp(this.#blocks.enter(this.#log.scope, apiId, parentId))
    if (parentId === undefined) this.#usage.noteContext(field(said, 'usage'))
    for (const block of content) this.#wholeBlock(message, block, parentId)
  }

  /** What the model is told: outputs of tools, and what looks as if a person had said it. */
  user(message: unknown): void {
    const content = field(field(message, 'message'), 'content')
    const blocks = Array.isArray(content) ? content : []
    const results = blocks.filter((block) => field(block, 'type') === 'tool_result')
    const structured = results.length === 1 ? field(message, 'tool_use_result') : undefined
    for (const result of results) this.#toolResult(message, result, structured)
    if (results.length > 0) return
    const text = contentText(content)
    if (text === undefined) return this.#log.unknown(message)
    const printed = commandPrinted(text)
    // The output of a command that the person typed is the answer to it.
    if (printed !== undefined && this.#turn.running && this.#turn.text.trimStart().startsWith('/')) return this.say(printed, message)
    const isNobodys = isSynthetic(text) || this.#parentOf(message) !== undefined
    const isTold = field(message, 'isSynthetic') === true || field(message, 'isReplay') === true || fieldsOf(field(message, 'origin')) !== undefined
    // A prompt told back is there already. Anything else nobody typed, so it is not shown as if somebody had.
    if (isNobodys || isTold || (text.trim() !== '' && this.#turn.text.includes(text.trim()))) return this.#log.silent('status', message)
    this.#log.unknown(message)
  }

  /** Words of the program's own that are an answer. */
  say(text: string, message: unknown): void {
    if (text === '') return this.#log.silent('status', message)
    this.hasSpoken = true
    this.#log.message(textField(message, 'uuid') ?? this.#log.nextId('said'), 'text', { text }, message)
  }

  /** Ends what only streamed: a text stays as far as it came, a call was never made. */
  cutOff(): void {
    const blocks = this.#blocks.abandonAll()
    this.#giveUp(blocks.filter(({ kind }) => kind === 'tool'))
    for (const { kind, id, length } of blocks) if (kind !== 'tool' && length > 0) this.#log.emit([{ type: 'message-end', id, cut: true }])
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
        const call = this.#calls.open(this.#log.scope, agentId, name, parentId, this.#log.run)
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
    if (kind === 'text' && parentId === undefined) this.hasSpoken = true
    this.#log.emit([{ type: 'delta', id, kind, text, offset: length, ...(parentId !== undefined && { parentId }) }])
    block.length += text.length
  }

  /** An error of the API, said as if it were an answer. It is none; the result says how the run ends. */
  #apiError(message: unknown, content: readonly unknown[], parentId: string | undefined): void {
    if (parentId === undefined) {
      const words = content.map((block) => blockText(block) ?? '').join('\n')
      if (words.trim() !== '') this.errorWords = words
      this.errorKind = textField(message, 'error')
    }
    this.#log.silent('status', message)
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
        const call = this.#calls.open(this.#log.scope, agentId, textField(content, 'name') || 'Tool', parentId, this.#log.run)
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
    this.#log.unknown(message)
  }

  #wholeText(message: unknown, kind: 'text' | 'thinking', text: string, parentId: string | undefined): void {
    const block = this.#blocks.whole(parentId, kind)
    if (block === undefined || (text === '' && block.length === 0)) return
    if (kind === 'text' && parentId === undefined) this.hasSpoken = true
    const aborted = field(message, 'aborted') === true
    if (!aborted) return this.#log.message(block.id, kind, { text }, message, parentId)
    // Cut off: what there is of it stays, and shows as what it is.
    this.#streamText(block, text.slice(block.length))
    this.#log.emit([{ type: 'message-end', id: block.id, cut: true }])
  }

  #tellCall({ id, name, input, parentId, run }: ToolCall, message: unknown): void {
    this.#log.message(id, 'tool_call', { name, ...(input !== undefined && { input }), toolCallId: id }, message, parentId, run)
  }

  #toolResult(message: unknown, result: unknown, structured: unknown): void {
    const call = this.#calls.get(textField(result, 'tool_use_id'))
    // A result of a call that nobody has heard of would hang in the air.
    if (call === undefined) return this.#log.unknown(message)
    const { id, name, input, parentId, run } = call
    const failed = field(result, 'is_error') === true
    const content = field(result, 'content')
    const output = toolOutput(content, structured, failed)
    call.ended = true
    this.#log.message(`${id}/result`, 'tool_result', { output, toolCallId: id, ...(failed && { isError: true }) }, message, parentId, run)
    // A sub-agent's own list is not the plan of the conversation.
    if (failed || parentId !== undefined) return
    const entries = this.#plan.after(name, input, contentText(content), structured)
    if (entries !== undefined) this.#log.emit([{ type: 'plan', entries }])
  }

  /** Takes back what streamed and never became part of the conversation. */
  #giveUp(blocks: readonly Block[]): void {
    const shown = blocks.filter(({ kind, length }) => kind === 'tool' || length > 0)
    for (const { kind, id } of shown) if (kind === 'tool') this.#calls.forget(id)
    if (shown.length > 0) this.#log.emit([{ type: 'retract', ids: shown.map(({ id }) => id) }])
  }

  #parentOf(message: unknown): string | undefined {
    const agentId = textField(message, 'parent_tool_use_id')
    return agentId === undefined || agentId === '' ? undefined : this.#calls.idOf(agentId)
  }
}
