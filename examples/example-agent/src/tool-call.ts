import { randomUUID } from 'node:crypto'
import type { SessionUpdate } from '@agentclientprotocol/sdk/unstable'
import type { Permitted, ToolCallRecord, ToolContent } from './conversation.ts'

/** What is known of a tool call before it begins. */
export interface ToolDescription extends Pick<ToolCallRecord, 'title' | 'name' | 'kind' | 'rawInput'> {
  /** The files that it is about, absolute. */
  readonly locations?: ToolCallRecord['locations']
  /** What can be shown beforehand, such as the difference that a write would make. */
  readonly content?: ToolCallRecord['content']
  /** The permission that it needs, where it needs one. */
  readonly needs?: Permitted
}

/** What the work of a tool came to. `failed` is a result too: a command that ends with 1 has still run. */
export interface ToolResult<T> {
  readonly status: 'completed' | 'failed'
  /** Absent: what is shown stays as it is. */
  readonly content?: ToolContent[]
  readonly rawOutput: unknown
  readonly value: T
}

export type ToolOutcome<T> =
  { readonly done: true; readonly value: T } | { readonly done: false; readonly reason: string }

/** A tool call on its way: its record and the updates that the client is sent grow together. */
export class ToolCallInTurn {
  readonly call: ToolCallRecord
  readonly #send: (update: SessionUpdate) => Promise<void>

  constructor(description: ToolDescription, send: (update: SessionUpdate) => Promise<void>) {
    const { title, name, kind, rawInput, locations = [], content = [] } = description
    const toolCallId = `call_${randomUUID()}`
    this.call = { toolCallId, title, name, kind, status: 'pending', locations, rawInput, content, rawOutput: undefined }
    this.#send = send
  }

  announce(): Promise<void> {
    const { rawOutput: _none, ...call } = structuredClone(this.call)
    return this.#send({ sessionUpdate: 'tool_call', ...call })
  }

  begin(): Promise<void> {
    this.call.status = 'in_progress'
    return this.#send({ sessionUpdate: 'tool_call_update', toolCallId: this.call.toolCallId, status: 'in_progress' })
  }

  /** What is shown of it while it runs. In ACP the content of an update replaces what was there. */
  show(content: ToolContent[]): Promise<void> {
    this.call.content = content
    return this.#send({ sessionUpdate: 'tool_call_update', toolCallId: this.call.toolCallId, content: [...content] })
  }

  end(status: 'completed' | 'failed', content: ToolContent[] | undefined, rawOutput: unknown): Promise<void> {
    this.call.status = status
    if (content !== undefined) this.call.content = content
    this.call.rawOutput = rawOutput
    return this.#send({
      sessionUpdate: 'tool_call_update',
      toolCallId: this.call.toolCallId,
      status,
      ...(content === undefined ? {} : { content: [...content] }),
      rawOutput,
    })
  }
}
