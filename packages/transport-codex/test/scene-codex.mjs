// A Codex that plays the scenes of the transport cases, as an app-server or as `exec`. Its first argument names the scene,
// its second a folder where it keeps what must outlive it. No dependencies: it starts in a few milliseconds.

import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const [, , scene = 'answers', folder = '.', command, ...args] = process.argv
const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const marker = path.join(folder, 'has-died')
const threadFile = (id) => path.join(folder, `${id}.thread`)
const newThread = () => {
  const id = `thread-of-the-scene-${readdirSync(folder).length}-${process.pid}`
  writeFileSync(threadFile(id), '')
  return id
}

if (command === 'app-server') appServer()
else if (command === 'exec') exec()
else process.exit(2)

function appServer() {
  let threadId = ''
  let turnId = ''
  let turns = 0
  let items = 0
  const notify = (method, params) => send({ method, params: { threadId, turnId, ...params } })
  const say = (...pieces) => {
    const item = { type: 'agentMessage', id: `msg_of_the_scene_${turns}_${(items += 1)}_${process.pid}` }
    notify('item/started', { item: { ...item, text: '' } })
    for (const delta of pieces) notify('item/agentMessage/delta', { itemId: item.id, delta })
    return () => notify('item/completed', { item: { ...item, text: pieces.join('') } })
  }
  const finish = (status, error = null) => {
    if (turnId === '') return
    notify('turn/completed', { turn: { id: turnId, status, error } })
    turnId = ''
  }
  const answer = () => {
    say('Hel', 'lo.')()
    finish('completed')
  }

  function turn() {
    turns += 1
    turnId = `turn-${turns}-${process.pid}`
    const isFirst = turns === 1
    return () => {
      notify('turn/started', { turn: { id: turnId, status: 'inProgress' } })
      switch (scene) {
        case 'hangs':
          return say('Hello.')
        case 'talks-late':
          return isFirst ? say('Hello.') : answer()
        case 'asks':
          notify('item/started', { item: { type: 'commandExecution', id: 'call_1', command: "/bin/bash -lc 'rm -rf build'", cwd: '/project', status: 'inProgress' } })
          return send({ id: 0, method: 'item/commandExecution/requestApproval', params: { threadId, turnId, itemId: 'call_1', command: "/bin/bash -lc 'rm -rf build'", cwd: '/project' } })
        case 'uses-a-tool': {
          const item = { type: 'commandExecution', id: 'call_1', command: 'ls', cwd: '/project' }
          notify('item/started', { item: { ...item, status: 'inProgress' } })
          notify('item/commandExecution/outputDelta', { itemId: 'call_1', delta: 'one' })
          notify('item/completed', { item: { ...item, status: 'completed', aggregatedOutput: 'one', exitCode: 0 } })
          return answer()
        }
        case 'fails':
          return finish('failed', { message: 'the model is overloaded' })
        case 'dies':
          if (existsSync(marker)) return answer()
          writeFileSync(marker, '')
          say('Hello.')
          return setTimeout(() => process.exit(3), 10)
        case 'speaks-unknown':
          notify('quantum/updated', { state: 'both' })
          return answer()
        default:
          return answer()
      }
    }
  }

  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params, result } = JSON.parse(line)
    const reply = (result) => send({ id, result })
    switch (method) {
      case 'initialize':
        return reply({ userAgent: 'scene' })
      case 'account/read':
        return reply({ account: null, requiresOpenaiAuth: false })
      case 'model/list':
        return reply({ data: [{ id: 'scene-1', model: 'scene-1', displayName: 'Scene 1' }] })
      case 'thread/start':
        threadId = newThread()
        return reply({ thread: { id: threadId, turns: [] }, model: 'scene-1', approvalPolicy: 'on-request', sandbox: { type: 'workspaceWrite' } })
      case 'thread/resume':
        if (!existsSync(threadFile(params.threadId))) return send({ id, error: { code: -32600, message: `no rollout found for thread id ${params.threadId}` } })
        threadId = params.threadId
        return reply({ thread: { id: threadId, turns: [] }, model: 'scene-1', approvalPolicy: 'on-request', sandbox: { type: 'workspaceWrite' } })
      case 'thread/list':
        return reply({ data: readdirSync(folder).flatMap((name) => (name.endsWith('.thread') ? { id: name.replace('.thread', ''), cwd: '/', preview: 'Say hello' } : [])), nextCursor: null })
      case 'turn/start': {
        const play = turn()
        reply({ turn: { id: turnId, status: 'inProgress' } })
        return play()
      }
      case 'turn/steer':
        return reply({ turnId: params.expectedTurnId })
      case 'turn/interrupt': {
        reply({})
        finish('interrupted')
        if (scene === 'talks-late') {
          notify('item/agentMessage/delta', { itemId: `msg_of_the_scene_1_1_${process.pid}`, delta: ' one more thing' })
          notify('item/completed', { item: { type: 'agentMessage', id: 'msg_that_came_too_late', text: 'one more thing' } })
        }
        return
      }
      default:
        if (id !== 0 || result === undefined || turnId === '') return
        if (result.decision === 'accept') return answer()
        // As Codex itself: a no is told to the model, a cancel ends the turn.
        return result.decision === 'decline' ? answer() : finish('interrupted')
    }
  })
  process.stdin.on('end', () => process.exit(0))
}

function exec() {
  let prompt = ''
  process.stdin.on('data', (text) => (prompt += text))
  process.stdin.on('end', () => play(prompt))
  const item = (id, type, fields, event = 'completed') => send({ type: `item.${event}`, item: { id, type, ...fields } })
  const usage = { input_tokens: 10, cached_input_tokens: 0, output_tokens: 2 }
  const answer = () => {
    item('item_9', 'agent_message', { text: 'Hello.' })
    send({ type: 'turn.completed', usage })
  }
  const hang = () => {
    item('item_0', 'agent_message', { text: 'Hello.' })
    setInterval(() => {}, 1_000)
  }

  function play() {
    const resumed = args.includes('resume') ? args[args.indexOf('resume') + 1] : undefined
    if (resumed !== undefined && !existsSync(threadFile(resumed))) {
      process.stderr.write(`Error: thread/resume: thread/resume failed: no rollout found for thread id ${resumed} (code -32600)\n`)
      process.exit(1)
    }
    process.on('SIGINT', () => {
      if (scene === 'talks-late') item('item_1', 'agent_message', { text: 'one more thing' })
      process.exit(1)
    })
    send({ type: 'thread.started', thread_id: resumed ?? newThread() })
    send({ type: 'turn.started' })
    switch (scene) {
      case 'hangs':
        return hang()
      case 'talks-late':
        return resumed === undefined ? hang() : answer()
      case 'uses-a-tool':
        item('item_0', 'command_execution', { command: 'ls', aggregated_output: '', status: 'in_progress' }, 'started')
        item('item_0', 'command_execution', { command: 'ls', aggregated_output: 'one', exit_code: 0, status: 'completed' })
        return answer()
      case 'fails':
        send({ type: 'error', message: 'Reconnecting... 1/1' })
        send({ type: 'turn.failed', error: { message: 'the model is overloaded' } })
        return process.exit(1)
      case 'dies':
        if (existsSync(marker)) return answer()
        writeFileSync(marker, '')
        item('item_0', 'agent_message', { text: 'Hello.' })
        return process.exit(3)
      case 'speaks-unknown':
        send({ type: 'quantum.updated', state: 'both' })
        return answer()
      default:
        return answer()
    }
  }
}
