// A Codex that dies or falls silent in a phase of its first prompt, and is well from then on. Arguments: what it does
// (`dies`, `falls-silent`), the phase, a folder where it notes that it has done so, and what Codex is started with. No
// dependencies.

import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const [, , what, phase, folder, command] = process.argv
const note = path.join(folder, 'had-its-trouble')
const threadId = '01a1fad2-183a-77b3-a769-8e0a56d10e3e'
let isSilent = false
let turns = 0

/** Whether this is where the trouble is. */
function at(name) {
  if (isSilent) return true
  if (name !== phase || existsSync(note)) return false
  writeFileSync(note, '')
  if (what === 'dies') process.kill(process.pid, 'SIGKILL')
  isSilent = true
  return true
}
const send = (message) => isSilent || process.stdout.write(`${JSON.stringify(message)}\n`)
/** What was written is on its way before the next thing happens. */
const later = (next) => setTimeout(next, 20)
// Silent is also who does not hear that it is to end.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => (signal === 'SIGINT' ? at('stop') : isSilent) || process.exit(0))
if (what === 'falls-silent') setInterval(() => {}, 1_000)
if (command === 'app-server') appServer()
else exec()

function appServer() {
  const notify = (method, params) => send({ method, params: { threadId, turnId: `turn-${turns}`, ...params } })
  const finish = (status = 'completed') => notify('turn/completed', { turn: { id: `turn-${turns}`, status } })
  const answer = () => {
    notify('item/completed', { item: { type: 'agentMessage', id: `message-of-turn-${turns}-0123456789`, text: 'Hello.' } })
    finish()
  }
  const call = { type: 'commandExecution', id: 'call-0123456789abcdef', command: 'look', cwd: folder, status: 'inProgress' }

  function turn(id) {
    turns += 1
    if (at('prompt')) return
    send({ id, result: { turn: { id: `turn-${turns}` } } })
    if (existsSync(note)) return answer()
    notify('item/agentMessage/delta', { itemId: 'message-0123456789abcdef', delta: 'I look' })
    later(() => {
      if (at('text')) return
      notify('item/started', { item: call })
      later(() => {
        if (at('tool')) return
        send({ id: 'question', method: 'item/commandExecution/requestApproval', params: { threadId, itemId: call.id, command: 'look' } })
        later(() => at('question'))
      })
    })
  }

  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { id, method } = JSON.parse(line)
      if (method === 'initialize') return at('greeting') || send({ id, result: {} })
      if (method === 'account/read') return send({ id, result: { account: null, requiresOpenaiAuth: false } })
      if (method === 'thread/start' || method === 'thread/resume') return at('opening') || send({ id, result: { thread: { id: threadId } } })
      if (method === 'model/list') return send({ id, result: { data: [] } })
      if (method === 'turn/start') return turn(id)
      if (method === 'turn/interrupt') {
        if (at('stop')) return
        send({ id, result: {} })
        return finish('interrupted')
      }
      if (id === 'question' && !at('answer')) return answer()
    })
    .on('close', () => isSilent || process.exit(0))
}

function exec() {
  process.stdin.resume().on('end', () => {
    if (at('greeting')) return
    send({ type: 'thread.started', thread_id: threadId })
    later(() => {
      if (at('prompt')) return
      send({ type: 'turn.started' })
      if (existsSync(note)) {
        send({ type: 'item.completed', item: { id: 'item_0', type: 'agent_message', text: 'Hello.' } })
        send({ type: 'turn.completed', usage: {} })
        return later(() => process.exit(0))
      }
      send({ type: 'item.completed', item: { id: 'item_0', type: 'agent_message', text: 'I look' } })
      later(() => {
        if (at('text')) return
        send({ type: 'item.started', item: { id: 'item_1', type: 'command_execution', command: 'look', status: 'in_progress' } })
        later(() => at('tool'))
        setInterval(() => {}, 1_000)
      })
    })
  })
}
