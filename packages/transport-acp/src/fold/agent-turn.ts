import { field, type Loss, textField } from '@agent-session/core/transport'
import { isAuthRequired, rpcErrorText } from './rpc-error.ts'
import type { SessionParts } from './session-parts.ts'

/** The turn that is under way, from its prompt to the one end that it has, however the agent tells that. */
export class AgentTurn {
  readonly #parts: SessionParts
  #prompt = ''
  #running = false
  #stopping = false
  /** Whether the agent has taken up the prompt: only then can its rest be the end of it. */
  #isAtWork = false

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** Whether a prompt waits for its answer. */
  get running(): boolean {
    return this.#running
  }

  begin(prompt: string): void {
    this.#prompt = prompt
    this.#running = false
    this.#stopping = false
    this.#isAtWork = false
  }

  /** Its prompt went out. */
  promptSent(): void {
    this.#running = true
  }

  /** More words of the person. */
  steered(words: string): void {
    this.#prompt = `${this.#prompt}\n${words}`
  }

  cancelSent(): void {
    this.#stopping = true
  }

  /** Whether the person said this in this turn. */
  wasPrompted(words: string | undefined): boolean {
    return this.#prompt.includes(words?.trim() ?? '')
  }

  promptAnswered(result: unknown, error: unknown): void {
    // From the second version on a turn ends by the agent's state, not by the answer to its prompt.
    const isAccepted = this.#parts.facts.agent.version > 1 && error === undefined && textField(result, 'stopReason') === undefined
    if (!isAccepted) this.#ended(result, error)
  }

  /** `state_update`: an agent that rests after it was at work has come to the end of its turn. */
  stateIs(update: unknown): void {
    const state = textField(update, 'state')
    if (state === 'running' || state === 'requires_action') this.#isAtWork = this.#running
    else if (state === 'idle' && this.#isAtWork && this.#running) {
      this.#isAtWork = false
      const isError = textField(update, 'stopReason') === 'error'
      this.#ended(update, isError ? (field(update, 'error') ?? { message: 'The agent ended in an error' }) : undefined)
    }
  }

  /** The connection is gone: a turn that was under way ends by it. */
  lost({ reason, error }: Loss): void {
    const { log, conversation, questions } = this.#parts
    for (const settled of questions.endAll(reason === 'stopped' ? 'cancelled' : 'expired')) log.tell(settled)
    if (!this.#running) return
    this.#running = false
    conversation.closeTexts(true)
    log.emit([
      reason === 'stopped'
        ? { type: 'status', status: 'done', reason: 'stopped' }
        : { type: 'status', status: 'error', error: error ?? 'The connection to the agent was lost' },
    ])
  }

  /** How a turn ended, as the answer to its prompt or the agent's state tell it. */
  #ended(result: unknown, error: unknown): void {
    if (!this.#running) return
    const { log, facts, codex, cost } = this.#parts
    if (error !== undefined) {
      if (isAuthRequired(error)) log.emit(facts.loginIs({ state: 'required' }))
      return this.#failed(error)
    }
    const told = textField(result, 'stopReason')
    // An agent may answer a cancel as if it had come to its end (OpenCode does).
    const stopped = told === 'cancelled' || this.#stopping
    const failure = codex.words
    this.#close(stopped || failure !== undefined)
    log.emit(cost.turnUsage(field(result, 'usage')))
    if (told === undefined) log.unknown(result)
    this.#running = false
    if (stopped) log.emit([{ type: 'status', status: 'done', reason: 'stopped' }])
    else if (failure !== undefined) log.emit([{ type: 'status', status: 'error', error: failure }])
    else log.emit([{ type: 'status', status: 'done', reason: told === undefined || told === 'end_turn' ? 'completed' : told }])
  }

  #failed(error: unknown): void {
    const { log, conversation } = this.#parts
    let text = rpcErrorText(error)
    const { saying } = conversation.live
    this.#close(true)
    const words = saying?.text?.trim() ?? ''
    // Some agents say the error's words as an answer before they give the error itself.
    if (saying !== undefined && words !== '' && (isAbout(text, words) || this.#isClaudesOwn(saying.agentId))) {
      log.emit([{ type: 'retract', ids: [saying.id] }])
      if (!text.includes(words)) text = `${text}: ${words}`
    }
    this.#running = false
    log.emit([this.#stopping ? { type: 'status', status: 'done', reason: 'stopped' } : { type: 'status', status: 'error', error: text }])
  }

  /** claude-agent-acp: what the model says has the model's ids (`msg_…`), what the program says by itself has others. */
  #isClaudesOwn(agentId: string | undefined): boolean {
    return this.#parts.facts.agent.name.endsWith('/claude-agent-acp') && agentId !== undefined && !agentId.startsWith('msg_')
  }

  #close(cut: boolean): void {
    const { log, conversation, questions } = this.#parts
    conversation.closeTexts(cut)
    for (const settled of questions.endAll('cancelled')) log.tell(settled)
  }
}

/** Whether the words that an agent said are those of its error, and not an answer that happens to be in it. */
const isAbout = (error: string, words: string): boolean => words.length >= 12 && error.includes(words)
