import type { PermissionQuestion } from '@agent-session/core'
import { type EventBody, field, textField } from '@agent-session/core/transport'
import { chosenOption, type Elicitation } from './elicitation.ts'
import type { Told } from './transcript.ts'

export type RpcId = string | number | null

interface OpenQuestion {
  readonly question: PermissionQuestion
  readonly run: string | undefined
  /** Of a question with a form. */
  readonly form?: Elicitation
}

/** The questions of an agent that wait for a person, by the ids of their requests and by ours. */
export class OpenQuestions {
  readonly #open = new Map<RpcId, OpenQuestion>()
  #count = 0

  enterTurn(): void {
    this.#count = 0
  }

  /** Ids of our own: a program's count begins again in each process. */
  open(rpcId: RpcId, scope: string, run: string | undefined, asked: Omit<PermissionQuestion, 'id'>, form: Elicitation | undefined): PermissionQuestion {
    const question = { id: `${scope}/permission-${(this.#count += 1)}`, ...asked }
    this.#open.set(rpcId, { question, run, ...(form && { form }) })
    return question
  }

  get(rpcId: RpcId): OpenQuestion | undefined {
    return this.#open.get(rpcId)
  }

  find(questionId: string): OpenQuestion | undefined {
    for (const open of this.#open.values()) if (open.question.id === questionId) return open
    return undefined
  }

  /** Our answer went out. */
  answered(rpcId: RpcId, message: unknown): Told | undefined {
    const asked = this.#open.get(rpcId)
    if (asked === undefined) return undefined
    this.#open.delete(rpcId)
    const result = field(message, 'result')
    const outcome = field(result, 'outcome')
    const selected = textField(outcome, 'outcome') === 'selected' ? textField(outcome, 'optionId') : undefined
    const optionId = asked.form === undefined ? selected : chosenOption(asked.form, result)
    const requestId = asked.question.id
    const settled: EventBody =
      optionId === undefined
        ? { type: 'permission-settled', requestId, outcome: 'cancelled' }
        : { type: 'permission-settled', requestId, outcome: 'selected', optionId }
    return { bodies: [settled], run: asked.run }
  }

  /** No answer will come any more. */
  endAll(outcome: 'cancelled' | 'expired'): Told[] {
    const all = [...this.#open.values()]
    this.#open.clear()
    return all.map(({ question, run }) => ({ bodies: [{ type: 'permission-settled', requestId: question.id, outcome }], run }))
  }
}
