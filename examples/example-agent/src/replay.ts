import type { SessionUpdate } from '@agentclientprotocol/sdk/unstable'
import type { Conversation, Step } from './conversation.ts'
import { CONTEXT_SIZE, costOf } from './usage.ts'

/** A conversation as the updates that would have made it: each message whole, with the id that it had. */
export function replay(conversation: Conversation): SessionUpdate[] {
  return [
    titleUpdate(conversation),
    ...conversation.turns.flatMap(({ prompt, steps }): SessionUpdate[] => [
      {
        sessionUpdate: 'user_message_chunk',
        messageId: prompt.messageId,
        content: { type: 'text', text: prompt.text },
      },
      ...steps.flatMap(updatesOf),
    ]),
    usageUpdate(conversation),
  ]
}

export function titleUpdate(conversation: Conversation): SessionUpdate {
  return { sessionUpdate: 'session_info_update', title: conversation.title, updatedAt: conversation.updatedAt }
}

export function usageUpdate({ words }: Conversation): SessionUpdate {
  return {
    sessionUpdate: 'usage_update',
    used: words.heard + words.said,
    size: CONTEXT_SIZE,
    cost: costOf(words),
  }
}

function updatesOf(step: Step): SessionUpdate[] {
  switch (step.kind) {
    case 'message':
    case 'thought':
      return [
        {
          sessionUpdate: step.kind === 'message' ? 'agent_message_chunk' : 'agent_thought_chunk',
          messageId: step.messageId,
          content: { type: 'text', text: step.text },
        },
      ]
    case 'plan':
      return [{ sessionUpdate: 'plan', entries: structuredClone(step.entries) }]
    case 'tool': {
      const { status, content, rawOutput, ...call } = structuredClone(step.call)
      return [
        { sessionUpdate: 'tool_call', ...call, status: 'pending' },
        { sessionUpdate: 'tool_call_update', toolCallId: call.toolCallId, status, content, rawOutput },
      ]
    }
  }
}
