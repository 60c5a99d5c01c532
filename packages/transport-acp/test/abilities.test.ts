import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { PermissionEvent } from '@agent-session/core'
import { textField } from '@agent-session/core/transport'
import { describe, expect, it } from 'vitest'
import { localCommands, localFiles } from '../src/stdio/index.ts'
import { newFolder } from './agents.ts'
import { isAlive } from '../../../test/is-alive.ts'
import { createPeerRig, type Peer, PeerError, peerSession } from './peer-agent.ts'

const isQuestion = (event: { type: string }): event is PermissionEvent => event.type === 'permission'
const full = { agentCapabilities: { loadSession: true, promptCapabilities: { image: true }, sessionCapabilities: { resume: {}, fork: {}, delete: {}, list: {}, close: {} } }, _meta: { steering: { supported: true } } }

/** A turn that goes on until it is told to end. */
function openTurn() {
  let end = (_stopReason?: string): void => {}
  let begun = (_peer: Peer): void => {}
  const peer = new Promise<Peer>((resolve) => (begun = resolve))
  return {
    peer,
    end: (stopReason?: string) => end(stopReason),
    prompt: (_params: unknown, at: Peer) =>
      new Promise((resolve) => {
        end = (stopReason = 'end_turn') => resolve({ stopReason })
        begun(at)
      }),
  }
}

describe('what an agent can do', () => {
  it('is told with its session', async () => {
    const { start, sessions, transport } = createPeerRig({ initialize: full })
    await start()
    expect(sessions()[0]?.abilities).toEqual({ steer: true, resume: true, fork: true, forget: true, list: true, images: true, files: false })
    await transport.close()
  })

  it('forks a session with an agent of its own, which is ended again', async () => {
    const rig = createPeerRig({ initialize: full, methods: { 'session/fork': () => ({ sessionId: 'forked' }), 'session/close': () => ({}) } })
    expect(await rig.transport.fork({ agentSessionId: 'one', session: rig.context })).toEqual({ ok: true, agentSessionId: 'forked' })
    expect(rig.calls('session/fork')).toEqual([{ cwd: '/project', mcpServers: [], sessionId: 'one' }])
    expect(rig.calls('session/close')).toEqual([{ sessionId: 'forked' }])
    expect(rig.open()).toBe(0)
    await rig.transport.close()
  })

  it('forgets a session', async () => {
    const rig = createPeerRig({ initialize: full, methods: { 'session/delete': () => ({}) } })
    expect(await rig.transport.forget({ agentSessionId: 'one', session: rig.context })).toEqual({ ok: true })
    expect(rig.calls('session/delete')).toEqual([{ sessionId: 'one' }])
    await rig.transport.close()
  })

  it('is not asked of one that cannot', async () => {
    const rig = createPeerRig()
    const command = { agentSessionId: 'one', session: rig.context }
    expect(await rig.transport.fork(command)).toMatchObject({ ok: false, code: 'not-supported' })
    expect(await rig.transport.forget(command)).toMatchObject({ ok: false, code: 'not-supported' })
    expect(rig.asked.map(({ method }) => method)).toEqual(['initialize', 'initialize'])
    await rig.transport.close()
    expect(await rig.transport.fork(command)).toMatchObject({ ok: false, code: 'disconnected' })
  })

  it('is not waited for when the transport closes', async () => {
    const rig = createPeerRig({ methods: { authenticate: () => new Promise(() => {}) } })
    const loggingIn = rig.transport.logIn({ methodId: 'browser', session: rig.context })
    await expect.poll(() => rig.calls('authenticate')).toHaveLength(1)
    await rig.transport.close()
    expect(await loggingIn).toMatchObject({ ok: false })
    expect(rig.open()).toBe(0)
  })
})

describe('a log in', () => {
  const authMethods = [{ id: 'browser', name: 'In the browser', description: 'Opens a page' }]
  const methods = [{ id: 'browser', label: 'In the browser', description: 'Opens a page' }]

  it('that is wanted is a state with its methods, and is over once a session opens', async () => {
    let isIn = false
    const rig = createPeerRig({
      initialize: { authMethods },
      methods: {
        'session/new': () => {
          if (!isIn) throw new PeerError(-32_000, 'Authentication required')
          return { sessionId: peerSession }
        },
        authenticate: () => void (isIn = true),
      },
    })
    expect(await rig.start()).toMatchObject({ ok: false, code: 'login-required' })
    expect(rig.sessions().at(-1)).toMatchObject({ login: { state: 'required', methods } })
    expect(await rig.transport.logIn({ methodId: 'browser', session: rig.context })).toEqual({ ok: true })
    expect(rig.calls('authenticate')).toEqual([{ methodId: 'browser' }])
    expect(await rig.start({ run: 'r2' })).toEqual({ ok: true })
    await rig.transport.close()
  })

  it.each([
    ['auth/status_update', { state: 'unauthenticated' }, { state: 'required', methods }],
    ['auth/status_update', { state: 'authenticated', accounts: [{ label: 'a' }, { label: 'Ada', active: true }] }, { state: 'done', account: 'Ada', methods }],
    ['_auth/status_update', { authStatus: { kind: 'none', label: 'Not logged in' } }, { state: 'required', methods }],
    ['_auth/status_update', { authStatus: { kind: 'apiKey', label: 'API key' } }, { state: 'done', account: 'API key', methods }],
  ])('is told by %s %j', async (method, params, login) => {
    const rig = createPeerRig({
      initialize: { authMethods },
      methods: {
        'session/prompt': (_params, peer) => {
          peer.send({ method, params })
          return { stopReason: 'end_turn' }
        },
      },
    })
    await rig.start()
    await rig.heard.end('r')
    expect(rig.sessions().at(-1)?.login).toEqual(login)
    await rig.transport.close()
  })
})

describe('a turn that is steered', () => {
  it('gets the words at once, and what it tells back of them is not shown as if somebody else had said it', async () => {
    const turn = openTurn()
    const rig = createPeerRig({ initialize: full, methods: { 'session/prompt': turn.prompt, '_session/steering': () => ({ outcome: 'injected' }) } })
    await rig.start()
    const peer = await turn.peer
    expect(await rig.transport.prompt({ sessionId: 's', run: 'r', messageId: 'm2', prompt: 'but quickly', steer: true, session: rig.context })).toEqual({ ok: true })
    expect(rig.calls('_session/steering')).toEqual([expect.objectContaining({ sessionId: peerSession, prompt: [{ type: 'text', text: 'but quickly' }] })])
    peer.update({ sessionUpdate: 'user_message_chunk', content: { type: 'text', text: 'but quickly' } })
    turn.end()
    await rig.heard.end('r')
    expect(rig.heard.all.filter(({ type }) => type === 'message')).toEqual([])
    await rig.transport.close()
  })

  it('that has just ended refuses them, as one does that cannot be steered', async () => {
    const turn = openTurn()
    const rig = createPeerRig({ initialize: full, methods: { 'session/prompt': turn.prompt, '_session/steering': () => ({ outcome: 'promptRequired' }) } })
    const steer = { sessionId: 's', run: 'r', messageId: 'm2', prompt: 'but quickly', steer: true, session: rig.context }
    await rig.start()
    await turn.peer
    expect(await rig.transport.prompt(steer)).toMatchObject({ ok: false, code: 'session-not-running' })
    turn.end()
    await rig.heard.end('r')
    expect(await rig.transport.prompt(steer)).toMatchObject({ ok: false, code: 'session-not-running' })
    await rig.transport.close()
    const other = openTurn()
    const plain = createPeerRig({ methods: { 'session/prompt': other.prompt } })
    await plain.start()
    await other.peer
    expect(await plain.transport.prompt(steer)).toMatchObject({ ok: false, code: 'not-supported' })
    await plain.transport.close()
  })
})

describe('settings of the agent', () => {
  const configOptions = [
    { id: 'the-mode', name: 'Mode', category: 'mode', type: 'select', currentValue: 'ask', options: [{ value: 'ask', name: 'Ask' }] },
    { id: 'effort', name: 'Effort', description: 'how hard it thinks', category: 'thought_level', type: 'select', currentValue: 'low', options: [{ group: 'g', name: 'G', options: [{ value: 'low', name: 'Low' }, { value: 'high', name: 'High' }] }] },
    { id: 'fast', name: 'Fast', type: 'boolean', currentValue: false },
    { id: 'odd', name: 'Odd', type: 'dial', currentValue: 3 },
  ]

  it('beside mode and model are told, set by their ids, and refused where they are none', async () => {
    const rig = createPeerRig({ methods: { 'session/new': () => ({ sessionId: peerSession, configOptions }), 'session/set_config_option': () => ({}) } })
    await rig.start()
    await rig.heard.end('r')
    expect(rig.sessions().find(({ settings }) => settings)?.settings).toEqual([
      { id: 'effort', label: 'Effort', description: 'how hard it thinks', value: 'low', choices: [{ id: 'low', label: 'Low' }, { id: 'high', label: 'High' }] },
      { id: 'fast', label: 'Fast', value: false, choices: [] },
    ])
    const configure = (settings: Record<string, string | boolean>) => rig.transport.configure({ sessionId: 's', settings })
    expect(await configure({ effort: 'high', fast: true })).toEqual({ ok: true })
    expect(rig.calls('session/set_config_option')).toEqual([
      { sessionId: peerSession, configId: 'effort', value: 'high' },
      { sessionId: peerSession, configId: 'fast', type: 'boolean', value: true },
    ])
    expect(rig.sessions().at(-1)?.settings?.map(({ value }) => value)).toEqual(['high', true])
    expect(await configure({ effort: 'immense' })).toMatchObject({ ok: false, error: 'The setting "effort" takes low, high' })
    expect(await configure({ fast: 'yes' })).toMatchObject({ ok: false, error: 'The setting "fast" takes yes or no' })
    expect(await configure({ odd: true })).toMatchObject({ ok: false, error: 'The agent "agent" has no setting "odd"; it has effort, fast' })
    await rig.transport.close()
  })
})

describe('MCP servers', () => {
  const files = { name: 'files', command: 'mcp-files', args: [], env: [] }
  const search = { type: 'http' as const, name: 'search', url: 'http://127.0.0.1/mcp', headers: [] }

  it('are those of the host that a start names, and no others', async () => {
    const rig = createPeerRig({ options: { mcpServers: { files, search } } })
    expect(await rig.start({ mcpServers: ['files'] })).toEqual({ ok: true })
    expect(rig.calls('session/new')).toEqual([{ cwd: '/project', mcpServers: [files] }])
    await rig.heard.end('r')
    for (const name of ['evil', 'constructor']) {
      expect(await rig.start({ run: 'r2', mcpServers: [name] })).toMatchObject({ ok: false, error: `No MCP server is named "${name}" here; there are files, search` })
    }
    expect(await rig.start({ run: 'r3', mcpServers: ['search'] })).toMatchObject({ ok: false, code: 'not-supported' })
    await rig.transport.close()
  })
})

describe('a form', () => {
  const requestedSchema = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } } }

  it.each([
    [{ optionId: 'accept', input: { name: 'Ada', age: 36 } }, { action: 'accept', content: { name: 'Ada', age: 36 } }],
    [{ optionId: 'accept', text: 'Ada' }, { action: 'accept', content: { name: 'Ada' } }],
    [{ optionId: 'decline' }, { action: 'decline' }],
    [{}, { action: 'cancel' }],
  ])('is answered: %j', async (answer, expected) => {
    const turn = openTurn()
    const rig = createPeerRig({ methods: { 'session/prompt': turn.prompt } })
    await rig.start()
    const answered = (await turn.peer).ask('elicitation/create', { mode: 'form', message: 'Who are you?', requestedSchema })
    const { request } = await rig.heard.until(isQuestion)
    expect(request).toMatchObject({ title: 'Who are you?', input: { mode: 'form', requestedSchema } })
    expect(await rig.transport.respond({ sessionId: 's', requestId: request.id, optionId: 'maybe' })).toMatchObject({ ok: false, code: 'permission-option-unknown' })
    expect(await rig.transport.respond({ sessionId: 's', requestId: request.id, optionId: 'accept', input: { name: {} } })).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(await rig.transport.respond({ sessionId: 's', requestId: request.id, ...answer })).toEqual({ ok: true })
    expect((await answered).result).toEqual(expected)
    turn.end()
    await rig.heard.end('r')
    await rig.transport.close()
  })

  it('is cancelled by a stop, and one that cannot be shown at once', async () => {
    const turn = openTurn()
    const rig = createPeerRig({ methods: { 'session/prompt': turn.prompt, 'session/cancel': () => turn.end('cancelled') } })
    await rig.start()
    const peer = await turn.peer
    expect((await peer.ask('elicitation/create', { mode: 'riddle', message: '?' })).result).toMatchObject({ action: 'cancel' })
    const answered = peer.ask('elicitation/create', { mode: 'form', message: 'Who?', requestedSchema })
    await rig.heard.until(isQuestion)
    await rig.transport.stop({ sessionId: 's', run: 'r' })
    expect((await answered).result).toEqual({ action: 'cancel' })
    await rig.transport.close()
  })
})

describe('files and commands of the host', () => {
  async function working(options: Parameters<typeof createPeerRig>[0]) {
    const turn = openTurn()
    const rig = createPeerRig({ methods: { 'session/prompt': turn.prompt }, ...options })
    await rig.start()
    return { ...rig, turn, peer: await turn.peer }
  }

  it('are refused and reported unless the host has said how', async () => {
    const { peer, asked, heard, transport } = await working({})
    expect(asked[0]?.params).toMatchObject({ clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false } })
    for (const method of ['fs/read_text_file', 'fs/write_text_file', 'terminal/create']) expect((await peer.ask(method, { path: '/etc/passwd' })).error?.code).toBe(-32_601)
    expect(heard.all.filter((event) => event.type === 'message' && event.messages[0]?.type === 'unknown')).toHaveLength(3)
    await transport.close()
  })

  it('are inside the session\'s folders only, wherever a path says it leads', async () => {
    const base = newFolder()
    const made = (name: string): string => {
      mkdirSync(path.join(base, name))
      return path.join(base, name)
    }
    const [cwd, other, outside] = [made('project'), made('other'), made('outside')] as const
    writeFileSync(path.join(outside, 'secret.txt'), 'secret')
    writeFileSync(path.join(cwd, 'a.txt'), 'one\ntwo\nthree\n')
    writeFileSync(path.join(other, 'b.txt'), 'more')
    symlinkSync(path.join(outside, 'secret.txt'), path.join(cwd, 'link.txt'))
    symlinkSync(outside, path.join(cwd, 'folder'))
    symlinkSync(path.join(outside, 'new.txt'), path.join(cwd, 'dangling.txt'))
    symlinkSync(path.join(cwd, 'a.txt'), path.join(cwd, 'inside.txt'))
    const { peer, asked, heard, transport } = await working({ cwd, options: { files: localFiles({ write: true, mostBytes: 100 }) } })
    expect(asked[0]?.params).toMatchObject({ clientCapabilities: { fs: { readTextFile: true, writeTextFile: true }, terminal: false } })
    const read = async (file: string, more: object = {}) => {
      const { result, error } = await peer.ask('fs/read_text_file', { path: path.isAbsolute(file) ? file : `${cwd}/${file}`, ...more })
      return error?.message ?? result
    }
    const write = async (file: string, content: string) => (await peer.ask('fs/write_text_file', { path: `${cwd}/${file}`, content })).error?.message

    expect(await read('a.txt')).toEqual({ content: 'one\ntwo\nthree\n' })
    expect(await read('a.txt', { line: 2, limit: 1 })).toEqual({ content: 'two' })
    expect(await read('inside.txt')).toEqual({ content: 'one\ntwo\nthree\n' })
    const outsideWords = expect.stringContaining('outside the folders of this session')
    for (const file of ['../outside/secret.txt', 'link.txt', 'folder/secret.txt', '/etc/passwd', `${other}/b.txt`, `${cwd}x`]) expect(await read(file)).toEqual(expect.stringMatching(/outside the folders|not there/))
    for (const file of ['../outside/new.txt', 'link.txt', 'folder/new.txt']) expect(await write(file, 'mine')).toEqual(outsideWords)
    expect(await write('dangling.txt', 'mine')).toContain('leads nowhere')
    expect(await write('no/such/folder.txt', 'mine')).toContain('is not there')
    expect(await write('a.txt', 'x'.repeat(101))).toContain('At most 100 bytes')
    expect(await write('new.txt', 'new')).toBeUndefined()
    expect(await write('a.txt', 'now')).toBeUndefined()
    expect(readFileSync(path.join(cwd, 'new.txt'), 'utf8')).toBe('new')
    expect(readFileSync(path.join(cwd, 'a.txt'), 'utf8')).toBe('now')
    expect(readFileSync(path.join(outside, 'secret.txt'), 'utf8')).toBe('secret')
    expect((await peer.ask('fs/read_text_file', { path: 'a.txt' })).error?.message).toContain('must be absolute')
    expect((await peer.ask('fs/read_text_file', { path: 7 })).error?.message).toContain('must be text')
    expect(await read(cwd)).toContain('is no file')
    expect(heard.all.filter(({ type }) => type === 'message')).toEqual([])
    await transport.close()
  })

  it('run what the host allows, show what it prints under its call, and end with the session', async () => {
    const cwd = newFolder()
    const seen: string[] = []
    const commands = localCommands({
      allow: ({ command, args }) => {
        seen.push([command, ...args].join(' '))
        return command !== 'rm'
      },
    })
    const { peer, heard, transport } = await working({ cwd, options: { commands } })
    const create = (command: string, args: string[] = [], more: object = {}) => peer.ask('terminal/create', { command, args, ...more })
    expect((await create('rm', ['-rf', '/'])).error?.message).toContain('does not allow the command rm')
    expect((await create('pwd', [], { cwd: '/' })).error?.message).toContain('outside the folders')
    expect((await create('env', [], { env: [{ name: 'LD_PRELOAD', value: 'evil.so' }] })).error?.message).toContain('LD_PRELOAD')
    expect(seen).toEqual(['rm -rf /'])

    const { result } = await create('sh', ['-c', 'pwd; echo $GREETING; exit 3'], { env: [{ name: 'GREETING', value: 'hello' }] })
    const terminalId = textField(result, 'terminalId')
    const call = 'call-0123456789abcdef'
    peer.update({ sessionUpdate: 'tool_call', toolCallId: call, title: 'pwd', kind: 'execute', status: 'in_progress', content: [{ type: 'terminal', terminalId }] })
    expect((await peer.ask('terminal/wait_for_exit', { terminalId })).result).toEqual({ exitCode: 3, signal: null })
    expect((await peer.ask('terminal/output', { terminalId })).result).toEqual({ output: `${cwd}\nhello\n`, truncated: false, exitStatus: { exitCode: 3, signal: null } })
    await heard.until((event) => event.type === 'delta' && event.id === `${call}/result` && event.text === `${cwd}\nhello\n`)
    expect((await peer.ask('terminal/release', { terminalId })).result).toEqual({})
    expect((await peer.ask('terminal/output', { terminalId })).error?.message).toContain('no such terminal')

    const sleeping = textField((await create('sh', ['-c', 'echo $$; exec sleep 600'])).result, 'terminalId')
    const pidOf = async () => Number(textField((await peer.ask('terminal/output', { terminalId: sleeping })).result, 'output'))
    await expect.poll(pidOf).toBeGreaterThan(0)
    const pid = await pidOf()
    await transport.close()
    expect(isAlive(pid)).toBe(false)
  })

  it('keep the newest of an endless output, whole characters of it', async () => {
    const cwd = newFolder()
    const { peer, transport } = await working({ cwd, options: { commands: localCommands({ allow: () => true }) } })
    const created = await peer.ask('terminal/create', { command: 'sh', args: ['-c', 'for i in 1 2 3 4 5; do printf "🦉"; done'], outputByteLimit: 10 })
    const terminalId = textField(created.result, 'terminalId')
    await peer.ask('terminal/wait_for_exit', { terminalId })
    expect((await peer.ask('terminal/output', { terminalId })).result).toMatchObject({ output: '🦉🦉', truncated: true })
    await transport.close()
  })
})

describe('the second version of the protocol', () => {
  it('is spoken where it is offered and the agent has it: one transport for both', async () => {
    let prompts = 0
    const rig = createPeerRig({
      options: { draft: true },
      initialize: { protocolVersion: 2, info: { name: 'new-agent' }, capabilities: { session: { prompt: { image: {} } } } },
      methods: {
        'session/resume': (_params, peer) => {
          peer.update({ sessionUpdate: 'user_message', messageId: 'before-0123456789', content: [{ type: 'text', text: 'before' }] })
          peer.update({ sessionUpdate: 'agent_message', messageId: 'answer-0123456789', content: [{ type: 'text', text: 'then' }] })
          return {}
        },
        'session/prompt': (_params, peer) => {
          const messageId = `prompt-0123456789-${(prompts += 1)}`
          setTimeout(() => {
            peer.update({ sessionUpdate: 'state_update', state: 'running' })
            peer.update({ sessionUpdate: 'user_message', messageId, content: [{ type: 'text', text: 'hi' }] })
            peer.update({ sessionUpdate: 'agent_message_chunk', messageId: `hello-0123456789-${prompts}`, content: { type: 'text', text: 'Hello.' } })
            peer.update({ sessionUpdate: 'state_update', state: 'idle', stopReason: 'end_turn' })
          }, 1)
          return { messageId }
        },
      },
    })
    expect(await rig.start({ agentSessionId: peerSession })).toEqual({ ok: true })
    expect(await rig.heard.end('r')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(rig.asked[0]?.params).toMatchObject({ protocolVersion: 2, info: { name: 'agent-session' }, clientInfo: { name: 'agent-session' } })
    expect(rig.calls('session/resume')).toEqual([expect.objectContaining({ replayFrom: { type: 'start' } })])
    expect(rig.heard.all.find((event) => event.type === 'history')).toMatchObject({
      complete: true,
      messages: [{ id: 'before-0123456789', type: 'user', content: { text: 'before' } }, { id: 'answer-0123456789', type: 'text', content: { text: 'then' } }],
    })
    expect(rig.heard.said('r')).toBe('Hello.')
    expect(await rig.transport.prompt({ sessionId: 's', run: 'r2', messageId: 'm2', prompt: 'hi', session: rig.context })).toEqual({ ok: true })
    expect(await rig.heard.end('r2')).toMatchObject({ reason: 'completed' })
    await rig.transport.close()
  })

  it('is not asked for by itself, and refused from an agent that has nothing else', async () => {
    const rig = createPeerRig({ initialize: { protocolVersion: 2 } })
    expect(await rig.start()).toMatchObject({ ok: false, code: 'agent-protocol', error: expect.stringContaining('speaks version 2') })
    expect(rig.asked[0]?.params).toMatchObject({ protocolVersion: 1 })
    await rig.transport.close()
  })
})

describe('an agent that outlives its connection', () => {
  it('is asked to close the session first', async () => {
    const rig = createPeerRig({ initialize: full, outlives: true, methods: { 'session/close': () => ({}) } })
    await rig.start()
    await rig.heard.end('r')
    await rig.transport.close()
    expect(rig.calls('session/close')).toEqual([{ sessionId: peerSession }])
  })

  it('is not waited for when it does not answer', async () => {
    const rig = createPeerRig({ initialize: full, outlives: true, methods: { 'session/close': () => new Promise(() => {}) } })
    await rig.start()
    await rig.heard.end('r')
    await rig.transport.close()
    expect(rig.open()).toBe(0)
  })
})

describe('a session of the agent that is open elsewhere', () => {
  it('is let go of by another session of ours that rests on it', async () => {
    const rig = createPeerRig({ initialize: full, methods: { 'session/resume': () => ({}), 'session/load': () => ({}) } })
    await rig.start()
    await rig.heard.end('r')
    expect(rig.open()).toBe(1)
    expect(await rig.start({ sessionId: 's2', run: 'r2', agentSessionId: peerSession })).toEqual({ ok: true })
    await rig.heard.end('r2')
    expect(rig.open()).toBe(1)
    expect(rig.calls('session/load')).toHaveLength(1)
    // And back again, by the first.
    expect(await rig.transport.prompt({ sessionId: 's', run: 'r3', messageId: 'm3', prompt: 'hi', session: rig.context })).toEqual({ ok: true })
    await rig.heard.end('r3')
    expect(rig.open()).toBe(1)
    expect(rig.calls('session/resume')).toHaveLength(1)
    await rig.transport.close()
  })

  it('by somebody else is said so, and no new one takes its place', async () => {
    const held = Object.assign(new PeerError(-32_600, 'This Codex session is in use'), { data: { reason: 'thread_active_writer' } })
    const fail = (): never => {
      throw held
    }
    const rig = createPeerRig({ initialize: full, methods: { 'session/resume': fail, 'session/load': fail } })
    expect(await rig.start({ agentSessionId: 'theirs' })).toMatchObject({ ok: false, error: expect.stringContaining('in use') })
    expect(rig.calls('session/new')).toEqual([])
    await rig.transport.close()
  })
})
