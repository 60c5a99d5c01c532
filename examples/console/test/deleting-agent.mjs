// An agent that can delete its own copy of a session, and writes down which it did, in the file of its first argument.

import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [, , log = 'deleted.txt'] = process.argv
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
let sessions = 0

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  switch (method) {
    case 'initialize':
      send({ id, result: { protocolVersion: 1, agentCapabilities: { loadSession: true, sessionCapabilities: { delete: {}, list: {}, resume: {} } } } })
      break
    case 'session/new':
      send({ id, result: { sessionId: `kept-${(sessions += 1)}` } })
      break
    case 'session/prompt':
      send({ method: 'session/update', params: { sessionId: params.sessionId, update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'I keep it.' } } } })
      send({ id, result: { stopReason: 'end_turn' } })
      break
    case 'session/delete':
      appendFileSync(log, `${params.sessionId}\n`)
      send({ id, result: {} })
      break
    default:
      if (id !== undefined) send({ id, result: {} })
  }
}
