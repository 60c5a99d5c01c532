import type { AgentEvent } from '@agent-session/core'

/** How many events one turn of the made-up agent has. */
const eventsPerTurn = 20

/** A stream like a busy agent's: text in pieces, a tool call with its result, cost; the same for the same `from`. */
export function* sessionEvents(sessionId: string, from: number, count: number): Iterable<AgentEvent> {
  for (let index = from; index < from + count; index += 1) yield eventAt(sessionId, index)
}

function eventAt(sessionId: string, index: number): AgentEvent {
  const turn = Math.floor(index / eventsPerTurn)
  const step = index % eventsPerTurn
  const toolCallId = `call-${turn}`
  switch (step) {
    case eventsPerTurn - 4:
      return { type: 'message-end', sessionId, id: `text-${turn}` }
    case eventsPerTurn - 3:
      return message(sessionId, toolCallId, 'tool_call', { name: 'Bash', input: { command: `run ${turn}` }, toolCallId })
    case eventsPerTurn - 2:
      return message(sessionId, `result-${turn}`, 'tool_result', { output: `line of output\n`.repeat(20), toolCallId })
    case eventsPerTurn - 1:
      return { type: 'cost', sessionId, costUsd: turn / 100, inputTokens: turn * 100, outputTokens: turn * 10 }
    default:
      return { type: 'delta', sessionId, id: `text-${turn}`, kind: 'text', text: 'word ', offset: step * 5 }
  }
}

function message(sessionId: string, id: string, type: 'tool_call' | 'tool_result', content: unknown): AgentEvent {
  return { type: 'message', sessionId, messages: [{ id, type, content, timestamp: 0 }] }
}
