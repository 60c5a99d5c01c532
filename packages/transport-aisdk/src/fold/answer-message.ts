import { type Fields, fieldsOf, textField } from '@agent-session/core/transport'
import type { UiChunk } from './ui-chunk.ts'
import { isTextPart, isToolPart, type UiMessage, type UiMessagePart, type UiToolPart } from './ui-message.ts'

/** A tool call of an answer. A back end may use one `toolCallId` again for another call in a later step. */
export interface AnswerCall {
  readonly part: UiToolPart
  /** In which request of the run it was made, from 1. */
  readonly request: number
  /** How many calls with this `toolCallId` there are up to this one. */
  readonly nth: number
}

/** What an answer is begun with, where its first requests were made before. */
export interface AnswerBefore {
  readonly part: UiMessagePart
  readonly request: number
  /** Of calls. Absent: the first of its id. */
  readonly nth?: number
}

interface Slot {
  part: UiMessagePart
  readonly request: number
  readonly step: number
  readonly nth: number
  /** The one of the same name before it, which counts again if this one is taken back. */
  readonly older: Slot | undefined
}

/**
 * The message of the assistant that the chunks of one run make, over as many requests as it takes: it goes back to the
 * back end with the next request, with all that the model's provider wants to see again.
 */
export class AnswerMessage {
  #id: string
  #metadata: Fields | undefined
  readonly #slots: Slot[] = []
  /** The newest calls and data by their names: an answer may have very many. */
  readonly #named = new Map<string, Slot>()
  readonly #asking = new Map<string, Slot>()
  #step = 0
  #request = 0
  /** Texts that are coming, by their kind and the back end's id. */
  readonly #open = new Map<string, Slot>()
  /** How many calls there were by their id, those that were taken back too. */
  readonly #made = new Map<string, number>()

  constructor(id: string, before: readonly AnswerBefore[] = []) {
    this.#id = id
    for (const { part, request, nth = 1 } of before) {
      this.#request = request
      this.#push(part, nth)
      if (isToolPart(part)) this.#made.set(part.toolCallId, nth)
    }
  }

  get id(): string {
    return this.#id
  }

  /** As it is now: what comes later does not change it. */
  get message(): UiMessage {
    return { id: this.#id, role: 'assistant', ...(this.#metadata && { metadata: this.#metadata }), parts: this.#slots.map(({ part }) => part) }
  }

  /** All that is there, for another one that is to go on from here. */
  get before(): readonly AnswerBefore[] {
    return this.#slots.map(({ part, request, nth }) => ({ part, request, nth }))
  }

  beginRequest(request: number): void {
    this.#request = request
    this.#step += 1
    this.#open.clear()
  }

  /** The newest call with this id; `undefined` where there is none. */
  call(toolCallId: string): AnswerCall | undefined {
    const slot = this.#callSlot(toolCallId)
    return slot && isToolPart(slot.part) ? { part: slot.part, request: slot.request, nth: slot.nth } : undefined
  }

  calls(): readonly AnswerCall[] {
    return this.#slots.flatMap(({ part, request, nth }) => (isToolPart(part) ? [{ part, request, nth }] : []))
  }

  /** What a tool of this side gave; `error`: why it failed. */
  gave(toolCallId: string, outcome: { readonly output: unknown } | { readonly error: string }): void {
    if ('error' in outcome) this.#turnCall(toolCallId, { state: 'output-error', errorText: outcome.error })
    else this.#turnCall(toolCallId, { state: 'output-available', output: outcome.output })
  }

  take(chunk: UiChunk): void {
    switch (chunk.type) {
      case 'text-start':
      case 'reasoning-start':
        return this.#begin(kindOf(chunk.type), chunk.id, chunk.extras)
      case 'text-delta':
      case 'reasoning-delta':
        return this.#extend(kindOf(chunk.type), chunk.id, chunk.delta, chunk.extras)
      case 'text-end':
      case 'reasoning-end':
        return this.#finish(kindOf(chunk.type), chunk.id, chunk.extras)
      case 'tool-input-start':
        return this.#putCall(chunk, { state: 'input-streaming' })
      case 'tool-input-available':
        return this.#putCall(chunk, { state: 'input-available', input: chunk.input })
      case 'tool-input-error':
        return this.#putCall(chunk, { state: 'output-error', input: chunk.input, errorText: chunk.errorText })
      case 'tool-output-available': {
        const { toolCallId, output, preliminary, extras } = chunk
        return this.#turnCall(toolCallId, { ...extras, state: 'output-available', output, ...(preliminary && { preliminary }) })
      }
      case 'tool-output-error':
        return this.#turnCall(chunk.toolCallId, { ...chunk.extras, state: 'output-error', errorText: chunk.errorText })
      case 'tool-output-denied':
        return this.#turnCall(chunk.toolCallId, { state: 'output-denied' })
      case 'tool-approval-request': {
        const { approvalId, isAutomatic, extras } = chunk
        const slot = this.#callSlot(chunk.toolCallId)
        if (slot === undefined || !isToolPart(slot.part)) return
        // Told again after its answer it asks nothing: the answer stays.
        if (slot.part.approval?.id === approvalId && slot.part.state !== 'approval-requested') return
        this.#asking.set(approvalId, slot)
        return this.#turnCall(chunk.toolCallId, { state: 'approval-requested', approval: { id: approvalId, ...extras, ...(isAutomatic && { isAutomatic }) } })
      }
      case 'tool-approval-response':
        return this.respond(chunk.approvalId, chunk.approved, chunk.reason)
      case 'file':
        return void this.#push({ url: chunk.url, mediaType: chunk.mediaType, ...chunk.part, type: 'file' })
      case 'reasoning-file':
      case 'source-url':
      case 'source-document':
      case 'custom':
      case 'steering-message':
        return void this.#push({ ...chunk.part, type: chunk.type })
      case 'data':
        return chunk.transient ? undefined : this.#putData(chunk)
      case 'start-step':
        this.#step += 1
        return void this.#push({ type: 'step-start' })
      case 'reset-step': {
        this.#open.clear()
        while (this.#slots.length > 0 && this.#slots.at(-1)?.part.type !== 'step-start') this.#pop()
        return
      }
      case 'start':
        this.#id = chunk.messageId ?? this.#id
        return this.#note(chunk.metadata)
      case 'finish':
      case 'message-metadata':
        return this.#note(chunk.metadata)
      case 'tool-input-delta':
      case 'finish-step':
      case 'abort':
      case 'error':
        return
    }
  }

  /** Somebody has answered a question about a call. */
  respond(approvalId: string, approved: boolean, reason?: string): void {
    const slot = this.#asking.get(approvalId)
    if (slot === undefined || !isToolPart(slot.part) || slot.part.approval?.id !== approvalId || slot.part.state !== 'approval-requested') return
    slot.part = { ...slot.part, state: 'approval-responded', approval: { ...slot.part.approval, approved, ...(reason !== undefined && { reason }) } }
  }

  #begin(kind: 'text' | 'reasoning', id: string, extras: Fields): void {
    const open = this.#open.get(`${kind} ${id}`)
    // Told again before its first word, it is the same one.
    if (open && isTextPart(open.part) && open.part.text === '') return
    this.#finish(kind, id, {})
    this.#open.set(`${kind} ${id}`, this.#push({ ...extras, type: kind, text: '', state: 'streaming' }))
  }

  #extend(kind: 'text' | 'reasoning', id: string, delta: string, extras: Fields): void {
    if (!this.#open.has(`${kind} ${id}`)) this.#begin(kind, id, {})
    const slot = this.#open.get(`${kind} ${id}`)
    if (slot && isTextPart(slot.part)) slot.part = { ...slot.part, ...extras, text: slot.part.text + delta }
  }

  #finish(kind: 'text' | 'reasoning', id: string, extras: Fields): void {
    const slot = this.#open.get(`${kind} ${id}`)
    if (slot && isTextPart(slot.part)) slot.part = { ...slot.part, ...extras, state: 'done' }
    this.#open.delete(`${kind} ${id}`)
  }

  #putCall({ toolCallId, toolName, dynamic, extras }: { toolCallId: string; toolName: string; dynamic: boolean; extras: Fields }, news: Partial<UiToolPart> & Pick<UiToolPart, 'state'>): void {
    const known = this.#callSlot(toolCallId)
    // One that has its output, in a step that is over, is another call with the same id.
    if (known && isToolPart(known.part) && (known.step === this.#step || !isSettled(known.part))) {
      // What was told of a call before is told again by a stream that repeats itself: it goes no way back.
      if (!isSettled(known.part) && !isBackward(known.part, news)) known.part = { ...known.part, ...extras, ...news }
      return
    }
    const named = dynamic ? { type: 'dynamic-tool' as const, toolName } : { type: `tool-${toolName}` as const }
    const nth = (this.#made.get(toolCallId) ?? 0) + 1
    this.#made.set(toolCallId, nth)
    this.#push({ ...extras, ...named, toolCallId, ...news }, nth)
  }

  /** Brings a call into another state, which holds nothing of the one before. One that is not there stays so. */
  #turnCall(toolCallId: string, change: Partial<UiToolPart>): void {
    const slot = this.#callSlot(toolCallId)
    if (slot === undefined || !isToolPart(slot.part)) return
    const { output: _output, preliminary: _preliminary, errorText: _errorText, ...call } = slot.part
    slot.part = { ...call, ...change }
  }

  #putData({ name, id, data }: { name: `data-${string}`; id?: string; data: unknown }): void {
    const part: UiMessagePart = { type: name, ...(id !== undefined && { id }), data }
    const known = id === undefined ? undefined : this.#named.get(nameOf(part) ?? '')
    if (known) known.part = part
    else this.#push(part)
  }

  #callSlot(toolCallId: string): Slot | undefined {
    return this.#named.get(`call ${toolCallId}`)
  }

  #push(part: UiMessagePart, nth = 1): Slot {
    const name = nameOf(part)
    const slot = { part, request: this.#request, step: this.#step, nth, older: name === undefined ? undefined : this.#named.get(name) }
    this.#slots.push(slot)
    if (name !== undefined) this.#named.set(name, slot)
    return slot
  }

  #pop(): void {
    const slot = this.#slots.pop()
    const name = slot && nameOf(slot.part)
    if (name === undefined) return
    if (slot?.older) this.#named.set(name, slot.older)
    else this.#named.delete(name)
  }

  #note(metadata: unknown): void {
    const news = fieldsOf(metadata)
    if (news) this.#metadata = { ...this.#metadata, ...news }
  }
}

/** By which a part is found again; `undefined` for parts that stand for themselves. */
function nameOf(part: UiMessagePart): string | undefined {
  if (isToolPart(part)) return `call ${part.toolCallId}`
  const id = part.type.startsWith('data-') ? textField(part, 'id') : undefined
  return id === undefined ? undefined : `${part.type} ${id}`
}

const kindOf = (type: string): 'text' | 'reasoning' => (type.startsWith('text') ? 'text' : 'reasoning')

const isSettled = ({ state, preliminary }: UiToolPart): boolean =>
  state === 'output-denied' || state === 'output-error' || (state === 'output-available' && preliminary !== true)

const order = ['input-streaming', 'input-available', 'approval-requested', 'approval-responded'] as const

const isBackward = (known: UiToolPart, news: Pick<UiToolPart, 'state'>): boolean =>
  order.findIndex((state) => state === news.state) !== -1 && order.findIndex((state) => state === known.state) > order.findIndex((state) => state === news.state)

/**
 * A message that nothing is added to any more, as it can be sent: models take a call that nothing answers for one that
 * they must answer, so that each gets an answer.
 */
export function settledMessage(message: UiMessage): UiMessage {
  const parts = message.parts.flatMap((part): UiMessagePart[] => {
    if (isTextPart(part)) return part.state === 'streaming' ? [{ ...part, state: 'done' }] : [part]
    if (!isToolPart(part) || isSettled(part)) return [part]
    // Its arguments are not whole.
    if (part.state === 'input-streaming') return []
    const { approval: _approval, output: _output, preliminary: _preliminary, ...call } = part
    return [{ ...call, state: 'output-error', errorText: 'It was stopped before it gave anything.' }]
  })
  return { ...message, parts }
}
