import type { AgentSession } from '@agent-session/core'
import { limits } from './world-limits.ts'

/** What of a session does not fit together; `undefined` where all does. Holds at every moment at which somebody may look. */
export function halfChanged(view: AgentSession): string | undefined {
  const { sessionId, live, status, run, messages, permissions } = view
  if (live && run === undefined) return `${sessionId} is live without a run`
  if (live && (status === 'done' || status === 'error')) return `${sessionId} is live and ${status}`
  if (live && view.endReason !== undefined) return `${sessionId} is live and has ended: ${view.endReason}`
  if (live || status === 'running') return undefined
  const open = messages.find(({ streaming, toolState }) => streaming === true || toolState === 'running')
  if (open !== undefined) return `${sessionId} has ended, and ${open.id} goes on`
  const asks = permissions.find(({ state }) => state === 'pending' || state === 'answering')
  if (asks !== undefined) return `${sessionId} has ended, and ${asks.id} is asked still`
  if (view.stall !== undefined) return `${sessionId} has ended, and is stalled`
  return undefined
}

/** The ways to read a view that contradict each other, and bounds that do not hold; `undefined` where there are none. */
export function misshown(view: AgentSession): string | undefined {
  const { sessionId, messages, messageIds, messageCount, queue, permissions, run } = view
  if (messages.length !== messageCount || messageIds.length !== messageCount) return `${sessionId} counts ${messageCount} messages, ${messages.length} and ${messageIds.length}`
  for (const [index, message] of messages.entries()) {
    if (view.messageAt(index) !== message || messageIds[index] !== message.id || view.findMessage(message.id) !== message) {
      return `${message.id} of ${sessionId} is another message by its place or its id`
    }
  }
  if (view.lastMessage !== messages.at(-1)) return `${sessionId} has another last message than its last`
  if (queue.length > limits.queuedPrompts) return `promise 14: ${queue.length} prompts wait in ${sessionId}`
  const old = permissions.find((request) => request.run !== run)
  if (old !== undefined) return `promise 9: ${old.id} of ${sessionId} was asked by a run before`
  const ids = new Set(permissions.map(({ id }) => id))
  if (ids.size < permissions.length) return `promise 2: ${sessionId} asks the same question twice`
  return undefined
}
