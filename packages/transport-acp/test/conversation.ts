import type { AgentSessionEvent, RawMessage } from '@agent-session/core'
import { AcpFold } from '../src/index.ts'

export const agentSessionId = 'agent-session-0123456789'

/** A fold whose session is open and whose first run is under way. */
export class Conversation {
  readonly fold = new AcpFold('session')
  #rpcId = 0
  #prompt = 0

  constructor(agentName = 'some-agent', protocolVersion = 1) {
    this.ask('initialize', {}, { result: { protocolVersion, agentInfo: { name: agentName } } })
    this.ask('session/new', {}, { result: { sessionId: agentSessionId } })
    this.begin('run-1')
  }

  ask(method: string, params: unknown, answer: object): AgentSessionEvent[] {
    const id = (this.#rpcId += 1)
    return [...this.fold.sent({ jsonrpc: '2.0', id, method, params }, 0), ...this.fold.received({ jsonrpc: '2.0', id, ...answer }, 0)]
  }

  begin(run: string): AgentSessionEvent[] {
    this.#prompt = this.#rpcId += 1
    return [...this.fold.beginRun(run, 'the prompt', 0), ...this.fold.sent({ id: this.#prompt, method: 'session/prompt', params: { sessionId: agentSessionId } }, 0)]
  }

  end(answer: object = { result: { stopReason: 'end_turn' } }): AgentSessionEvent[] {
    return [...this.fold.received({ id: this.#prompt, ...answer }, 0)]
  }

  update(update: unknown): AgentSessionEvent[] {
    return [...this.fold.received({ method: 'session/update', params: { sessionId: agentSessionId, update } }, 0)]
  }

  say(text: string, messageId?: string, more: object = {}): AgentSessionEvent[] {
    return this.update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text }, ...(messageId && { messageId }), ...more })
  }

  tool(toolCallId: string, more: object = {}): AgentSessionEvent[] {
    return this.update({ sessionUpdate: 'tool_call', toolCallId, title: 'Look', kind: 'read', ...more })
  }

  toolUpdate(toolCallId: string, more: object): AgentSessionEvent[] {
    return this.update({ sessionUpdate: 'tool_call_update', toolCallId, ...more })
  }

  question(rpcId: string | number, toolCall: object, more: object = {}): AgentSessionEvent[] {
    const options = [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }]
    return [...this.fold.received({ id: rpcId, method: 'session/request_permission', params: { sessionId: agentSessionId, toolCall, options, ...more } }, 0)]
  }
}

export const messagesIn = (events: readonly AgentSessionEvent[]): readonly RawMessage[] => events.flatMap((event) => (event.type === 'message' ? event.messages : []))
export const outline = (events: readonly AgentSessionEvent[]): string[] =>
  events.map((event) => {
    switch (event.type) {
      case 'delta':
        return `${event.kind} ${event.id} ${event.offset} ${JSON.stringify(event.text)}`
      case 'message':
        return event.messages.map(({ type, id }) => `${type} ${id}`).join(', ')
      case 'message-end':
        return `end ${event.id}${event.cut ? ' cut' : ''}`
      case 'status':
        return `status ${event.status} ${event.reason ?? event.error ?? ''}`
      default:
        return event.type
    }
  })
export const text = (words: string) => [{ type: 'content', content: { type: 'text', text: words } }]
