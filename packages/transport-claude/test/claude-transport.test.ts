import { tmpdir } from 'node:os'
import type { PermissionAnswer, SessionContext, StartCommand } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { textField } from '@agent-session/core/transport'
import { describe, expect, it, vi } from 'vitest'
import { type ClaudeSdk, type ClaudeTransportOptions, createClaudeTransport } from '../src/index.ts'
import { FakeClaude, type Script, scenes } from './fake-claude.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'

function rig(script: Script = scenes.answers, options: ClaudeTransportOptions = {}, disk = new Map<string, unknown[]>()) {
  const clock = createManualClock()
  const sdk = new FakeClaude(script, disk)
  const transport = createClaudeTransport({ sdk, clock, env: { PATH: '/bin', ANTHROPIC_API_KEY: 'sk' }, ...options })
  const heard = new HeardEvents(transport)
  return {
    clock,
    sdk,
    transport,
    heard,
    start: (run: string, more: Partial<StartCommand> = {}) =>
      transport.start({ sessionId: 'session', run, projectId: 'project', provider: 'claude', prompt: 'Hello', messageId: `${run}-prompt`, ...more }),
    prompt: (run: string, { steer = false, messageId = `${run}-prompt`, ...session }: Partial<SessionContext> & { steer?: boolean; messageId?: string } = {}) =>
      transport.prompt({ sessionId: 'session', run, prompt: 'More', messageId, steer, session: { projectId: 'project', provider: 'claude', ...session } }),
    stop: (run: string) => transport.stop({ sessionId: 'session', run }),
    respond: (answer: Omit<PermissionAnswer, 'sessionId'>) => transport.respond({ sessionId: 'session', ...answer }),
    question: async () => {
      const event = await heard.until((found) => found.type === 'permission')
      if (event.type !== 'permission') throw new Error('There is no question')
      return event.request
    },
  }
}

const asks: Script = async (turn) => {
  const verdict = await turn.ask('Bash', { command: 'ls' })
  turn.text(JSON.stringify(verdict))
  turn.result()
}

describe('B5 start options', () => {
  it('all reach the program', async () => {
    const { start, sdk } = rig(undefined, { options: { mcpServers: { demo: {} }, extraArgs: { debug: null }, model: 'of-the-host' } })
    await start('run-1', {
      cwd: tmpdir(),
      model: 'claude-other',
      systemPrompt: 'Be brief.',
      maxTurns: 3,
      permissionMode: 'plan',
      claudeConfigDir: '/config',
      extraEnv: { HERON: 'grey' },
      additionalDirectories: ['/other'],
      worktreeName: 'heron',
    })
    expect(sdk.started).toEqual([
      expect.objectContaining({
        cwd: tmpdir(),
        model: 'claude-other',
        systemPrompt: { type: 'preset', preset: 'claude_code', append: 'Be brief.' },
        maxTurns: 3,
        permissionMode: 'plan',
        additionalDirectories: ['/other'],
        extraArgs: { debug: null, worktree: 'heron' },
        mcpServers: { demo: {} },
        env: { PATH: '/bin', ANTHROPIC_API_KEY: 'sk', CLAUDE_CODE_ENABLE_TODO_TOOLS: '1', CLAUDECODE: undefined, HERON: 'grey', CLAUDE_CONFIG_DIR: '/config' },
        includePartialMessages: true,
        forwardSubagentText: true,
      }),
    ])
  })

  it('that are not given are left to the program', async () => {
    const { start, sdk } = rig()
    await start('run-1', { model: '', cwd: '' })
    for (const name of ['cwd', 'model', 'maxTurns', 'permissionMode', 'resume', 'additionalDirectories', 'extraArgs', 'allowDangerouslySkipPermissions']) {
      expect(sdk.started[0]).not.toHaveProperty(name)
    }
  })

  it.each([
    [undefined, { type: 'preset', preset: 'claude_code', append: 'Be brief.' }],
    [{ type: 'preset', preset: 'claude_code', append: 'Be kind.' }, { type: 'preset', preset: 'claude_code', append: 'Be kind.\n\nBe brief.' }],
    ['You are a heron.', 'You are a heron.\n\nBe brief.'],
  ])('have their system prompt after the one that is there: %j', async (systemPrompt, expected) => {
    const { start, sdk } = rig(undefined, { options: systemPrompt === undefined ? {} : { systemPrompt } })
    await start('run-1', { systemPrompt: 'Be brief.' })
    expect(sdk.started[0]).toMatchObject({ systemPrompt: expected })
  })

  it('name MCP servers that the host has, and no others', async () => {
    const options = { options: { mcpServers: { always: 1 } }, mcpServers: { tickets: 2, mail: 3 } }
    const { start, sdk } = rig(undefined, options)
    await start('run-1', { mcpServers: ['tickets'] })
    expect(sdk.started[0]).toMatchObject({ mcpServers: { always: 1, tickets: 2 } })
    expect(sdk.started[0]).not.toMatchObject({ mcpServers: { mail: 3 } })
    expect(await rig(undefined, options).start('run-1', { mcpServers: ['constructor'] })).toEqual({
      ok: false,
      code: 'invalid-argument',
      error: 'This host has no MCP server "constructor"; it has tickets, mail',
    })
  })

  it('can be added to by the host for each session', async () => {
    const options = vi.fn(({ projectId }: SessionContext) => ({ agents: { [projectId]: {} } }))
    const { start, sdk } = rig(undefined, { options })
    await start('run-1')
    expect(sdk.started[0]).toMatchObject({ agents: { project: {} } })
  })

  it('do not turn the questions off unless the host allows it', async () => {
    const refused = rig()
    expect(await refused.start('run-1', { permissionMode: 'bypassPermissions' })).toMatchObject({ ok: false, code: 'not-supported' })
    const allowed = rig(undefined, { allowBypass: true })
    expect(await allowed.start('run-1', { permissionMode: 'bypassPermissions' })).toEqual({ ok: true })
    expect(allowed.sdk.started[0]).toMatchObject({ permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true })
    expect(allowed.heard.all.find((event) => event.type === 'session' && event.modes !== undefined)).toMatchObject({ modes: expect.arrayContaining([expect.objectContaining({ id: 'bypassPermissions' })]) })
  })
})

describe('prompts', () => {
  it('with images and files reach the program as it reads them', async () => {
    const prompts: unknown[] = []
    const { start, heard } = rig((turn) => {
      prompts.push(turn.prompt)
      scenes.answers(turn)
    })
    const messageId = '0b6e7b0e-6f0a-4a53-9a39-0c8d1b0f7a11'
    await start('run-1', {
      messageId,
      prompt: [
        { type: 'text', text: 'Look' },
        { type: 'image', mimeType: 'image/png', data: 'AAAA' },
        { type: 'file', uri: 'file:///a.txt' },
        { type: 'file', uri: 'b.txt', name: 'B', text: 'inside' },
      ],
    })
    await heard.end('run-1')
    const content = [
      { type: 'text', text: 'Look' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'text', text: '@/a.txt' },
      { type: 'text', text: 'B:\ninside' },
    ]
    expect(prompts).toEqual([{ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, uuid: messageId }])
  })

  it('follow each other in one process, which is let go of when nobody needs it and started again', async () => {
    const { start, prompt, heard, sdk, clock } = rig()
    await start('run-1')
    await heard.end('run-1')
    await prompt('run-2')
    await heard.end('run-2')
    expect(sdk.started.length).toBe(1)
    await clock.advance(600_000)
    expect([sdk.live.size, clock.pending]).toEqual([0, 0])
    await prompt('run-3')
    await heard.end('run-3')
    expect(sdk.started[1]).toMatchObject({ resume: '00000000-0000-4000-8000-000000000001' })
  })

  it('have an id that the program takes, whatever ours is', async () => {
    const prompts: unknown[] = []
    const { start, heard } = rig(
      (turn) => {
        prompts.push(turn.prompt)
        scenes.answers(turn)
      },
      { newId: () => 'a-new-one' },
    )
    await start('run-1', { messageId: 'no uuid' })
    await heard.end('run-1')
    expect(prompts).toMatchObject([{ uuid: 'a-new-one' }])
  })

  it('into a run that is under way are read in it; others are refused', async () => {
    const seen: unknown[] = []
    const { start, prompt, heard } = rig((turn) => {
      seen.push(turn.prompt)
      if (turn.count === 2) scenes.answers(turn)
    })
    await start('run-1')
    expect(await prompt('run-2')).toMatchObject({ ok: false, code: 'session-running' })
    expect(await prompt('run-1', { steer: true })).toEqual({ ok: true })
    await heard.end('run-1')
    expect(seen.length).toBe(2)
  })
})

describe('a session that the program has on disk', () => {
  const kept = (): Map<string, unknown[]> =>
    new Map([
      [
        'known',
        [
          { type: 'user', uuid: 'a', message: { content: 'Said in a terminal' } },
          { type: 'assistant', uuid: 'b', message: { id: 'msg_0123456789abcdef', content: [{ type: 'text', text: 'Answered there' }] } },
        ],
      ],
    ])

  it('is listed for the folders of its project, and imported with all that was said', async () => {
    const { transport, start, heard, sdk } = rig(undefined, { folderOf: () => '/project' }, kept())
    const listSessions = vi.spyOn(sdk, 'listSessions')
    expect(await transport.list('project')).toEqual([{ agentSessionId: 'known', title: 'Say hello', cwd: '/project', updatedAt: 1 }])
    expect(listSessions).toHaveBeenCalledWith({ dir: '/project' })
    await start('run-1', { agentSessionId: 'known' })
    await heard.end('run-1')
    expect(heard.all.find((event) => event.type === 'history')).toMatchObject({ complete: true, messages: [{ id: 'a', type: 'user' }, { id: 'msg_0123456789abcdef/0', type: 'text' }] })
    expect(sdk.started[0]).toMatchObject({ resume: 'known' })
  })

  const session = { projectId: 'project', provider: 'claude', cwd: tmpdir() }

  it('is copied, and the copy goes on by itself', async () => {
    const { transport, start, heard, sdk } = rig(undefined, {}, kept())
    const copy = await transport.fork({ agentSessionId: 'known', session })
    expect(copy).toEqual({ ok: true, agentSessionId: 'known-copy' })
    await start('run-1', { agentSessionId: 'known-copy' })
    await heard.end('run-1')
    expect(sdk.started[0]).toMatchObject({ resume: 'known-copy' })
    expect(await transport.fork({ agentSessionId: 'unknown', session })).toMatchObject({ ok: false, code: 'session-not-found' })
  })

  it('is forgotten, and the process that was in it ends first', async () => {
    const { transport, start, heard, sdk } = rig(undefined, {}, kept())
    await start('run-1', { agentSessionId: 'known' })
    await heard.end('run-1')
    expect(await transport.forget({ agentSessionId: 'known', session })).toEqual({ ok: true })
    expect([sdk.live.size, sdk.disk.size]).toEqual([0, 0])
    expect(await transport.forget({ agentSessionId: 'known', session })).toMatchObject({ ok: false, code: 'session-not-found' })
  })

  it('is left by a session of ours that rests on it when another one goes on with it, and read again after that', async () => {
    const { transport, start, prompt, heard, sdk } = rig(undefined, {}, kept())
    await start('run-1', { agentSessionId: 'known' })
    await heard.end('run-1')
    await transport.start({ sessionId: 'other', run: 'run-2', projectId: 'project', provider: 'claude', prompt: 'And I', messageId: 'm', agentSessionId: 'known' })
    await heard.end('run-2')
    expect(sdk.live.size).toBe(1)
    await prompt('run-3')
    await heard.end('run-3')
    expect([sdk.live.size, sdk.started.length]).toEqual([1, 3])
    const history = heard.all.findLast((event) => event.type === 'history')
    expect(history).toMatchObject({ sessionId: 'session', messages: expect.arrayContaining([expect.objectContaining({ content: { text: 'And I' } })]) })
  })

  it('is imported with what its sub-agents said', async () => {
    const disk = new Map([['known', [{ type: 'user', uuid: 'a', message: { content: 'Ask somebody' } }, { type: 'assistant', uuid: 'b', message: { id: 'msg_0123456789abcdef', content: [{ type: 'tool_use', id: 'toolu_0123456789abcdef', name: 'Agent', input: {} }] } }]]])
    const { start, heard, sdk } = rig(undefined, {}, disk)
    const said = { type: 'assistant', uuid: 'c', parent_tool_use_id: 'toolu_0123456789abcdef', message: { id: 'msg_of_the_helper_0123', content: [{ type: 'text', text: 'I count.' }] } }
    const asked = { listSubagents: vi.fn(async () => ['helper']), getSubagentMessages: vi.fn(async () => [said]) }
    Object.assign(sdk, asked)
    await start('run-1', { agentSessionId: 'known', cwd: tmpdir() })
    await heard.end('run-1')
    expect(asked.getSubagentMessages).toHaveBeenCalledWith('known', 'helper', { dir: tmpdir() })
    expect(heard.all.find((event) => event.type === 'history')).toMatchObject({ messages: [{ id: 'a' }, { id: 'toolu_0123456789abcdef' }, { id: 'msg_of_the_helper_0123/0', parentId: 'toolu_0123456789abcdef' }] })
  })

  it('and cannot be read is gone on with all the same, and it is reported', async () => {
    const { start, heard, sdk } = rig(undefined, {}, kept())
    vi.spyOn(sdk, 'getSessionMessages').mockRejectedValue(new Error('torn'))
    expect(await start('run-1', { agentSessionId: 'known' })).toEqual({ ok: true })
    await heard.end('run-1')
    expect(heard.all).toContainEqual(expect.objectContaining({ messages: [expect.objectContaining({ type: 'unknown', content: { type: 'unreadable_history', error: 'torn' } })] }))
  })

  it('and is not there any more is begun anew, and says so', async () => {
    const { start, heard, sdk } = rig()
    expect(await start('run-1', { agentSessionId: 'forgotten', worktreeName: 'heron' })).toEqual({ ok: true })
    await heard.end('run-1')
    expect(sdk.started.map(({ resume }) => resume)).toEqual(['forgotten', undefined])
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', restarted: true }))
  })
})

describe('questions', () => {
  it('are answered with changed arguments', async () => {
    const { start, respond, question, heard } = rig(asks)
    await start('run-1')
    const { id } = await question()
    expect(await respond({ requestId: id, optionId: 'allow', input: 'no object' })).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(await respond({ requestId: id, optionId: 'allow', input: { command: 'ls -a' } })).toEqual({ ok: true })
    await heard.end('run-1')
    expect(heard.said('run-1')).toBe('{"behavior":"allow","updatedInput":{"command":"ls -a"}}')
  })

  it('that nobody answers are denied, with the words that there are', async () => {
    const { start, respond, question, heard } = rig(asks)
    await start('run-1')
    const { id } = await question()
    await respond({ requestId: id, text: 'Later.' })
    await heard.end('run-1')
    expect(heard.said('run-1')).toBe('{"behavior":"deny","message":"Later."}')
  })

  it('that the program withdraws are cancelled', async () => {
    const abort = new AbortController()
    const { start, question, heard } = rig(async (turn) => {
      await turn.ask('Bash', {}, { signal: abort.signal })
      turn.result()
    })
    await start('run-1')
    const { id } = await question()
    abort.abort()
    await heard.end('run-1')
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'permission-settled', requestId: id, outcome: 'cancelled' }))
  })

  it('that come in a flood are denied past a limit', async () => {
    let denied = 0
    const { start, heard } = rig(async (turn) => {
      const asked = Array.from({ length: 300 }, () => turn.ask('Bash', {}).then(({ behavior }) => (denied += behavior === 'deny' ? 1 : 0)))
      await Promise.all(asked.slice(100))
      turn.result()
    })
    await start('run-1')
    await heard.end('run-1')
    expect(denied).toBeGreaterThanOrEqual(200)
    expect(heard.all.filter((event) => event.type === 'permission').length).toBe(100)
  })
})

describe('a program that behaves badly', () => {
  it('is not installed: the reply says what to do, and the next start looks again', async () => {
    let isThere = false
    const sdk = new FakeClaude(scenes.answers)
    const load = async (): Promise<ClaudeSdk> => {
      if (isThere) return sdk
      throw new Error('not there')
    }
    const { start, heard } = rig(undefined, { sdk: load })
    expect(await start('run-1')).toMatchObject({ ok: false, error: 'not there' })
    isThere = true
    expect(await start('run-2')).toEqual({ ok: true })
    await heard.end('run-2')
  })

  it('would work in a folder that is not there: the reply says so', async () => {
    const { start, sdk } = rig()
    expect(await start('run-1', { cwd: '/no/such/folder' })).toEqual({ ok: false, code: 'invalid-argument', error: 'The folder /no/such/folder is not there' })
    expect(sdk.started).toEqual([])
  })

  it('is the SDK that is not there: it is named', async () => {
    const transport = createClaudeTransport()
    const reply = await transport.start({ sessionId: 'session', run: 'run-1', projectId: 'project', provider: 'claude', prompt: 'Hello', messageId: 'm' })
    expect(reply).toEqual({ ok: false, code: 'agent-not-found', error: 'The Claude Agent SDK was not found. Install it: npm install @anthropic-ai/claude-agent-sdk' })
    await transport.close()
  })

  it('ends before it is up: the start is refused with its words', async () => {
    const { start, sdk, heard } = rig()
    sdk.isBroken = true
    expect(await start('run-1')).toMatchObject({ ok: false, code: 'agent-exited', error: expect.stringContaining('no licence') })
    expect(heard.all).toEqual([])
    expect(sdk.live.size).toBe(0)
  })

  it('F34 never says that it is up: the start ends, and nothing is left', async () => {
    const { start, sdk, clock } = rig(undefined, { handshakeMs: 1_000 })
    sdk.isMute = true
    const started = start('run-1')
    await clock.advance(1_000)
    await clock.settle()
    expect(await started).toEqual({ ok: false, code: 'agent-protocol', error: 'Claude was not ready within 1 s' })
    expect([sdk.live.size, clock.pending]).toEqual([0, 0])
  })

  it('is stopped while it starts', async () => {
    const { start, stop, sdk } = rig()
    sdk.isMute = true
    const started = start('run-1')
    await expect.poll(() => sdk.live.size).toBe(1)
    expect(await stop('run-1')).toEqual({ ok: true })
    expect(await started).toMatchObject({ ok: false, error: 'Stopped before it began' })
    expect(sdk.live.size).toBe(0)
  })

  it('ignores a stop: it is killed, and the next prompt goes on with the session', async () => {
    const { start, stop, prompt, heard, sdk, clock } = rig((turn) => {
      turn.process.ignoresInterrupts = true
      return turn.count === 1 ? scenes.hangs(turn) : scenes.answers(turn)
    })
    await start('run-1')
    await heard.until((event) => event.type === 'delta')
    const stopped = stop('run-1')
    await clock.advance(5_000)
    expect(await stopped).toEqual({ ok: true })
    expect(await heard.end('run-1')).toMatchObject({ status: 'done', reason: 'stopped' })
    expect(sdk.live.size).toBe(0)
    await prompt('run-2')
    expect(await heard.end('run-2')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(sdk.started[1]).toMatchObject({ resume: expect.any(String) })
  })

  it('would still run a prompt that was put in before a stop: it is ended', async () => {
    const { start, prompt, stop, heard, sdk } = rig((turn) => {
      turn.process.receipt = { still_queued: ['second'] }
      turn.process.ignoresInterrupts = true
      turn.text('Hello.')
    })
    await start('run-1')
    await prompt('run-1', { steer: true })
    await stop('run-1')
    expect(await heard.end('run-1')).toMatchObject({ status: 'done', reason: 'stopped' })
    expect(sdk.live.size).toBe(0)
  })

  it('dies between two prompts: nothing is told, and the next prompt starts it again', async () => {
    const { start, prompt, heard, sdk } = rig()
    await start('run-1')
    await heard.end('run-1')
    const told = heard.all.length
    for (const process of sdk.live) process.end(new Error('Claude Code process terminated by signal SIGKILL'))
    await expect.poll(() => sdk.live.size).toBe(0)
    expect(heard.all.length).toBe(told)
    await prompt('run-2')
    expect(await heard.end('run-2')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(sdk.started[1]).toMatchObject({ resume: expect.any(String) })
  })

  it('dies in a question: it expires, and the run ends in an error', async () => {
    const { start, question, heard, respond } = rig((turn) => {
      void turn.ask('Bash', {})
      turn.process.end(new Error('Claude Code process terminated by signal SIGKILL'))
    })
    await start('run-1')
    const { id } = await question()
    expect(await heard.end('run-1')).toMatchObject({ status: 'error', error: 'Claude Code process terminated by signal SIGKILL' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'permission-settled', requestId: id, outcome: 'expired' }))
    expect(await respond({ requestId: id, optionId: 'allow' })).toMatchObject({ ok: false, code: 'permission-not-pending' })
  })

  it('ends without a word: what it last wrote is told', async () => {
    const { start, heard } = rig((turn) => {
      const { stderr } = turn.process.options
      if (typeof stderr === 'function') stderr('Out of memory\n')
      turn.process.end()
    })
    await start('run-1')
    expect(await heard.end('run-1')).toMatchObject({ status: 'error', error: 'Claude ended. It last wrote: Out of memory' })
  })

  it('has a listener that throws: the others hear it all', async () => {
    const { start, heard, transport } = rig()
    transport.subscribe(() => {
      throw new Error('not mine')
    })
    await start('run-1')
    expect(await heard.end('run-1')).toMatchObject({ status: 'done' })
  })
})

describe('mode and model', () => {
  it('are changed in the process that is there, and kept for the next', async () => {
    const { start, heard, transport, sdk, clock, prompt } = rig()
    await start('run-1')
    await heard.end('run-1')
    const [process] = sdk.live
    expect(await transport.configure({ sessionId: 'session', mode: 'acceptEdits', model: 'claude-other' })).toEqual({ ok: true })
    expect([process?.modes, process?.models]).toEqual([['acceptEdits'], ['claude-other']])
    expect(heard.all.at(-1)).toEqual({ type: 'session', sessionId: 'session', mode: 'acceptEdits', model: 'claude-other' })
    await clock.advance(600_000)
    await prompt('run-2')
    expect(sdk.started[1]).toMatchObject({ permissionMode: 'acceptEdits', model: 'claude-other' })
    expect(textField(sdk.started[1], 'resume')).toBeDefined()
  })

  it('that would ask for nothing are refused where the host has not allowed it', async () => {
    const { start, heard, transport } = rig()
    await start('run-1')
    await heard.end('run-1')
    for (const change of [{ mode: 'bypassPermissions' }, { settings: { effort: 'high' } }]) {
      expect(await transport.configure({ sessionId: 'session', ...change })).toMatchObject({ ok: false, code: 'not-supported' })
    }
  })
})

it('options of an app without types are refused with what to write', () => {
  // As it comes from a caller whose types nobody checked.
  const half = {} as never
  expect(() => createClaudeTransport({ sdk: half })).toThrow("import('@anthropic-ai/claude-agent-sdk')")
  expect(() => createClaudeTransport({ handshakeMs: 0 })).toThrow('`handshakeMs` is a number of milliseconds above 0, not 0')
})
