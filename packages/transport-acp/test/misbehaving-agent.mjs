// An agent that behaves in the way its first argument names. No dependencies: it starts in a few milliseconds.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [, , way = 'well', ...rest] = process.argv
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
const update = (update) => send({ method: 'session/update', params: { sessionId: 'agent-session-0123456789', update } })
const say = (text) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } })

if (way === 'exits-at-once') {
  process.stderr.write('\u001b[31mno configuration found\u001b[0m\n')
  process.exit(7)
}
if (way === 'deaf') {
  // Ignores the end of its input and a polite request to end.
  process.on('SIGTERM', () => {})
  setInterval(() => {}, 1_000)
}
if (rest[0]) writeFileSync(rest[0], String(process.pid))
if (way !== 'deaf') process.stdin.on('end', () => process.exit(0))

let promptId

function initialize(id) {
  if (way === 'refuses') return send({ id, error: { code: -32603, message: 'Internal error', data: { details: 'the moon is wrong' } } })
  if (way === 'silent') return
  if (way === 'old') return send({ id, result: { protocolVersion: 0 } })
  send({
    id,
    result: {
      protocolVersion: 1,
      agentCapabilities: { loadSession: rest.includes('load'), ...(rest.includes('resume') && { sessionCapabilities: { resume: {} } }) },
      authMethods: [{ id: 'login', name: 'Log in with Moon' }],
    },
  })
}

function open(id, method, params) {
  if (way === 'wants-login') return send({ id, error: { code: -32000, message: 'Authentication required' } })
  if (way === 'no-session-id') return send({ id, result: {} })
  if (method !== 'session/new') return send({ id, error: { code: -32002, message: 'Resource not found', data: params } })
  send({ id, result: { sessionId: 'agent-session-0123456789', modes: { currentModeId: 'ask', availableModes: [{ id: 'ask', name: 'Ask' }, { id: 'auto', name: 'Auto' }] } } })
}

function prompt(id) {
  switch (way) {
    case 'garbage':
      say('Now I ')
      process.stdout.write('Segmentation fault (core dumped)\n')
      return setTimeout(() => say('go on regardless'), 50)
    case 'not-rpc':
      return process.stdout.write('{"hello":"world"}\n')
    case 'endless-line':
      return process.stdout.write('x'.repeat(3 * 1024 * 1024))
    case 'floods':
      for (let count = 0; count < 20_000; count += 1) say(`${count} `)
      break
    case 'floods-for-ever':
      // It hears nothing while that writes as fast as anything can.
      return spawnSync('yes', [JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 'agent-session-0123456789', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'on ' } } } })], { stdio: ['ignore', 'inherit', 'inherit'] })
    case 'asks-for-ever':
      for (let count = 0; count < 300; count += 1) {
        send({
          id: `question-${count}`,
          method: 'session/request_permission',
          params: { sessionId: 'agent-session-0123456789', toolCall: { toolCallId: `call-of-some-length-${count}`, title: 'May I?' }, options: [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }] },
        })
      }
      return
    case 'waits-for-its-answer':
      // A cancel alone does not move it: it wants its question answered.
      promptId = id
      return send({
        id: 'question',
        method: 'session/request_permission',
        params: { sessionId: 'agent-session-0123456789', toolCall: { toolCallId: 'call-of-some-length-1', title: 'May I?' }, options: [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }] },
      })
    case 'odd':
      update({ sessionUpdate: 'quantum_update', state: 'both' })
      update({ sessionUpdate: 'tool_call', title: 'no id' })
      update(null)
      update({ sessionUpdate: 'agent_message_chunk', content: 'text' })
      send({ method: 'session/update', params: { sessionId: 'another session', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'not yours' } } } })
      process.stdout.write('{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"agent-session-0123456789","update":{"sessionUpdate":"tool_call","toolCallId":"call-of-some-length-1","title":"t","kind":"read","rawInput":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"path":"a.txt"}}}}\n')
      send({ id: 999, result: 'nobody asked' })
      send({ id: 'mine', method: 'fs/read_text_file', params: { path: '/etc/passwd' } })
      say('done')
      break
    case 'closes-output':
      say('bye')
      return process.stdout.end()
    case 'dies':
      say('half a sen')
      return setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20)
    case 'deaf':
      return say('I do not hear')
    default:
      say('Hello.')
  }
  send({ id, result: { stopReason: 'end_turn' } })
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (method === 'initialize') initialize(id)
  else if (method === 'session/new' || method === 'session/load' || method === 'session/resume') open(id, method, params)
  else if (method === 'session/prompt') prompt(id)
  else if (method === 'session/set_mode') send({ id, result: {} })
  else if (id === 'question') send({ id: promptId, result: { stopReason: JSON.parse(line).result.outcome.outcome === 'cancelled' ? 'cancelled' : 'end_turn' } })
  else if (id === 'mine') say(` refused: ${JSON.parse(line).error?.code}`)
})
