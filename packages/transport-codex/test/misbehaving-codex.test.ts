import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PromptCommand, SessionContext, StartCommand } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type CodexTransportOptions, createCodexTransport } from '../src/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'
import { livingAgents } from './living-agents.ts'

const program = fileURLToPath(new URL('./misbehaving-codex.mjs', import.meta.url))
const open: { close(): Promise<void> }[] = []
const folders: string[] = []

afterEach(async () => {
  for (const transport of open.splice(0)) await transport.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function rig(way: string, options: CodexTransportOptions = {}) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'transport-codex-test-')))
  folders.push(folder)
  const transport = createCodexTransport({ agents: { codex: { command: process.execPath, args: [program, way, folder] } }, ...options })
  open.push(transport)
  const toldFile = path.join(folder, 'told')
  return {
    folder,
    transport,
    heard: new HeardEvents(transport),
    start: (run: string, prompt: StartCommand['prompt'], more: Partial<StartCommand> = {}) =>
      transport.start({ sessionId: 'session', run, projectId: 'project', provider: 'codex', prompt, messageId: `${run}-prompt`, ...more }),
    prompt: (run: string, prompt: PromptCommand['prompt'], more: Partial<PromptCommand> = {}, session: Partial<SessionContext> = {}) =>
      transport.prompt({ sessionId: 'session', run, prompt, messageId: `${run}-prompt`, session: { projectId: 'project', provider: 'codex', ...session }, ...more }),
    stop: (run: string) => transport.stop({ sessionId: 'session', run }),
    /** What the program was told, one value a message. */
    told: (): Record<string, unknown>[] => (existsSync(toldFile) ? readFileSync(toldFile, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : []),
    /** Resolves once the program has been told something. */
    untilTold: async (isIt: (message: Record<string, unknown>) => boolean) => {
      const hasIt = (): boolean => existsSync(toldFile) && readFileSync(toldFile, 'utf8').split('\n').some((line) => line !== '' && isIt(JSON.parse(line)))
      while (!hasIt()) await new Promise((resolve) => setImmediate(resolve))
    },
    /** What of it still runs. */
    living: () => livingAgents(folder),
    /** Resolves once nothing of it runs: what was killed is gone some turns of the event loop later. */
    untilGone: async () => {
      while (livingAgents(folder).length > 0) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const asked = (told: Record<string, unknown>[], method: string): unknown => told.find((message) => message['method'] === method)?.['params']

describe('a Codex that cannot be started', () => {
  it('is not installed: the reply says what to do', async () => {
    const transport = createCodexTransport({ env: { PATH: '/no/such/folder' } })
    open.push(transport)
    expect(await transport.start({ sessionId: 's', run: 'r', projectId: 'p', provider: 'codex', prompt: 'hi', messageId: 'm' })).toEqual({
      ok: false,
      code: 'agent-not-found',
      error: 'The program of the agent "codex" was not found: codex. Install it: npm install -g @openai/codex',
    })
  })

  it.each([
    ['exits-at-once', 'agent-exited', 'The agent "codex" ended with exit code 7. It last wrote: no configuration found'],
    ['refuses', 'agent-protocol', 'The agent "codex" refused to start: the moon is wrong'],
    ['wants-login', 'login-required', 'The agent "codex" wants you to log in first. Run `codex login`, then try again.'],
    ['no-thread', 'agent-protocol', 'The agent "codex" refused to open a session: no threads here'],
    ['no-thread-id', 'agent-protocol', 'The agent "codex" opened a thread without an id'],
    ['refuses-prompts', 'agent-protocol', 'Codex refused the prompt: no such model'],
  ])('%s', async (way, code, error) => {
    const { start, transport, untilGone } = rig(way)
    expect(await start('r', 'hi')).toEqual({ ok: false, code, error })
    await transport.close()
    await untilGone()
  })

  it('floods for ever and hears nothing: a stop is heard in the middle of it, and ends it', async () => {
    const { start, stop, heard, untilGone } = rig('floods-for-ever', { stopMs: 200 })
    await start('r', 'hi')
    await heard.until(() => heard.all.length > 1_000)
    expect(await stop('r')).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'stopped' })
    await untilGone()
  })

  it('does not answer the prompt, and carries it out: it was taken', async () => {
    const { start, heard } = rig('answers-no-prompt')
    expect(await start('r', 'hi')).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'completed' })
  })

  it('never answers: the handshake has a limit of its own, and the process goes', async () => {
    const clock = createManualClock()
    const { start, untilTold, untilGone } = rig('silent', { clock, handshakeMs: 30_000 })
    const reply = start('r', 'hi')
    await untilTold(({ method }) => method === 'initialize')
    await clock.advance(30_000)
    expect(await reply).toMatchObject({ ok: false, code: 'agent-protocol', error: expect.stringContaining('was not ready within 30 s') })
    await untilGone()
  })

  it('never answers, and is stopped', async () => {
    const { start, stop, untilTold, untilGone } = rig('silent', { clock: createManualClock() })
    const reply = start('r', 'hi')
    await untilTold(({ method }) => method === 'initialize')
    expect(await stop('r')).toEqual({ ok: true })
    expect(await reply).toMatchObject({ ok: false, error: 'Stopped before it began' })
    await untilGone()
  })

  it('knows nothing of accounts yet: that is no reason', async () => {
    const { start } = rig('knows-no-account')
    expect(await start('r', 'hi')).toEqual({ ok: true })
  })
})

describe('a Codex that goes wrong in the middle', () => {
  it.each([
    ['garbage', 'The agent "codex" sent a line that is no JSON: "Segmentation fault (core dumped)". It was ended.'],
    ['not-rpc', 'The agent "codex" sent a line that is no JSON-RPC message: "{\\"hello\\":\\"world\\"}". It was ended.'],
    ['dies', 'The agent "codex" was ended by the signal SIGKILL'],
    ['closes-output', 'The agent "codex" ended with exit code 0'],
  ])('%s: the run ends in an error that says it, the process is gone, and the next prompt takes the thread up again', async (way, error) => {
    const { start, heard, prompt, told, untilGone } = rig(way)
    expect(await start('r', 'hi')).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'error', error, run: 'r', sessionId: 'session' })
    await untilGone()
    expect(await prompt('r2', 'again')).toEqual({ ok: true })
    expect(asked(told(), 'thread/resume')).toMatchObject({ threadId: 'thread-0123456789abcdef', excludeTurns: true })
    expect(heard.all.filter((event) => event.type === 'session' && event.restarted)).toEqual([])
  })

  it('a line without end is cut short', async () => {
    const { start, heard } = rig('endless-line', { mostLineBytes: 1024 * 1024 })
    await start('r', 'hi')
    const { error = '' } = await heard.end('r')
    expect(error).toContain('a line of more than 1048576 bytes: "xxx')
    expect(error.length).toBeLessThan(500)
  })

  it('floods: everything comes, in its order', async () => {
    const { start, heard } = rig('floods')
    await start('r', 'hi')
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(heard.said('r')).toBe(Array.from({ length: 20_000 }, (_, count) => `${count} `).join(''))
  })

  it('does not hear a stop: after a while it is killed, and the stop is agreed to', async () => {
    const clock = createManualClock()
    const { start, stop, heard, untilGone } = rig('deaf', { clock, stopMs: 5_000, killAfterMs: 1_000 })
    await start('r', 'hi')
    await heard.until(({ type }) => type === 'delta')
    const stopped = stop('r')
    await clock.advance(5_000)
    for (let step = 0; step < 20; step += 1) await clock.advance(500)
    expect(await stopped).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'stopped' })
    await untilGone()
  })

  it('asks what nobody here answers: it is refused, and need not wait', async () => {
    const { start, heard } = rig('asks-strangely')
    await start('r', 'hi')
    await heard.end('r')
    expect(heard.said('r')).toBe(' refused: -32601')
  })
})

describe('what Codex is told', () => {
  it('B5 the start options, as far as it has a place for them', async () => {
    const { start, heard, told, folder } = rig('well')
    const options = { cwd: folder, model: 'gpt-5.5', permissionMode: 'bypassPermissions', systemPrompt: 'Be brief.', additionalDirectories: ['/more'], extraEnv: { SOME_NOTE: 'note' } }
    await start('r', 'hi', options)
    await heard.end('r')
    expect(asked(told(), 'thread/start')).toEqual({
      cwd: folder,
      model: 'gpt-5.5',
      sandbox: 'danger-full-access',
      approvalPolicy: 'never',
      developerInstructions: 'Be brief.',
      config: { 'sandbox_workspace_write.writable_roots': ['/more'] },
    })
    expect(asked(told(), 'turn/start')).toEqual({
      threadId: 'thread-0123456789abcdef',
      clientUserMessageId: 'r-prompt',
      input: [{ type: 'text', text: 'hi', text_elements: [] }],
      model: 'gpt-5.5',
      approvalPolicy: 'never',
      sandboxPolicy: { type: 'dangerFullAccess' },
    })
  })

  it('nothing that nobody asked for: then its own configuration decides', async () => {
    const { start, heard, told } = rig('well', { cwd: '/' })
    await start('r', 'hi', { permissionMode: 'no-such-mode', model: '' })
    await heard.end('r')
    expect(asked(told(), 'thread/start')).toEqual({ cwd: '/' })
    expect(Object.keys(Object(asked(told(), 'turn/start'))).sort()).toEqual(['clientUserMessageId', 'input', 'threadId'])
  })

  it('images, and files by their text or their path', async () => {
    const { start, heard, told } = rig('well')
    await start('r', [
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
      { type: 'file', uri: 'file:///a%20b.txt', name: 'a b.txt' },
      { type: 'file', uri: 'file:///c.txt', text: 'words' },
      { type: 'file', uri: 'https://example.org/d' },
    ])
    await heard.end('r')
    expect(asked(told(), 'turn/start')).toMatchObject({
      input: [
        { type: 'image', url: 'data:image/png;base64,AAAA' },
        { type: 'mention', name: 'a b.txt', path: '/a b.txt' },
        { type: 'text', text: 'file:///c.txt:\nwords' },
        { type: 'text', text: 'https://example.org/d' },
      ],
    })
  })

  it('another model and mode, with the next prompt', async () => {
    const { start, prompt, heard, told, transport } = rig('well')
    await start('r', 'hi', { additionalDirectories: ['/more'] })
    await heard.end('r')
    expect(await transport.configure({ sessionId: 'session', mode: 'Auto', model: 'gpt-6-sol' })).toEqual({ ok: true })
    expect(await transport.configure({ sessionId: 'session', mode: 'yolo' })).toEqual({ ok: false, code: 'invalid-argument', error: 'Codex has no mode "yolo"; it has read-only, untrusted, auto, full-access' })
    expect(await transport.configure({ sessionId: 'another', mode: 'auto' })).toMatchObject({ ok: false, code: 'no-session' })
    await prompt('r2', 'again')
    await heard.end('r2')
    expect(told().findLast(({ method }) => method === 'turn/start')).toMatchObject({ params: { model: 'gpt-6-sol', approvalPolicy: 'on-request', sandboxPolicy: { type: 'workspaceWrite', writableRoots: ['/more'] } } })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', mode: 'auto', model: 'gpt-6-sol' }))
  })

  it('the MCP servers that a start names, of those that the host has', async () => {
    const mcpServers = { add: { command: 'add', args: ['--fast'], env: { A: '1' } } }
    const { start, heard, told } = rig('well', { mcpServers })
    expect(await start('r', 'hi', { mcpServers: ['rm'] })).toEqual({ ok: false, code: 'invalid-argument', error: 'No MCP server is named "rm" here; there are add' })
    await start('r', 'hi', { mcpServers: ['add'] })
    await heard.end('r')
    expect(asked(told(), 'thread/start')).toMatchObject({ config: { 'mcp_servers.add': mcpServers.add } })
    const byExec = rig('well', { mcpServers, route: 'exec' })
    await byExec.start('r', 'hi', { mcpServers: ['add'] })
    await byExec.heard.end('r')
    expect(byExec.told()[0]?.['args']).toContain('mcp_servers.add={ "command" = "add", "args" = ["--fast"], "env" = { "A" = "1" } }')
  })

  it('how hard to think, as far as the model can', async () => {
    const { start, prompt, heard, told, transport } = rig('well')
    await start('r', 'hi')
    await heard.end('r')
    await heard.until((event) => event.type === 'session' && event.settings !== undefined)
    expect(heard.all.findLast((event) => event.type === 'session' && event.settings !== undefined)).toMatchObject({ settings: [{ id: 'reasoning-effort', value: 'low', choices: [{ id: 'low' }, { id: 'high' }] }] })
    const configure = (settings: Record<string, string | boolean>) => transport.configure({ sessionId: 'session', settings })
    expect(await configure({ 'reasoning-effort': 'boundless' })).toMatchObject({ ok: false, code: 'invalid-argument', error: 'The model has no reasoning effort "boundless"; it has low, high' })
    expect(await configure({ colour: 'red' })).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(await configure({ 'reasoning-effort': 'high' })).toEqual({ ok: true })
    await prompt('r2', 'again')
    await heard.end('r2')
    expect(told().findLast(({ method }) => method === 'turn/start')).toMatchObject({ params: { effort: 'high' } })
  })

  it('a prompt into the turn that is under way, and no other', async () => {
    const { start, prompt, heard, told } = rig('steered')
    expect(await prompt('r', 'too early', { steer: true })).toMatchObject({ ok: false, code: 'not-supported' })
    await start('r', 'this')
    expect(await prompt('r', 'not this', { steer: true })).toMatchObject({ ok: false, error: 'no turn to steer' })
    expect(await prompt('r', 'that', { steer: true, messageId: 'steering' })).toEqual({ ok: true })
    await heard.end('r')
    expect(heard.said('r')).toBe('And that.')
    expect(told().findLast(({ method }) => method === 'turn/steer')).toMatchObject({ params: { expectedTurnId: 'turn-1', clientUserMessageId: 'steering' } })
  })

  it('nothing for a while: then it is ended, and comes back with the next prompt', async () => {
    const clock = createManualClock()
    const { start, prompt, heard, told, living, untilGone } = rig('well', { clock, idleMs: 1_000 })
    await start('r', 'hi')
    await heard.end('r')
    await clock.advance(999)
    expect(living()).not.toEqual([])
    await clock.advance(1)
    await untilGone()
    expect(await prompt('r2', 'again')).toEqual({ ok: true })
    expect(await heard.end('r2')).toMatchObject({ reason: 'completed' })
    expect(asked(told(), 'thread/resume')).toBeDefined()
  })

  it('of a session that was told before and has no thread: a new one, and the session says so', async () => {
    const { prompt, heard } = rig('well')
    await prompt('r', 'on')
    await heard.end('r')
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', restarted: true }))
  })
})

describe('a Codex without an app-server', () => {
  it.each(['old', 'older'])('%s: is driven by exec from then on, and can do less', async (way) => {
    const { start, prompt, heard, told, transport, folder } = rig(way)
    expect(transport.capabilities).toMatchObject({ steer: true, images: true })
    const options = { cwd: folder, model: 'gpt-5.5', permissionMode: 'auto', systemPrompt: 'Be "brief".', additionalDirectories: ['/more'], extraEnv: { SOME_NOTE: 'note' } }
    expect(await start('r', 'hi', options)).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(transport.capabilities).toMatchObject({ steer: false, images: false, list: false })
    expect(told()).toEqual([
      {
        args: ['--json', '--skip-git-repo-check', '--cd', folder, '--add-dir', '/more', '--model', 'gpt-5.5', '--sandbox', 'workspace-write', '--config', 'developer_instructions="Be \\"brief\\"."', '-'],
        prompt: 'hi',
        cwd: process.cwd(),
        note: 'note',
      },
    ])
    expect(await prompt('r', 'now', { steer: true })).toMatchObject({ ok: false, code: 'not-supported' })
    expect(await prompt('r2', [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }])).toMatchObject({ ok: false, code: 'not-supported', error: expect.stringContaining('npm install') })
    expect(await transport.configure({ sessionId: 'session', mode: 'read-only' })).toEqual({ ok: true })
    await prompt('r3', 'again')
    await heard.end('r3')
    expect(told().at(-1)?.['args']).toEqual(expect.arrayContaining(['--sandbox', 'read-only', 'resume', '01a1fad2-183a-77b3-a769-8e0a56d10e3e']))
    // The next session does not ask again.
    expect(await start('r4', 'hi', { sessionId: 'other' })).toEqual({ ok: true })
  })
})

describe('codex exec that goes wrong', () => {
  it.each([
    ['exits-at-once', 'The agent "codex" ended with exit code 7. It last wrote: no configuration found'],
    ['exec-breaks', 'The agent "codex" ended with exit code 3'],
  ])('%s before its first word: the start is refused', async (way, error) => {
    expect(await rig(way, { route: 'exec' }).start('r', 'hi')).toEqual({ ok: false, code: 'agent-exited', error })
  })

  it.each([
    ['garbage', /sent a line that is no JSON: "Segmentation fault/],
    ['exec-ends-early', /ended with exit code 0/],
  ])('%s in the middle: the run ends in an error', async (way, error) => {
    const { start, heard, untilGone } = rig(way, { route: 'exec' })
    expect(await start('r', 'hi')).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'error', error: expect.stringMatching(error) })
    await untilGone()
  })

  it('never says a word: it has the limit of the handshake, and the process goes', async () => {
    const clock = createManualClock()
    const { start, untilTold, untilGone } = rig('silent', { route: 'exec', clock, handshakeMs: 30_000 })
    const reply = start('r', 'hi')
    await untilTold(() => true)
    await clock.advance(30_000)
    expect(await reply).toMatchObject({ ok: false, code: 'agent-protocol', error: expect.stringContaining('was not ready within 30 s') })
    await untilGone()
  })

  it('is not interrupted before its turn has begun, when it would not hear it', async () => {
    const { start, stop, heard } = rig('exec-is-slow', { route: 'exec', clock: createManualClock() })
    expect(await start('r', 'hi')).toEqual({ ok: true })
    expect(await stop('r')).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'stopped' })
  })

  it('does not hear a stop: after a while it is killed', async () => {
    const clock = createManualClock()
    const { start, stop, heard, untilGone } = rig('deaf', { route: 'exec', clock, stopMs: 5_000, killAfterMs: 1_000 })
    await start('r', 'hi')
    await heard.until(({ type }) => type === 'message')
    const stopped = stop('r')
    for (let step = 0; step < 30; step += 1) await clock.advance(500)
    expect(await stopped).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ reason: 'stopped' })
    await untilGone()
  })

  it('stays when its turn is over: the next prompt does not wait for it for ever', async () => {
    const clock = createManualClock()
    const { start, prompt, heard } = rig('exec-lingers', { route: 'exec', clock, stopMs: 5_000 })
    await start('r', 'hi')
    await heard.end('r')
    const again = prompt('r2', 'again')
    for (let step = 0; step < 30; step += 1) await clock.advance(500)
    expect(await again).toEqual({ ok: true })
    expect(await heard.end('r2')).toMatchObject({ reason: 'completed' })
  })
})

describe('a session of Codex\' own', () => {
  it('that another program holds is not begun anew: the prompt says why', async () => {
    const { start, heard } = rig('thread-is-held')
    expect(await start('r', 'hi', { agentSessionId: 'thread-0123456789abcdef' })).toEqual({ ok: false, code: 'agent-protocol', error: 'The agent "codex" refused to go on with the session: thread already has an active writer' })
    expect(heard.all.filter((event) => event.type === 'session' && event.restarted)).toEqual([])
  })

  it('is let go of by one session of ours before another goes on with it', async () => {
    const { start, prompt, heard, told, living } = rig('well')
    const agentSessionId = 'thread-0123456789abcdef'
    const opened = (): unknown[] => told().flatMap(({ method }) => (method === 'thread/start' || method === 'thread/resume' ? [method] : []))
    await start('r', 'hi')
    await heard.end('r')
    await start('r2', 'hi', { sessionId: 'other', agentSessionId })
    await heard.end('r2')
    expect(living().length).toBeLessThanOrEqual(2)
    expect(await prompt('r3', 'back')).toEqual({ ok: true })
    await heard.end('r3')
    expect(opened()).toEqual(['thread/start', 'thread/resume', 'thread/resume'])
  })

  it('is let go of before it is forgotten, and not while it is at work', async () => {
    const { start, stop, heard, told, transport } = rig('steered')
    const command = { agentSessionId: 'thread-0123456789abcdef', session: { projectId: 'project', provider: 'codex' } }
    await start('r', 'hi')
    expect(await transport.forget(command)).toMatchObject({ ok: false, code: 'session-running' })
    await stop('r')
    await heard.end('r')
    expect(await transport.forget(command)).toEqual({ ok: true })
    expect(asked(told(), 'thread/delete')).toEqual({ threadId: 'thread-0123456789abcdef' })
    expect(await transport.fork(command)).toEqual({ ok: true, agentSessionId: 'copy-0123456789abcdef' })
    expect(await transport.fork({ ...command, session: { ...command.session, provider: 'gpt' } })).toMatchObject({ ok: false, code: 'agent-not-found' })
  })
})
