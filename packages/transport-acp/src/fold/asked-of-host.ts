import type { PermissionQuestion } from '@agent-session/core'
import { field, textField } from '@agent-session/core/transport'
import type { AgentTurn } from './agent-turn.ts'
import { type Elicitation, readElicitation } from './elicitation.ts'
import type { RpcId } from './open-questions.ts'
import { readOptions } from './permission-options.ts'
import type { SessionParts } from './session-parts.ts'

interface Request {
  readonly method: string
  readonly params: unknown
}

/** The agent's own requests: questions for a person, and what the host is to do for it. */
export class AskedOfHost {
  readonly #parts: SessionParts
  readonly #turn: AgentTurn
  /** The methods that the host answers; any other request is reported. */
  readonly #served: ReadonlySet<string>
  /** What the host has not answered yet. */
  readonly #serving = new Map<RpcId, Request>()

  constructor(parts: SessionParts, turn: AgentTurn, served: ReadonlySet<string>) {
    this.#parts = parts
    this.#turn = turn
    this.#served = served
  }

  take(id: RpcId, method: string, message: unknown): void {
    const { log, questions } = this.#parts
    const params = field(message, 'params')
    const told = questions.get(id)
    if (told !== undefined) return log.emit([{ type: 'permission', request: told.question }], told.run)
    if (method === 'session/request_permission' && this.#askPermission(id, params)) return
    if (method === 'elicitation/create' && this.#askForm(id, params)) return
    if (this.#served.has(method)) this.#serving.set(id, { method, params })
    else log.unknown(method === 'session/request_permission' ? params : message)
  }

  /** Our answer went out. Of what the host did only what a command of it printed is shown. */
  answered(id: RpcId, message: unknown): void {
    const { log, questions, conversation } = this.#parts
    const served = this.#serving.get(id)
    if (served === undefined) return void log.told(questions.answered(id, message))
    this.#serving.delete(id)
    const terminalId = textField(served.params, 'terminalId')
    const output = textField(field(message, 'result'), 'output')
    if (served.method === 'terminal/output' && terminalId !== undefined && output !== undefined) log.told(conversation.live.terminalOutput(terminalId, output, log.now))
  }

  /** The connection is gone, and with it whoever waits for what the host does. */
  forget(): void {
    this.#serving.clear()
  }

  #askPermission(rpcId: RpcId, params: unknown): boolean {
    const { log, conversation } = this.#parts
    // The second version has the call in a subject of its own, and the title beside it.
    const toolCall = field(params, 'toolCall') ?? field(field(params, 'subject'), 'toolCall')
    const options = readOptions(params)
    if (!this.#turn.running || options.length === 0) return false
    const asked = conversation.of(textField(params, 'sessionId')).askedCall(toolCall, log.now)
    const title = textField(params, 'title') || textField(toolCall, 'title') || undefined
    if (asked === undefined) {
      // A question about no call can only be asked in its own words.
      if (title === undefined || toolCall !== undefined) return false
      const command = textField(field(params, 'subject'), 'command')
      this.#open(rpcId, { title, options, ...(command !== undefined && { input: { command } }) })
      return true
    }
    log.tell(asked)
    const { call } = asked
    const input = field(toolCall, 'rawInput') ?? call.input
    const parent = call.parentId === undefined ? {} : { parentId: call.parentId }
    this.#open(rpcId, { title: title ?? call.title, toolCallId: call.id, ...parent, ...(input !== undefined && { input }), options })
    return true
  }

  #askForm(rpcId: RpcId, params: unknown): boolean {
    const { log, conversation } = this.#parts
    const form = this.#turn.running ? readElicitation(params) : undefined
    if (form === undefined) return false
    const transcript = conversation.of(textField(params, 'sessionId'))
    log.tell(transcript.pause())
    const toolCallId = transcript.callId(textField(params, 'toolCallId'))
    const { title, input, options } = form
    this.#open(rpcId, { title, input, options, ...(toolCallId !== undefined && { toolCallId }) }, form)
    return true
  }

  #open(rpcId: RpcId, asked: Omit<PermissionQuestion, 'id'>, form?: Elicitation): void {
    const { log, questions, conversation } = this.#parts
    log.emit([{ type: 'permission', request: questions.open(rpcId, conversation.live.scope, log.run, asked, form) }])
  }
}
