// A Codex that behaves in the way its first argument names; its second is a folder where it leaves its pid and what it
// was told. No dependencies: it starts in a few milliseconds.

import { spawnSync } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const [, , way, folder, command, ...args] = process.argv
const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const tell = (what) => appendFileSync(path.join(folder, 'told'), `${JSON.stringify(what)}\n`)
writeFileSync(path.join(folder, 'pid'), String(process.pid))

if (way === 'exits-at-once') {
  process.stderr.write('\u001b[31mno configuration found\u001b[0m\n')
  process.exit(7)
}
if (command === 'app-server' && way === 'old') {
  process.stderr.write("error: unrecognized subcommand 'app-server'\n")
  process.exit(2)
}
if (command === 'app-server' && way === 'older') {
  process.stderr.write('Error: stdin is not a terminal\n')
  process.exit(1)
}
if (way === 'deaf') {
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => {})
  setInterval(() => {}, 1_000)
}
if (command === 'app-server') appServer()
else exec()

function appServer() {
  const thread = { threadId: 'thread-0123456789abcdef', turnId: 'turn-1' }
  let turns = 0
  const notify = (method, params) => send({ method, params: { ...thread, ...params } })
  const say = (delta, itemId = 'message-0123456789abcdef') => notify('item/agentMessage/delta', { itemId, delta })
  const finish = () => notify('turn/completed', { turn: { id: `turn-${turns}`, status: 'completed' } })

  function turn() {
    switch (way) {
      case 'garbage':
        say('Now I ')
        process.stdout.write('Segmentation fault (core dumped)\n')
        return setTimeout(() => say('go on regardless'), 50)
      case 'not-rpc':
        return process.stdout.write('{"hello":"world"}\n')
      case 'endless-line':
        return process.stdout.write('x'.repeat(3 * 1024 * 1024))
      case 'closes-output':
        say('bye')
        return process.stdout.end()
      case 'dies':
        say('half a sen')
        return setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20)
      case 'floods':
        for (let count = 0; count < 20_000; count += 1) say(`${count} `)
        return finish()
      case 'floods-for-ever':
        // It hears nothing while that writes as fast as anything can.
        return spawnSync('yes', [JSON.stringify({ method: 'item/agentMessage/delta', params: { ...thread, itemId: 'message-0123456789abcdef', delta: 'on ' } })], { stdio: ['ignore', 'inherit', 'inherit'] })
      case 'deaf':
        return say('I do not hear')
      case 'asks-strangely':
        send({ id: 'strange', method: 'attestation/generate', params: {} })
        return
      case 'steered':
      case 'asks-for-a-name':
        return
      default:
        say('Hello.', `message-0123456789abcdef-${turns}`)
        return finish()
    }
  }

  createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line)
    const { id, method, params } = message
    tell(message)
    const reply = (result) => send({ id, result })
    switch (method) {
      case 'initialize':
        if (way === 'silent') return
        return way === 'refuses' ? send({ id, error: { code: -32603, message: 'the moon is wrong' } }) : reply({})
      case 'account/read':
        if (way === 'knows-no-account') return send({ id, error: { code: -32601, message: 'unknown method' } })
        return reply({ account: null, requiresOpenaiAuth: way === 'wants-login' })
      case 'thread/start':
      case 'thread/resume':
        if (way === 'thread-is-held') return send({ id, error: { code: -32600, message: 'thread already has an active writer' } })
        if (way === 'no-thread') return send({ id, error: { code: -32600, message: 'no threads here' } })
        // A copy goes on as itself.
        if (method === 'thread/resume' && params.threadId?.startsWith('copy-')) thread.threadId = params.threadId
        return reply(way === 'no-thread-id' ? {} : { thread: { id: thread.threadId }, model: 'm' })
      case 'model/list':
        return reply({ data: [{ id: 'm', model: 'm', supportedReasoningEfforts: [{ reasoningEffort: 'low' }, { reasoningEffort: 'high' }], defaultReasoningEffort: 'low' }] })
      case 'turn/start':
        if (way === 'refuses-prompts') return send({ id, error: { code: -32600, message: 'no such model' } })
        turns += 1
        thread.turnId = `turn-${turns}`
        if (way === 'answers-no-prompt') return turn()
        reply({ turn: { id: thread.turnId } })
        return turn()
      case 'thread/delete':
        return reply({})
      case 'thread/fork':
        return reply({ thread: { id: 'copy-0123456789abcdef' } })
      case 'turn/steer':
        if (params.input[0].text === 'not this') return send({ id, error: { code: -32600, message: 'no turn to steer' } })
        reply({ turnId: params.expectedTurnId })
        say(`And ${params.input[0].text}.`)
        return finish()
      case 'turn/interrupt':
        if (way === 'deaf') return
        reply({})
        return notify('turn/completed', { turn: { id: thread.turnId, status: 'interrupted' } })
      default:
        if (id === 'strange') {
          say(` refused: ${message.error?.code}`)
          finish()
        }
    }
  })
  if (way !== 'deaf') process.stdin.on('end', () => process.exit(0))
}

function exec() {
  let prompt = ''
  process.stdin.on('data', (text) => (prompt += text))
  process.stdin.on('end', () => {
    tell({ args, prompt, cwd: process.cwd(), note: process.env.SOME_NOTE })
    if (way === 'silent') return setInterval(() => {}, 1_000)
    if (way === 'exec-breaks') return process.exit(3)
    send({ type: 'thread.started', thread_id: '01a1fad2-183a-77b3-a769-8e0a56d10e3e' })
    if (way === 'exec-is-slow') {
      // An interrupt that comes too early is lost, and the next one is not heeded.
      process.once('SIGINT', () => process.on('SIGINT', () => {}))
      return setTimeout(() => {
        process.removeAllListeners('SIGINT')
        process.once('SIGINT', () => process.exit(1))
        send({ type: 'turn.started' })
        setInterval(() => {}, 1_000)
      }, 30)
    }
    send({ type: 'turn.started' })
    if (way === 'garbage') process.stdout.write('Segmentation fault (core dumped)\n')
    if (way === 'exec-ends-early') return process.exit(0)
    send({ type: 'item.completed', item: { id: 'item_0', type: 'agent_message', text: 'Hello.' } })
    if (way === 'deaf') return
    send({ type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } })
    if (way === 'exec-lingers') setInterval(() => {}, 1_000)
  })
}
