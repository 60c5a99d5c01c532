import { textField } from '@agent-session/core/transport'
import type { ClaudeLog } from './claude-log.ts'
import { type Answer, type Asked, askQuestion, type ToolRequest, type ToolVerdict, verdictOf } from './permission-question.ts'
import type { ToolCall } from './tool-calls.ts'

interface OpenQuestion extends Asked {
  readonly run: string | undefined
  /** The program's id of the request. */
  readonly requestId: string | undefined
}

/** What the program has asked and nobody has answered. */
export class OpenQuestions {
  readonly #log: ClaudeLog
  readonly #open = new Map<string, OpenQuestion>()
  #asked = 0

  constructor(log: ClaudeLog) {
    this.#log = log
  }

  beginRun(): void {
    this.#asked = 0
  }

  /** A request that is sent again is the same question: it is told, and its id given. `undefined` where it is a new one. */
  again({ details }: ToolRequest): string | undefined {
    const requestId = textField(details, 'requestId')
    const before = requestId === undefined ? undefined : [...this.#open.values()].find((open) => open.requestId === requestId)
    if (before === undefined) return undefined
    this.#log.emit([{ type: 'permission', request: before.question }], before.run)
    return before.question.id
  }

  /** A new question before a call; gives its id. `call` absent: the program has not told of it. */
  ask(request: ToolRequest, call: ToolCall | undefined): string {
    const toolCallId = call?.id ?? textField(request.details, 'toolUseID')
    const id = `${this.#log.scope}/permission-${(this.#asked += 1)}`
    const asked = askQuestion(
      request,
      { id, ...(toolCallId !== undefined && { toolCallId }), ...(call?.parentId !== undefined && { parentId: call.parentId }) },
      call?.input,
    )
    this.#open.set(id, { ...asked, requestId: textField(request.details, 'requestId'), run: this.#log.run })
    this.#log.emit([{ type: 'permission', request: asked.question }])
    return id
  }

  /** What an answer tells the program; text where it cannot be given, `undefined` where the question is not open. */
  verdict(questionId: string, answer: Answer): ToolVerdict | string | undefined {
    const asked = this.#open.get(questionId)
    if (asked === undefined) return undefined
    return asked.question.options.some(({ id }) => id === answer.optionId) ? verdictOf(asked, answer) : `The question has no option "${answer.optionId}"`
  }

  settleAll(outcome: 'cancelled' | 'expired'): void {
    for (const id of this.#open.keys()) this.settle(id, outcome)
  }

  settle(id: string, outcome: 'selected' | 'cancelled' | 'expired', optionId?: string): void {
    const asked = this.#open.get(id)
    if (asked === undefined) return
    this.#open.delete(id)
    this.#log.emit([{ type: 'permission-settled', requestId: id, outcome, ...(optionId !== undefined && { optionId }) }], asked.run)
  }
}
