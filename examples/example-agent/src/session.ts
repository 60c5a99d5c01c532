import { randomUUID } from 'node:crypto'
import {
  type AgentContext,
  methods,
  type PromptResponse,
  RequestError,
  type SessionUpdate,
} from '@agentclientprotocol/sdk/unstable'
import { carryOut } from './carry-out/carry-out.ts'
import { lookAt } from './carry-out/look-at.ts'
import type { World } from './carry-out/world.ts'
import { type Conversation, titleOf, type Turn } from './conversation.ts'
import type { Mode } from './modes.ts'
import { parseOrder } from './orders.ts'
import type { PromptParts } from './prompt-parts.ts'
import { titleUpdate, usageUpdate } from './replay.ts'
import { ActiveTurn, TurnCancelled } from './turn.ts'
import { countWords, usageBetween } from './usage.ts'

export interface SessionWiring {
  readonly world: World
  save(conversation: Conversation): void
  /** For the person who looks at stderr. */
  report(problem: string): void
}

/** A session that a client has open: its conversation, and the turn that is under way in it. */
export class Session {
  readonly conversation: Conversation
  readonly #wiring: SessionWiring
  #underWay: AbortController | undefined
  #saveFailed = false

  constructor(conversation: Conversation, wiring: SessionWiring) {
    this.conversation = conversation
    this.#wiring = wiring
  }

  get id(): string {
    return this.conversation.id
  }

  async prompt(parts: PromptParts, client: AgentContext, requestSignal: AbortSignal): Promise<PromptResponse> {
    if (this.#underWay !== undefined) {
      throw RequestError.invalidRequest({ sessionId: this.id }, 'a turn is under way in this session')
    }
    const cancel = new AbortController()
    this.#underWay = cancel
    // The request itself can be cancelled too, and is when the connection closes.
    const cancelled = (): void => cancel.abort(new TurnCancelled())
    requestSignal.addEventListener('abort', cancelled, { once: true })
    try {
      return await this.#turn(parts, client, cancel.signal)
    } finally {
      requestSignal.removeEventListener('abort', cancelled)
      this.#underWay = undefined
    }
  }

  cancel(): void {
    this.#underWay?.abort(new TurnCancelled())
  }

  setMode(mode: Mode): void {
    this.conversation.mode = mode
    this.save()
  }

  /** A memory that cannot be written costs the memory, not the session. */
  save(): void {
    try {
      this.#wiring.save(this.conversation)
      this.#saveFailed = false
    } catch (error) {
      if (!this.#saveFailed) this.#wiring.report(`session ${this.id} cannot be saved: ${messageOf(error)}`)
      this.#saveFailed = true
    }
  }

  async #turn({ text, attached }: PromptParts, client: AgentContext, signal: AbortSignal): Promise<PromptResponse> {
    const { conversation } = this
    const before = { ...conversation.words }
    const turn: Turn = { prompt: { messageId: randomUUID(), text: text || '[attachments]' }, steps: [] }
    const isFirst = conversation.title === null
    conversation.turns.push(turn)
    conversation.words.heard += countWords(text)
    conversation.title ??= text.trim() === '' ? null : titleOf(text)
    this.#touch()

    const send = (update: SessionUpdate): Promise<void> =>
      client.notify(methods.client.session.update, { sessionId: this.id, update })
    if (isFirst && conversation.title !== null) await send(titleUpdate(conversation))

    const active = new ActiveTurn({
      conversation,
      turn,
      signal,
      paceMs: this.#wiring.world.paceMs,
      send,
      ask: (request) => client.request(methods.client.session.requestPermission, { sessionId: this.id, ...request }),
      save: () => this.#touch(),
    })
    let stopReason: PromptResponse['stopReason']
    try {
      stopReason = await this.#carryOut({ text, attached }, active, signal)
    } finally {
      // A turn that failed or was stopped has cost something too.
      await send(usageUpdate(conversation))
    }
    return { stopReason, usage: usageBetween(before, conversation.words) }
  }

  async #carryOut({ text, attached }: PromptParts, active: ActiveTurn, signal: AbortSignal): Promise<PromptResponse['stopReason']> {
    try {
      const order = parseOrder(text)
      if (attached.length > 0) await lookAt(attached, active)
      // What was sent to be looked at alone asks for no list of orders.
      if (attached.length === 0 || order.verb !== 'unknown') await carryOut(order, active, this.#wiring.world)
      return 'end_turn'
    } catch (error) {
      if (signal.aborted || error instanceof TurnCancelled) return 'cancelled'
      if (error instanceof RequestError) throw error
      this.#wiring.report(error instanceof Error ? (error.stack ?? error.message) : String(error))
      throw RequestError.internalError({ sessionId: this.id }, messageOf(error))
    }
  }

  #touch(): void {
    this.conversation.updatedAt = new Date().toISOString()
    this.save()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
