import { field, textField } from '@agent-session/core/transport'

/**
 * codex-acp tells a failed turn as one that went well: it says the error's words as if they were an answer, in a
 * message without an id, and ends with `end_turn`. That it failed is only in the `_meta` of `session_info_update`.
 */
export class CodexFailure {
  #failing = false
  #told: string | undefined
  #said = ''

  reset(): void {
    this.#failing = false
    this.#told = undefined
    this.#said = ''
  }

  /** Takes in a `session_info_update`. */
  note(update: unknown): void {
    const codex = field(field(update, '_meta'), 'codex')
    const status = textField(field(codex, 'threadStatus'), 'type')
    if (status === 'systemError') this.#failing = true
    else if (status === 'active') this.reset()
    const error = field(codex, 'error')
    const words = textField(error, 'additionalDetails') ?? textField(error, 'message')
    if (words === undefined) return
    this.#told = words
    if (field(error, 'willRetry') === false) this.#failing = true
  }

  /** Whether these words are the error's, and no answer. */
  takes(agentId: string | undefined, text: string): boolean {
    if (!this.#failing || agentId !== undefined) return false
    this.#said += text
    return true
  }

  /** Why the turn failed; `undefined` when it did not. */
  get words(): string | undefined {
    return this.#failing ? this.#said.trim() || this.#told?.trim() || 'Codex reported an error without a word' : undefined
  }
}
