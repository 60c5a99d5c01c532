import type { AgentSessionEvent, RawMessage } from '@agent-session/core'
import { ClaudeFold } from '../src/index.ts'

let uuids = 0

/** A fold whose first run is under way, and short words for what the program says to it. */
export class Conversation {
  readonly fold = new ClaudeFold('session')

  constructor() {
    this.begin('run-1')
    this.system('init', { model: 'claude-fake', session_id: 'agent-session', permissionMode: 'default' })
  }

  begin(run: string, text = 'the prompt', uuid?: string): AgentSessionEvent[] {
    return [...this.fold.beginRun({ run, text, ...(uuid !== undefined && { uuid }) }, 0)]
  }

  hear(message: object): AgentSessionEvent[] {
    uuids += 1
    return [...this.fold.received({ uuid: `uuid-${uuids}`, parent_tool_use_id: null, ...message }, 0)]
  }

  system(subtype: string, more: object = {}): AgentSessionEvent[] {
    return this.hear({ type: 'system', subtype, ...more })
  }

  stream(event: object, more: object = {}): AgentSessionEvent[] {
    return this.hear({ type: 'stream_event', event, ...more })
  }

  startMessage(id: string, more: object = {}): AgentSessionEvent[] {
    return this.stream({ type: 'message_start', message: { id } }, more)
  }

  startBlock(index: number, content_block: object, more: object = {}): AgentSessionEvent[] {
    return this.stream({ type: 'content_block_start', index, content_block }, more)
  }

  delta(index: number, text: string, more: object = {}): AgentSessionEvent[] {
    return this.stream({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } }, more)
  }

  /** Words as they stream, not told whole yet. */
  streamText(id: string, text: string, more: object = {}): AgentSessionEvent[] {
    return [...this.startMessage(id, more), ...this.startBlock(0, { type: 'text', text: '' }, more), ...this.delta(0, text, more)]
  }

  say(id: string, content: object | readonly object[] | string, more: object = {}): AgentSessionEvent[] {
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : [content]
    return this.hear({ type: 'assistant', message: { id, content: blocks }, ...more })
  }

  call(id: string, name: string, input: object = {}, more: object = {}): AgentSessionEvent[] {
    return this.say(`message-of-${id}`, { type: 'tool_use', id, name, input }, more)
  }

  give(id: string, content: unknown, more: object = {}, block: object = {}): AgentSessionEvent[] {
    return this.hear({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: id, content, ...block }] }, ...more })
  }

  user(content: unknown, more: object = {}): AgentSessionEvent[] {
    return this.hear({ type: 'user', message: { content }, ...more })
  }

  result(more: object = {}): AgentSessionEvent[] {
    return this.hear({ type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed', result: '', ...more })
  }

  lost(error = 'It is gone'): AgentSessionEvent[] {
    return [...this.fold.lost({ reason: 'error', error }, 0)]
  }
}

export const messagesIn = (events: readonly AgentSessionEvent[]): readonly RawMessage[] => events.flatMap((event) => (event.type === 'message' ? event.messages : []))

/** Events in a line each, without those that show nothing. */
export const outline = (events: readonly AgentSessionEvent[]): string[] =>
  events.flatMap((event) => {
    switch (event.type) {
      case 'delta':
        return `${event.kind} ${event.id} ${event.offset} ${JSON.stringify(event.text)}${event.parentId === undefined ? '' : ` under ${event.parentId}`}`
      case 'message':
        return event.messages.filter(({ type }) => type !== 'status').map(({ type, id }) => `${type} ${id}`)
      case 'message-end':
        return `end ${event.id}${event.cut ? ' cut' : ''}`
      case 'retract':
        return `retract ${event.ids.join(' ')}`
      case 'status':
        return `status ${event.status} ${event.reason ?? event.error ?? ''}`
      default:
        return event.type
    }
  })
