import type { PermissionQuestion } from '@agent-session/core'
import { type EventBody, type EventLog, field } from '@agent-session/core/transport'
import type { Lane } from './item-log.ts'
import type { RpcId } from './rpc-id.ts'
import type { Choice, ServerRequest } from './server-request.ts'

/** More requests at once than any person could answer: a Codex that asks so many has lost its mind. */
const mostRequests = 100

interface OpenRequest {
  readonly request: ServerRequest
  readonly questions: readonly PermissionQuestion[]
  readonly choices: (Choice | undefined)[]
  readonly run: string | undefined
}

/** An answer to a request of the app-server's, whole. */
export interface RequestAnswer {
  /** The request that it answers. */
  readonly rpcId: RpcId
  readonly result: unknown
}

/** The call that a request is about. */
interface AskingCall {
  readonly id: string
  readonly input?: unknown
}

/** The requests of Codex' that wait for a person. One may ask several questions, and is answered when all of them are. */
export class OpenRequests {
  readonly #log: EventLog
  readonly #open = new Map<RpcId, OpenRequest>()
  #asked = 0

  constructor(log: EventLog) {
    this.#log = log
  }

  beginRun(): void {
    this.#asked = 0
  }

  has(rpcId: RpcId): boolean {
    return this.#open.has(rpcId)
  }

  get isFull(): boolean {
    return this.#open.size >= mostRequests
  }

  /** Asks again what waits already. False where nothing of this id does. */
  again(rpcId: RpcId): boolean {
    const open = this.#open.get(rpcId)
    if (open !== undefined) this.#log.emit(asEvents(open.questions), open.run)
    return open !== undefined
  }

  /** `call`: what it is about, where that is known. */
  ask(rpcId: RpcId, request: ServerRequest, lane: Lane, call: AskingCall | undefined): void {
    const questions = request.questions.map(({ title, options, input = call?.input }): PermissionQuestion => ({
      id: `${this.#log.scope}/permission-${(this.#asked += 1)}`,
      title,
      ...(call !== undefined && { toolCallId: call.id }),
      ...(lane.parentId !== undefined && { parentId: lane.parentId }),
      ...(input !== undefined && { input }),
      options,
    }))
    this.#open.set(rpcId, { request, questions, choices: questions.map(() => undefined), run: this.#log.run })
    this.#log.emit(asEvents(questions))
  }

  /** The ids of the options of a question that waits; `undefined` where none of this id does. */
  optionsOf(requestId: string): readonly string[] | undefined {
    const found = this.#find(requestId)
    return found?.open.questions[found.index]?.options.map(({ id }) => id)
  }

  /** Takes an answer to one question. Gives what to tell Codex, once all of the request are answered. */
  choose(requestId: string, choice: Choice): RequestAnswer | undefined {
    const found = this.#find(requestId)
    if (found === undefined) return undefined
    const { rpcId, open, index } = found
    open.choices[index] = choice
    const choices = open.choices.filter((chosen) => chosen !== undefined)
    return choices.length === open.questions.length ? { rpcId, result: open.request.result(choices) } : undefined
  }

  /** What tells Codex that nobody will answer. */
  refusals(): readonly RequestAnswer[] {
    return [...this.#open].map(([rpcId, { request, questions }]) => ({ rpcId, result: request.result(questions.map(() => ({}))) }))
  }

  /** Our answer went out. */
  answered(rpcId: RpcId, message: unknown): void {
    const open = this.#open.get(rpcId)
    if (open === undefined) return
    this.#open.delete(rpcId)
    const said = open.request.optionOf(field(message, 'result'))
    for (const [index, { id: requestId, options }] of open.questions.entries()) {
      const chosen = open.choices[index] === undefined ? said : open.choices[index]?.optionId
      const isOption = chosen !== undefined && options.some(({ id }) => id === chosen)
      this.#log.emit([isOption ? { type: 'permission-settled', requestId, outcome: 'selected', optionId: chosen } : { type: 'permission-settled', requestId, outcome: 'cancelled' }], open.run)
    }
  }

  /** No answer to it will come any more. */
  settle(rpcId: RpcId, outcome: 'cancelled' | 'expired'): void {
    const open = this.#open.get(rpcId)
    this.#open.delete(rpcId)
    for (const { id: requestId } of open?.questions ?? []) this.#log.emit([{ type: 'permission-settled', requestId, outcome }], open?.run)
  }

  settleAll(outcome: 'cancelled' | 'expired'): void {
    for (const rpcId of this.#open.keys()) this.settle(rpcId, outcome)
  }

  #find(requestId: string): { readonly rpcId: RpcId; readonly open: OpenRequest; readonly index: number } | undefined {
    for (const [rpcId, open] of this.#open) {
      const index = open.questions.findIndex(({ id }) => id === requestId)
      if (index !== -1 && open.choices[index] === undefined) return { rpcId, open, index }
    }
    return undefined
  }
}

const asEvents = (questions: readonly PermissionQuestion[]): EventBody[] => questions.map((request) => ({ type: 'permission', request }))
