import type { PlanEntry, RawMessage } from '@agent-session/core'
import { field, isoTime, textField } from '@agent-session/core/transport'
import { contentText } from './content-text.ts'
import type { Plan } from './plan.ts'
import { isSynthetic, typedCommand } from './synthetic-text.ts'
import { toolOutput } from './tool-output.ts'

/** A session as the program keeps it. */
export interface KeptSession {
  /** The conversation itself, in its order. */
  readonly messages: readonly unknown[]
  /** What sub-agents said and did, each agent's in its order: each message names the call that it is under. Absent: nothing. */
  readonly ofSubagents?: readonly unknown[]
}

/**
 * A session as the program keeps it (`getSessionMessages`), as messages with the ids that they have when they are told
 * live: the API's id and the block's place in it, the id of the tool call. What a sub-agent said follows its call.
 */
export class SessionHistory {
  readonly messages: RawMessage[] = []
  /** As it stands at the end; absent where there is none. */
  entries: readonly PlanEntry[] | undefined
  readonly #plan: Plan
  readonly #now: number
  /** How many blocks of each message of the API there were. */
  readonly #places = new Map<string, number>()
  readonly #calls = new Map<string, { readonly name: string; readonly input: unknown }>()
  /** What is under each call and not told yet. */
  readonly #under: Map<string, unknown[]>

  /** `plan` goes on from here. */
  constructor({ messages, ofSubagents = [] }: KeptSession, plan: Plan, now: number) {
    this.#plan = plan
    this.#now = now
    this.#under = byCall(ofSubagents)
    plan.clear()
    this.#takeAll(messages)
  }

  #takeAll(kept: readonly unknown[]): void {
    for (const message of kept) {
      if (field(message, 'type') === 'assistant') this.#assistant(message)
      else if (field(message, 'type') === 'user') this.#user(message)
    }
  }

  #add(id: string, type: RawMessage['type'], content: unknown, source: unknown): void {
    const parentId = textField(source, 'parent_tool_use_id')
    const timestamp = isoTime(textField(source, 'timestamp')) ?? this.#now
    this.messages.push({ id, type, content, timestamp, ...(parentId !== undefined && { parentId }) })
  }

  #assistant(message: unknown): void {
    const said = field(message, 'message')
    const apiId = textField(said, 'id') ?? textField(message, 'uuid')
    const content = field(said, 'content')
    if (apiId === undefined || !Array.isArray(content)) return
    // Errors and notices that the program says in the model's place.
    if (textField(said, 'model') === '<synthetic>' || field(message, 'error') !== undefined) return
    for (const block of content) this.#block(message, block, apiId)
  }

  #block(message: unknown, block: unknown, apiId: string): void {
    const place = this.#places.get(apiId) ?? 0
    this.#places.set(apiId, place + 1)
    const type = textField(block, 'type') ?? ''
    const toolId = textField(block, 'id')
    if (type === 'text' || type === 'thinking') {
      const text = textField(block, type) ?? ''
      if (text !== '') this.#add(`${apiId}/${place}`, type, { text }, message)
    } else if (type.endsWith('tool_use') && toolId !== undefined) {
      const call = { name: textField(block, 'name') ?? 'Tool', input: field(block, 'input') }
      this.#calls.set(toolId, call)
      this.#add(toolId, 'tool_call', { ...call, toolCallId: toolId }, message)
      const under = this.#under.get(toolId) ?? []
      this.#under.delete(toolId)
      this.#takeAll(under)
    }
  }

  #user(message: unknown): void {
    const content = field(field(message, 'message'), 'content')
    const results = (Array.isArray(content) ? content : []).filter((block) => field(block, 'type') === 'tool_result')
    const structured = results.length === 1 ? field(message, 'tool_use_result') : undefined
    for (const result of results) this.#result(message, result, structured)
    const text = results.length > 0 ? undefined : contentText(content)
    const uuid = textField(message, 'uuid')
    if (text === undefined || uuid === undefined || textField(message, 'parent_tool_use_id') !== undefined) return
    if (field(message, 'isSynthetic') === true || field(message, 'isMeta') === true) return
    const typed = typedCommand(text) ?? (isSynthetic(text) ? undefined : text)
    if (typed !== undefined && typed !== '') this.#add(uuid, 'user', { text: typed }, message)
  }

  #result(message: unknown, result: unknown, structured: unknown): void {
    const toolId = textField(result, 'tool_use_id')
    const call = toolId === undefined ? undefined : this.#calls.get(toolId)
    if (toolId === undefined || call === undefined) return
    const isError = field(result, 'is_error') === true
    const content = field(result, 'content')
    const output = toolOutput(content, structured, isError)
    this.#add(`${toolId}/result`, 'tool_result', { output, toolCallId: toolId, ...(isError && { isError }) }, message)
    if (isError || textField(message, 'parent_tool_use_id') !== undefined) return
    this.entries = this.#plan.after(call.name, call.input, contentText(content), structured) ?? this.entries
  }
}

function byCall(messages: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>()
  for (const message of messages) {
    const callId = textField(message, 'parent_tool_use_id')
    if (callId === undefined) continue
    const before = found.get(callId)
    if (before === undefined) found.set(callId, [message])
    else before.push(message)
  }
  return found
}
