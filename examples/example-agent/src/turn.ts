import { randomUUID } from 'node:crypto'
import type {
  PlanEntry,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SessionUpdate,
} from '@agentclientprotocol/sdk/unstable'
import { type Conversation, type Permitted, type SpokenStep, textContent, type Turn } from './conversation.ts'
import type { Mode } from './modes.ts'
import { orAborted, pause } from './pause.ts'
import { askPermission } from './permission.ts'
import { type ToolDescription, ToolCallInTurn, type ToolOutcome, type ToolResult } from './tool-call.ts'
import { ToolFailure } from './tool-failure.ts'
import { countWords } from './usage.ts'

/** The client, or the user through it, has ended the turn. */
export class TurnCancelled extends Error {
  override readonly name = 'TurnCancelled'

  constructor() {
    super('the turn was cancelled')
  }
}

/** What a turn needs of the session that it belongs to. */
export interface TurnWiring {
  readonly conversation: Conversation
  readonly turn: Turn
  readonly signal: AbortSignal
  readonly paceMs: number
  send(update: SessionUpdate): Promise<void>
  ask(request: Omit<RequestPermissionRequest, 'sessionId'>): Promise<RequestPermissionResponse>
  save(): void
}

/** One word of a short answer takes this part of the pace of a story. */
const ANSWER_PACE = 1 / 4

/**
 * All that an order can do in its turn: speak, think, plan and use tools. Each is sent and remembered in the same
 * breath, so that a later `session/load` tells what was truly told.
 */
export class ActiveTurn {
  readonly #wiring: TurnWiring

  constructor(wiring: TurnWiring) {
    this.#wiring = wiring
  }

  get signal(): AbortSignal {
    return this.#wiring.signal
  }

  get conversation(): Conversation {
    return this.#wiring.conversation
  }

  /** Streams a message of its own, word by word. */
  say(text: string, pace: number = ANSWER_PACE): Promise<void> {
    return this.#stream('message', text.match(/\s*\S+\s*/g) ?? [], pace)
  }

  /** Streams a longer message line by line: word by word a list would take its reader's patience. */
  sayLines(text: string): Promise<void> {
    return this.#stream('message', text.split(/(?<=\n)/), ANSWER_PACE)
  }

  think(text: string): Promise<void> {
    return this.#stream('thought', text.match(/\s*\S+\s*/g) ?? [], 1)
  }

  /** Shows the plan as it is now; a turn has one plan, which each call replaces. */
  async plan(entries: readonly PlanEntry[]): Promise<void> {
    const { turn } = this.#wiring
    const now = entries.map(({ content, priority, status }) => ({ content, priority, status }))
    const known = turn.steps.find((step) => step.kind === 'plan')
    if (known === undefined) turn.steps.push({ kind: 'plan', entries: now })
    else known.entries = now
    this.#wiring.save()
    await this.send({ sessionUpdate: 'plan', entries: structuredClone(now) })
  }

  /** Waits as long as that many words of a story would take. */
  pause(words: number): Promise<void> {
    return pause(words * this.#wiring.paceMs, this.signal)
  }

  async setMode(mode: Mode): Promise<void> {
    this.conversation.mode = mode
    this.#wiring.save()
    await this.send({ sessionUpdate: 'current_mode_update', currentModeId: mode })
  }

  /**
   * Carries out a tool call from its announcement to its end. What goes wrong in it ends the call and not the turn;
   * a cancelled turn ends the call first.
   */
  async useTool<T>(
    description: ToolDescription,
    work: (tool: ToolCallInTurn) => Promise<ToolResult<T>>,
  ): Promise<ToolOutcome<T>> {
    this.signal.throwIfAborted()
    const tool = new ToolCallInTurn(description, (update) => this.#wiring.send(update))
    this.#wiring.turn.steps.push({ kind: 'tool', call: tool.call })
    try {
      this.#wiring.save()
      await tool.announce()
      if (description.needs !== undefined) await this.#permit(description.needs, tool)
      this.signal.throwIfAborted()
      await tool.begin()
      const result = await work(tool)
      // A tool that has done its work says so, even if the turn was cancelled in that moment.
      await tool.end(result.status, result.content, result.rawOutput)
      return { done: true, value: result.value }
    } catch (error) {
      const reason = this.signal.aborted || error instanceof TurnCancelled ? 'Cancelled.' : reasonOf(error)
      await tool.end('failed', [...tool.call.content, textContent(reason)], { error: reason })
      if (this.signal.aborted || !(error instanceof ToolFailure)) throw error
      return { done: false, reason }
    } finally {
      this.#wiring.save()
    }
  }

  /** For what none of the above sends. Nothing is sent once the turn is cancelled. */
  async send(update: SessionUpdate): Promise<void> {
    this.signal.throwIfAborted()
    await this.#wiring.send(update)
  }

  async #permit(needs: Permitted, tool: ToolCallInTurn): Promise<void> {
    const { conversation } = this.#wiring
    if (conversation.mode === 'auto' || conversation.alwaysAllowed.includes(needs)) return
    const answer = await orAborted(
      askPermission(tool.call, (request) => this.#wiring.ask(request)),
      this.signal,
    )
    switch (answer.outcome) {
      case 'allowed':
        if (answer.always) conversation.alwaysAllowed.push(needs)
        return
      case 'rejected':
        throw new ToolFailure(answer.reason)
      case 'cancelled':
        throw new TurnCancelled()
    }
  }

  async #stream(kind: SpokenStep['kind'], pieces: readonly string[], pace: number): Promise<void> {
    this.signal.throwIfAborted()
    const { turn, conversation } = this.#wiring
    const step: SpokenStep = { kind, messageId: randomUUID(), text: '' }
    turn.steps.push(step)
    try {
      for (const text of pieces) {
        this.signal.throwIfAborted()
        step.text += text
        conversation.words.said += countWords(text)
        await this.send({
          sessionUpdate: kind === 'message' ? 'agent_message_chunk' : 'agent_thought_chunk',
          messageId: step.messageId,
          content: { type: 'text', text },
        })
        await this.pause(pace)
      }
    } finally {
      this.#wiring.save()
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
