import { amountField, field, fieldsOf, textField } from '@agent-session/core/transport'
import type { AgentTurn } from './agent-turn.ts'
import { contentText } from './content-text.ts'
import { isMalformedPart, isNewsOfSession } from './kinds-of-update.ts'
import { openCodePlan } from './opencode-plan.ts'
import { PlanBook } from './plan-book.ts'
import type { SessionParts } from './session-parts.ts'
import { readCommands } from './session-settings.ts'
import type { StreamKind } from './text-streams.ts'
import type { Transcript } from './transcript.ts'

/** `session/update`: what is said and done, by the agent and by its sub-agents, and what is new of the session itself. */
export class SessionUpdates {
  readonly #parts: SessionParts
  readonly #turn: AgentTurn
  readonly #plans = new PlanBook()

  constructor(parts: SessionParts, turn: AgentTurn) {
    this.#parts = parts
    this.#turn = turn
  }

  /** `agentSessionId`: the session's own; `undefined` until it is known. */
  take(params: unknown, agentSessionId: string | undefined): void {
    const { log, conversation } = this.#parts
    const about = textField(params, 'sessionId')
    const update = field(params, 'update')
    const lane = conversation.children.transcript(about)
    // Other people's sessions are not this one's. Before its id is known, all is.
    const isOurs = lane === undefined && (agentSessionId === undefined || log.replay !== undefined || about === agentSessionId)
    const isTold = isOurs ? this.#takeSaid(update, conversation.current, about) || this.#takeNews(update) : lane !== undefined && this.#takeSaid(update, lane, about)
    // Of a sub-agent's own session what it says is told, and not how that session is set.
    if (!isTold && !(lane !== undefined && isNewsOfSession(update))) log.unknown(isOurs && isMalformedPart(update) ? update : params)
  }

  /** What is said and done, in the conversation or in a sub-agent's. False where it is something else. */
  #takeSaid(update: unknown, transcript: Transcript, sessionId: string | undefined): boolean {
    const { log, conversation } = this.#parts
    switch (field(update, 'sessionUpdate')) {
      case 'agent_message_chunk':
        return this.#chunk('text', update, transcript)
      case 'agent_thought_chunk':
        return this.#chunk('thinking', update, transcript)
      case 'agent_message':
        return log.told(transcript.message('text', update, log.now))
      case 'agent_thought':
        return log.told(transcript.message('thinking', update, log.now))
      case 'tool_call':
      case 'tool_call_update':
        return this.#toolCall(update, transcript)
      case 'tool_call_content_chunk':
        return log.told(transcript.toolChunk(update, log.now))
      case 'terminal_update':
      case 'terminal_output_chunk':
        return log.told(transcript.terminal(update, log.now))
      case 'subagent_update':
        // It begins as a call does: what is being said ends before it.
        if (conversation.children.transcript(textField(update, 'sessionId')) === undefined) log.tell(transcript.pause())
        return log.told(conversation.children.take(update, sessionId, conversation.current.scope, log.run, log.now))
      case 'session_message':
        // What agents say to each other is theirs; what one reports is its result.
        log.told(conversation.children.report(update, log.now))
        return true
      case 'session_message_chunk':
        this.#silent('status', update)
        return true
      default:
        return false
    }
  }

  /** News of the session itself. False where it is something else. */
  #takeNews(update: unknown): boolean {
    const { log, facts, cost, codex } = this.#parts
    switch (field(update, 'sessionUpdate')) {
      case 'user_message_chunk':
        return this.#userWords(contentText(field(update, 'content')), update)
      case 'user_message':
        return this.#userMessage(update)
      case 'state_update':
        this.#turn.stateIs(update)
        return true
      case 'plan':
        return this.#planIs(this.#plans.takePlan(update))
      case 'plan_update':
        return this.#planIs(this.#plans.takeUpdate(update))
      case 'plan_removed':
        return this.#planIs(this.#plans.remove(update))
      case 'usage_update':
        if (amountField(update, 'used') === undefined) return false
        log.emit(cost.usageUpdate(update))
        return true
      case 'available_commands_update':
        log.emit([{ type: 'session', commands: readCommands(update) }])
        return true
      case 'current_mode_update':
        log.emit(facts.modeIs(textField(update, 'currentModeId')))
        return true
      case 'config_option_update':
        log.emit(facts.note(update))
        return true
      case 'session_info_update': {
        codex.note(update)
        const title = textField(update, 'title')
        if (title !== undefined) log.emit([{ type: 'session', title }])
        return true
      }
      case 'notice':
        this.#silent('status', update)
        return true
      case 'compaction_update':
      case 'compaction_summary_chunk':
        this.#silent('compaction', update)
        return true
      default:
        return false
    }
  }

  #chunk(kind: StreamKind, update: unknown, transcript: Transcript): boolean {
    const { log, codex } = this.#parts
    const isError = kind === 'text' && codex.takes(textField(update, 'messageId'), contentText(field(update, 'content')) ?? '')
    return isError || log.told(transcript.chunk(kind, update, log.now))
  }

  #toolCall(update: unknown, transcript: Transcript): boolean {
    const { log, conversation, facts } = this.#parts
    const { name } = facts.agent
    const isTold = log.told(transcript.toolCall(update, name, log.now))
    const plan = transcript === conversation.live ? openCodePlan(name, update) : undefined
    if (plan !== undefined && this.#plans.takePlan(plan)) log.emit([{ type: 'plan', entries: this.#plans.entries }])
    return isTold
  }

  #planIs(isPlan: boolean): boolean {
    if (!isPlan) return false
    const { log, conversation } = this.#parts
    log.tell(conversation.current.pause())
    log.emit([{ type: 'plan', entries: this.#plans.entries }])
    return true
  }

  #userMessage(update: unknown): boolean {
    const blocks = field(update, 'content')
    if (!Array.isArray(blocks)) return blocks === undefined || blocks === null
    return blocks.every((content: unknown) => this.#userWords(contentText(content), { ...fieldsOf(update), content }))
  }

  #userWords(words: string | undefined, update: unknown): boolean {
    const { log } = this.#parts
    if (log.replay !== undefined) log.replay.addPrompt(update, log.now)
    // The prompt told back is there already. Anything else nobody typed, so it is not shown as if somebody had.
    else if (!this.#turn.wasPrompted(words)) return false
    return true
  }

  #silent(type: 'status' | 'compaction', content: unknown): void {
    const { log, conversation } = this.#parts
    log.silent(type, content, conversation.current.scope)
  }
}
