import { amountField, type EventBody, field, listField, textField } from '@agent-session/core/transport'

export interface RunPrompt {
  readonly run: string
  /** As the conversation shows it. */
  readonly text: string
  /** The `uuid` that it is sent under, where it has one: results name the prompts that they answer. */
  readonly uuid?: string
}

/** The run that is under way, and which of its prompts the program has answered: more may be put into it. */
export class TurnPrompts {
  running = false
  stopping = false
  /** How the run will have ended, once the prompts that were put into it are answered too. */
  heldEnd: EventBody | undefined
  #text = ''
  /** The prompts that a result of this run may name. */
  #uuids = new Set<string>()
  /** Those of them that nothing has answered yet. */
  #unanswered = new Set<string>()

  /** What the person typed. */
  get text(): string {
    return this.#text
  }

  begin({ text, uuid }: RunPrompt): void {
    this.#text = text
    this.#uuids = new Set(uuid === undefined ? [] : [uuid])
    this.#unanswered = new Set(this.#uuids)
    this.heldEnd = undefined
    this.running = true
    this.stopping = false
  }

  /** A further prompt goes into the run. */
  steer(uuid: string): void {
    this.#uuids.add(uuid)
    this.#unanswered.add(uuid)
  }

  end(): void {
    this.running = false
    this.heldEnd = undefined
  }

  /** Whether a result is of this run: the program also works without being asked to, when something in the background is done. */
  owns(result: unknown): boolean {
    const named = promptsNamed(result)
    if (named.length > 0 && this.#uuids.size > 0) return named.some((uuid) => this.#uuids.has(uuid))
    const origin = textField(field(result, 'origin'), 'kind')
    return origin === undefined || origin === 'human'
  }

  /** Takes what a result answers; whether a prompt came too late for this turn, and has the next one. */
  answeredBy(result: unknown): 'all' | 'more' {
    const named = promptsNamed(result)
    for (const uuid of named) this.#unanswered.delete(uuid)
    const waits = named.length > 0 ? this.#unanswered.size > 0 : this.#uuids.size > 1 && (amountField(result, 'queued_turn_count') ?? 0) > 0
    return waits ? 'more' : 'all'
  }

  /** A prompt will not be read any more, or was. How the run ended by that, where it did. */
  settled(uuid: string): EventBody | undefined {
    this.#unanswered.delete(uuid)
    return this.running && this.#unanswered.size === 0 ? this.heldEnd : undefined
  }
}

/** The prompts that a result answers; none where the program is too old to say. */
const promptsNamed = (result: unknown): readonly string[] =>
  [field(result, 'user_message_uuid'), ...listField(result, 'user_message_uuids')].filter((uuid) => typeof uuid === 'string')
