// An agent that plays the scenes of the transport cases. Its first argument names the scene, its second a folder where
// it keeps what must outlive it. No dependencies: it starts in a few milliseconds.

import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const [, , scene = 'answers', folder = '.'] = process.argv
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
let sessionId = ''
let promptId
let prompts = 0
const update = (update) => send({ method: 'session/update', params: { sessionId, update } })
const say = (text) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } })
const finish = (stopReason = 'end_turn') => {
  const id = promptId
  promptId = undefined
  if (id !== undefined) send({ id, result: { stopReason } })
}
const answer = () => {
  say('Hel')
  say('lo.')
  finish()
}

function open(id, method, params) {
  const file = (name) => path.join(folder, `${name}.session`)
  if (method === 'session/new') {
    sessionId = `scene-session-${readdirSync(folder).length}-${process.pid}`
    writeFileSync(file(sessionId), '')
    const modes = { currentModeId: 'ask', availableModes: [{ id: 'ask', name: 'Ask' }] }
    return send({ id, result: { sessionId, modes } })
  }
  if (!existsSync(file(params.sessionId))) return send({ id, error: { code: -32002, message: 'Resource not found' } })
  sessionId = params.sessionId
  send({ id, result: {} })
}

function prompt(id) {
  promptId = id
  prompts += 1
  const isFirst = prompts === 1
  const marker = path.join(folder, 'has-died')
  switch (scene) {
    case 'hangs':
      return say('Hello.')
    case 'talks-late':
      return isFirst ? say('Hello.') : answer()
    case 'asks': {
      const options = [
        { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
        { optionId: 'no', name: 'No', kind: 'reject_once' },
      ]
      return send({ id: 'question', method: 'session/request_permission', params: { sessionId, toolCall: { toolCallId: 'call_1', title: 'May I?', kind: 'edit' }, options } })
    }
    case 'uses-a-tool':
      update({ sessionUpdate: 'tool_call', toolCallId: 'call_1', title: 'Read a.txt', kind: 'read', status: 'in_progress', rawInput: { path: 'a.txt' } })
      update({ sessionUpdate: 'tool_call_update', toolCallId: 'call_1', status: 'completed', content: [{ type: 'content', content: { type: 'text', text: 'one' } }] })
      return answer()
    case 'fails':
      return send({ id, error: { code: -32603, message: 'Internal error: the model is overloaded' } })
    case 'dies':
      if (existsSync(marker)) return answer()
      writeFileSync(marker, '')
      say('Hello.')
      return setTimeout(() => process.exit(3), 10)
    case 'speaks-unknown':
      update({ sessionUpdate: 'quantum_update', state: 'both' })
      return answer()
    default:
      return answer()
  }
}

function cancel() {
  finish('cancelled')
  if (scene === 'talks-late') say('one more thing')
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, result } = JSON.parse(line)
  if (method === 'initialize') {
    const sessionCapabilities = { resume: {}, list: {} }
    send({ id, result: { protocolVersion: 1, agentCapabilities: { sessionCapabilities } } })
  } else if (method === 'session/new' || method === 'session/resume') open(id, method, params)
  else if (method === 'session/list') {
    const sessions = readdirSync(folder).flatMap((name) => (name.endsWith('.session') ? { sessionId: name.replace('.session', ''), cwd: '/' } : []))
    send({ id, result: { sessions } })
  } else if (method === 'session/prompt') prompt(id)
  else if (method === 'session/cancel') cancel()
  else if (id === 'question') {
    if (result?.outcome?.outcome === 'selected') answer()
    else finish('cancelled')
  }
})
process.stdin.on('end', () => process.exit(0))
