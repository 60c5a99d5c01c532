import type { PermissionOption } from '../src/index.ts'
import type { RawMessage } from '../src/ports/agent-event.ts'
import type { Cursor } from '../src/ports/cursor.ts'

export const allowOrReject: readonly PermissionOption[] = [
  { id: 'allow', label: 'Allow', kind: 'allow_once' },
  { id: 'reject', label: 'Reject', kind: 'reject_once' },
]

export interface Cost {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly costUsd?: number
  readonly cachedInputTokens?: number
  readonly scope?: 'session' | 'run' | 'turn'
  readonly model?: string
  readonly contextUsed?: number
  readonly contextSize?: number
}

/** Speaks as the agent of one run: each method tells one event. */
export class AgentVoice {
  readonly #tell: (event: unknown) => void
  readonly #about: { readonly sessionId: string; readonly run?: string }
  #timestamp = 1

  constructor(tell: (event: unknown) => void, about: { readonly sessionId: string; readonly run?: string }) {
    this.#tell = tell
    this.#about = about
  }

  /** As this, with the events numbered. */
  numbered(cursor: Cursor): AgentVoice {
    return new AgentVoice((event) => this.#tell(Object.assign({ cursor }, event)), this.#about)
  }

  emit(type: string, fields: object = {}): void {
    this.#tell({ ...this.#about, type, ...fields })
  }

  messages(...messages: readonly unknown[]): void {
    this.emit('message', { messages })
  }

  message(type: RawMessage['type'], content: unknown, id: string, fields: object = {}): void {
    this.messages({ id, type, content, timestamp: this.#timestamp++, ...fields })
  }

  text(id: string, text: string, fields: object = {}): void {
    this.message('text', { text }, id, fields)
  }

  delta(id: string, text: string, fields: object = {}): void {
    this.emit('delta', { id, kind: 'text', text, ...fields })
  }

  end(id: string, cut?: boolean): void {
    this.emit('message-end', { id, ...(cut !== undefined && { cut }) })
  }

  call(id: string, name = 'Read', input: unknown = { file_path: 'a.txt' }): void {
    this.message('tool_call', { name, input, toolCallId: id }, id)
  }

  result(callId: string, output: unknown, fields: object = {}): void {
    this.message('tool_result', { output, toolCallId: callId, ...fields }, `${callId}-result`)
  }

  status(status: string, fields: object = {}): void {
    this.emit('status', { status, ...fields })
  }

  cost({ inputTokens = 0, outputTokens = 0, ...cost }: Cost): void {
    this.emit('cost', { inputTokens, outputTokens, ...cost })
  }

  ask(id: string, request: object = {}): void {
    this.emit('permission', { request: { id, title: 'May I?', options: allowOrReject, ...request } })
  }

  settled(requestId: string, outcome: 'selected' | 'cancelled' | 'expired', fields: object = {}): void {
    this.emit('permission-settled', { requestId, outcome, ...fields })
  }
}
