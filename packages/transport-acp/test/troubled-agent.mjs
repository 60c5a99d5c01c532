// An agent that dies or falls silent in a phase of its first prompt, and is well from then on. Arguments: what it does
// (`dies`, `falls-silent`), the phase, and a folder where it notes that it has done so. No dependencies.

import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const [, , what, phase, folder] = process.argv
const note = path.join(folder, 'had-its-trouble')
const sessionId = `troubled-session-${process.pid}`
let isSilent = false
let promptId

/** Whether this is where the trouble is. */
function at(name) {
  if (isSilent) return true
  if (name !== phase || existsSync(note)) return false
  writeFileSync(note, '')
  if (what === 'dies') process.kill(process.pid, 'SIGKILL')
  isSilent = true
  return true
}
const send = (message) => isSilent || process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
const update = (update) => send({ method: 'session/update', params: { sessionId, update } })

function prompt(id) {
  promptId = id
  if (existsSync(note)) return answer()
  if (at('prompt')) return
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'I look' } })
  // What was written is on its way before it dies.
  setTimeout(() => {
    if (at('text')) return
    update({ sessionUpdate: 'tool_call', toolCallId: 'call-0123456789abcdef', title: 'Look', kind: 'execute', status: 'in_progress' })
    setTimeout(() => {
      if (at('tool')) return
      send({ id: 'question', method: 'session/request_permission', params: { sessionId, toolCall: { toolCallId: 'call-0123456789abcdef' }, options: [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }] } })
      setTimeout(() => at('question'), 20)
    }, 20)
  }, 20)
}
const answer = () => {
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'Hello.' } })
  send({ id: promptId, result: { stopReason: 'end_turn' } })
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (method === 'initialize') return at('greeting') || send({ id, result: { protocolVersion: 1, agentCapabilities: {} } })
  if (method === 'session/new') return at('opening') || send({ id, result: { sessionId } })
  if (method === 'session/prompt') return prompt(id)
  if (method === 'session/cancel') return at('stop') || send({ id: promptId, result: { stopReason: 'cancelled' } })
  if (id === 'question' && !at('answer')) return answer()
})
process.stdin.on('end', () => isSilent || process.exit(0))
// Silent is also who does not hear that it is to end.
process.on('SIGTERM', () => isSilent || process.exit(0))
if (what === 'falls-silent') setInterval(() => {}, 1_000)
