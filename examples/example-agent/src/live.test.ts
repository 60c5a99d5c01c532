import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { methods, RequestError, type SessionUpdate } from '@agentclientprotocol/sdk/unstable'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { storyOf, STORY } from './carry-out/story.ts'
import { ORDERS } from './orders.ts'
import { answer, LiveAgent, type LiveOptions } from './testing/live-agent.ts'
import { lastText, shownBy, toolsOf, transcriptOf } from './testing/transcript.ts'
import { countWords, WORDS_PER_USD } from './usage.ts'
import { isAlive } from '../../../test/is-alive.ts'

// The real program, started anew for each test.

const started: LiveAgent[] = []

async function start(options?: LiveOptions): Promise<LiveAgent> {
  const live = await LiveAgent.start(options)
  started.push(live)
  return live
}

afterEach(async () => {
  for (const live of started.splice(0)) {
    await live.end()
  }
})

function isChunk(update: SessionUpdate): boolean {
  return update.sessionUpdate === 'agent_message_chunk'
}

async function commandUnderWay(
  live: LiveAgent,
  sessionId: string,
): Promise<{ pids: number[]; turn: Promise<unknown> }> {
  live.onPermission = () => answer('allow-once')
  const turn = live.prompt(sessionId, 'run sleep 300 & echo "pids $$ $!"; sleep 300')
  turn.catch(() => {})
  const update = await live.update(
    (seen) =>
      seen.sessionUpdate === 'tool_call_update' && /pids \d+ \d+/.test(shownBy({ content: seen.content ?? [] })),
  )
  const shown = update.sessionUpdate === 'tool_call_update' ? shownBy({ content: update.content ?? [] }) : ''
  return { pids: (shown.match(/\d+/g) ?? []).map(Number), turn }
}

describe('the start', () => {
  test('says what it can, makes the sandbox, and offers its orders and modes', async () => {
    const live = await start()
    expect(await live.initialize()).toEqual({
      protocolVersion: 1,
      agentInfo: { name: 'example-agent', title: 'Example agent', version: '1.0.0' },
      agentCapabilities: {
        loadSession: true,
        promptCapabilities: { image: true, audio: false, embeddedContext: true },
        sessionCapabilities: { list: {}, resume: {}, close: {}, fork: {} },
      },
      authMethods: [],
    })
    const session = await live.agent.request(methods.agent.session.new, { cwd: '/x', mcpServers: [] })
    expect(session.modes?.currentModeId).toBe('ask')
    expect(session.modes?.availableModes.map(({ id }) => id)).toEqual(['ask', 'auto'])
    const commands = await live.update((update) => update.sessionUpdate === 'available_commands_update')
    expect(commands).toMatchObject({ availableCommands: ORDERS.map(({ name }) => ({ name })) })
    expect(readdirSync(live.sandbox).toSorted()).toEqual(['.agent', 'README.md', 'data', 'notes', 'src'])
  })

  test('an unknown session is refused as a resource that is not there', async () => {
    const live = await start()
    const unknown = { sessionId: '7b1f5f0e-3c5e-4a53-9d6a-2f6f0f3f9f10', cwd: '/x', mcpServers: [] }
    for (const method of [methods.agent.session.load, methods.agent.session.resume] as const) {
      await expect(live.agent.request(method, unknown)).rejects.toMatchObject({
        code: -32002,
        data: { sessionId: unknown.sessionId },
      })
    }
    await expect(live.prompt('nonsense/../x', 'help')).rejects.toMatchObject({ code: -32002 })
  })

  test('a malformed line is answered and changes nothing', async () => {
    // What the SDK does with answers that it has not asked for.
    const heard = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => heard.mockRestore())
    const live = await start()
    const sessionId = await live.newSession()
    live.write('this is no JSON')
    live.write('{"jsonrpc":"2.0","method":')
    live.write('[1,2]')
    live.write('{"jsonrpc":"2.0","id":77,"method":"session/prompt","params":{"wrong":true}}')
    expect((await live.turn(sessionId, 'mode')).response.stopReason).toBe('end_turn')
    await expect.poll(() => heard.mock.calls.length).toBe(4)
  })

  test.each([
    [['--wrong'], 2, 'unknown argument "--wrong"'],
    [['--sandbox', '/dev/null/x'], 1, 'the sandbox /dev/null/x cannot be used'],
  ])('started with %j it ends with %i', (args, status, text) => {
    const main = path.join(import.meta.dirname, 'main.ts')
    const ended = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
    expect(ended).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(text) })
  })
})

describe('list, read and search', () => {
  test('list shows the tree', async () => {
    const live = await start()
    const { outline, updates, response } = await live.turn(await live.newSession(), 'list files')
    expect(outline).toEqual([
      'session_info_update',
      'tool_call pending',
      'tool_call_update in_progress',
      'tool_call_update completed',
      'agent_message_chunk',
      'usage_update',
      'result',
    ])
    const [call] = toolsOf(updates)
    expect(call).toMatchObject({
      title: 'List files',
      kind: 'read',
      rawInput: { path: '.' },
      rawOutput: { files: 5, folders: 3 },
    })
    expect(shownBy(call)).toMatch(/^README\.md \(\d+ bytes\)\ndata\/\n {2}numbers\.csv \(\d+ bytes\)\nnotes\/\n/)
    expect(shownBy(call)).not.toContain('.agent')
    expect(lastText(updates)).toBe('5 files in 3 folders.')
    expect(response.stopReason).toBe('end_turn')
  })

  test('read shows the file', async () => {
    const live = await start()
    const { updates } = await live.turn(await live.newSession(), 'read notes/todo.txt')
    const text = readFileSync(path.join(live.sandbox, 'notes', 'todo.txt'), 'utf8')
    const [call] = toolsOf(updates)
    expect(call).toMatchObject({
      title: 'Read notes/todo.txt',
      kind: 'read',
      status: 'completed',
      locations: [{ path: path.join(live.sandbox, 'notes', 'todo.txt') }],
      rawOutput: { lines: 5, bytes: text.length, truncated: false },
    })
    expect(shownBy(call)).toBe(text)
    expect(lastText(updates)).toBe(`\`notes/todo.txt\` has 5 lines, ${text.length} bytes.`)
  })

  test.each([
    ['read ../x', 'it would lead out of the sandbox'],
    ['read /etc/passwd', 'only paths relative to the sandbox'],
    ['read door/secret', 'it is a link that leads out of the sandbox'],
    ['read .agent/x', "the agent's own memory"],
    ['read missing.txt', 'does not exist in the sandbox'],
    ['read notes', 'is a folder'],
    ['read binary', 'is not a text'],
    ['list nowhere', 'does not exist in the sandbox'],
    ['write ../x: y', 'it would lead out of the sandbox'],
    ['write notes: y', 'is a folder'],
    ['write README.md/x: y', 'is a file, not a folder'],
  ])('%s fails as a tool does: with a result that says why', async (order, why) => {
    const live = await start()
    symlinkSync('/', path.join(live.sandbox, 'door'))
    writeFileSync(path.join(live.sandbox, 'binary'), 'a\0b')
    const { outline, updates, response } = await live.turn(await live.newSession(), order)
    expect(outline.slice(1, 4)).toEqual([
      'tool_call pending',
      'tool_call_update in_progress',
      'tool_call_update failed',
    ])
    expect(shownBy(toolsOf(updates)[0])).toContain(why)
    expect(lastText(updates)).toContain(why)
    expect(response.stopReason).toBe('end_turn')
  })

  test('search shows where', async () => {
    const live = await start()
    const { updates } = await live.turn(await live.newSession(), 'search TRAWLERS')
    const [call] = toolsOf(updates)
    expect(call).toMatchObject({
      kind: 'search',
      status: 'completed',
      locations: [{ path: path.join(live.sandbox, 'notes', 'lighthouse.md'), line: 6 }],
    })
    expect(shownBy(call)).toMatch(/^notes\/lighthouse\.md:6: Ships that greeted/)
    expect(lastText(updates)).toBe('1 line in 1 file has it.')
  })
})

describe('write', () => {
  test('asks, shows the difference, and writes when it may', async () => {
    const live = await start()
    const asked: unknown[] = []
    live.onPermission = (request) => {
      asked.push(request)
      return answer('allow-once')
    }
    const file = path.join(live.sandbox, 'new', 'idea.txt')
    const { outline, updates } = await live.turn(await live.newSession(), 'write new/idea.txt: a boat\nof paper')
    expect(outline).toEqual([
      'session_info_update',
      'tool_call pending',
      'session/request_permission',
      'tool_call_update in_progress',
      'tool_call_update completed',
      'agent_message_chunk',
      'usage_update',
      'result',
    ])
    const [call] = toolsOf(updates)
    const diff = [{ type: 'diff', path: file, oldText: null, newText: 'a boat\nof paper' }]
    expect(asked).toMatchObject([
      {
        toolCall: { toolCallId: call?.toolCallId, kind: 'edit', title: 'Write new/idea.txt', content: diff },
        options: [
          { optionId: 'allow-once', name: 'Allow', kind: 'allow_once' },
          { optionId: 'allow-always', name: 'Always', kind: 'allow_always' },
          { optionId: 'reject-once', name: 'Reject', kind: 'reject_once' },
        ],
      },
    ])
    expect(call).toMatchObject({ status: 'completed', kind: 'edit', content: diff, locations: [{ path: file }] })
    expect(readFileSync(file, 'utf8')).toBe('a boat\nof paper')
  })

  test('does not write when it may not', async () => {
    const live = await start()
    live.onPermission = () => answer('reject-once')
    const { outline, updates, response } = await live.turn(await live.newSession(), 'write idea.txt: no')
    expect(outline.slice(1, 4)).toEqual(['tool_call pending', 'session/request_permission', 'tool_call_update failed'])
    expect(lastText(updates)).toBe('I did not write `idea.txt`: Rejected by the user.')
    expect(existsSync(path.join(live.sandbox, 'idea.txt'))).toBe(false)
    expect(response.stopReason).toBe('end_turn')
  })

  test('a client that cannot ask has not allowed it', async () => {
    const live = await start()
    live.onPermission = () => {
      throw RequestError.methodNotFound('session/request_permission')
    }
    const { updates } = await live.turn(await live.newSession(), 'write idea.txt: no')
    expect(lastText(updates)).toContain('the client could not ask')
    expect(existsSync(path.join(live.sandbox, 'idea.txt'))).toBe(false)
  })

  test('always is for this order in this session, and in auto nothing is asked', async () => {
    const live = await start()
    let asked = 0
    live.onPermission = () => {
      asked += 1
      return answer('allow-always')
    }
    const first = await live.newSession()
    await live.turn(first, 'write a.txt: 1')
    await live.turn(first, 'write b.txt: 2')
    expect(asked).toBe(1)
    await live.turn(first, 'run true')
    expect(asked).toBe(2)
    const second = await live.newSession()
    await live.turn(second, 'write a.txt: 3')
    expect(asked).toBe(3)
    const third = await live.newSession()
    await live.turn(third, 'mode auto')
    await live.turn(third, 'write a.txt: 4')
    await live.turn(third, 'run true')
    expect(asked).toBe(3)
    expect(readFileSync(path.join(live.sandbox, 'a.txt'), 'utf8')).toBe('4')
  })
})

describe('run', () => {
  test('shows the output while it runs, and how it ended', async () => {
    const live = await start()
    live.onPermission = () => answer('allow-once')
    const sessionId = await live.newSession()
    // The command waits for a file that is written only when its first line has been seen.
    const turn = live.turn(sessionId, 'run echo first; until [ -e go ]; do sleep 0.01; done; echo second >&2; exit 3')
    await live.update(
      (update) =>
        update.sessionUpdate === 'tool_call_update' && shownBy({ content: update.content ?? [] }) === 'first\n',
    )
    writeFileSync(path.join(live.sandbox, 'go'), '')
    const { updates } = await turn
    const [call] = toolsOf(updates)
    expect(call).toMatchObject({
      kind: 'execute',
      status: 'failed',
      rawOutput: { exitCode: 3, signal: null, output: 'first\nsecond\n', truncated: false, timedOut: false },
    })
    expect(shownBy(call)).toBe('first\nsecond\n')
    expect(lastText(updates)).toBe('The command ended with exit code 3.')
  })

  test('runs in the sandbox, and a rejected command does not run', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    live.onPermission = () => answer('allow-once')
    const { updates } = await live.turn(sessionId, 'run pwd; node src/hello.js Mirren')
    expect(shownBy(toolsOf(updates)[0])).toBe(`${live.sandbox}\nHello, Mirren!\n`)
    expect(toolsOf(updates)[0]?.status).toBe('completed')
    live.onPermission = () => answer('reject-once')
    const rejected = await live.turn(sessionId, 'run touch made')
    expect(lastText(rejected.updates)).toBe('I did not run it: Rejected by the user.')
    expect(existsSync(path.join(live.sandbox, 'made'))).toBe(false)
  })

  test('of huge output the beginning and the end are shown', async () => {
    const live = await start()
    live.onPermission = () => answer('allow-once')
    const { updates } = await live.turn(await live.newSession(), 'run seq 1 200000')
    const shown = shownBy(toolsOf(updates)[0])
    expect(shown.length).toBeLessThan(33_000)
    expect(shown).toMatch(/^1\n2\n[\s\S]*characters left out[\s\S]*\n199999\n200000\n$/)
  })

  test('a command that takes too long is stopped', async () => {
    const live = await start({ env: { EXAMPLE_AGENT_RUN_LIMIT_MS: '200' } })
    live.onPermission = () => answer('allow-once')
    const { updates, response } = await live.turn(await live.newSession(), 'run sleep 300')
    expect(toolsOf(updates)[0]).toMatchObject({ status: 'failed', rawOutput: { timedOut: true, signal: 'SIGKILL' } })
    expect(lastText(updates)).toBe('The command was stopped: it took longer than 0.2 s.')
    expect(response.stopReason).toBe('end_turn')
  })

  test('what a command leaves in the background does not hold the turn, and ends with it', async () => {
    const live = await start()
    live.onPermission = () => answer('allow-once')
    const { updates } = await live.turn(await live.newSession(), 'run sleep 300 & echo $!')
    const [call] = toolsOf(updates)
    expect(call?.status).toBe('completed')
    await expect.poll(() => isAlive(Number(shownBy(call)))).toBe(false)
  })

  test('cancel kills it with all that it has started', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    const { pids, turn } = await commandUnderWay(live, sessionId)
    await live.cancel(sessionId)
    expect(await turn).toMatchObject({ stopReason: 'cancelled' })
    await live.settled()
    const [call] = toolsOf(live.updates)
    expect(call?.status).toBe('failed')
    expect(shownBy(call)).toMatch(/^pids \d+ \d+\n\nCancelled\.$/)
    await expect.poll(() => pids.filter(isAlive)).toEqual([])
  })

  test.each(['stdin', 'SIGTERM', 'SIGKILL'] as const)('it does not outlive the agent that ends by %s', async (how) => {
    const live = await start()
    const { pids } = await commandUnderWay(live, await live.newSession())
    expect(pids).toHaveLength(2)
    if (how === 'stdin') await live.end()
    else live.kill(how)
    const codes = {
      stdin: { code: 0, signal: null },
      SIGTERM: { code: 143, signal: null },
      SIGKILL: { code: null, signal: how },
    }
    expect(await live.exited).toEqual(codes[how])
    await expect.poll(() => pids.filter(isAlive)).toEqual([])
  })
})

describe('story, plan and think', () => {
  test('the story comes word by word in one message', async () => {
    const live = await start()
    const { updates, response } = await live.turn(await live.newSession(), 'story')
    const chunks = updates.filter(isChunk)
    expect(chunks).toHaveLength(countWords(STORY))
    expect(transcriptOf(updates)).toEqual([
      { kind: 'agent_message_chunk', messageId: expect.any(String), text: STORY.trimEnd() },
    ])
    expect(response).toEqual({
      stopReason: 'end_turn',
      usage: { inputTokens: 1, outputTokens: countWords(STORY), totalTokens: countWords(STORY) + 1 },
    })
  })

  test('story N has N words, and the cost is that of the words of all turns', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    expect(lastText((await live.turn(sessionId, 'story 12')).updates)).toBe(storyOf(12))
    const { updates } = await live.turn(sessionId, 'story 30')
    expect(updates.at(-1)).toEqual({
      sessionUpdate: 'usage_update',
      used: 2 + 12 + 2 + 30,
      size: 100_000,
      cost: { amount: 42 / WORDS_PER_USD, currency: 'USD' },
    })
  })

  test('the title is that of the first prompt', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    const { updates } = await live.turn(sessionId, 'story 1')
    expect(updates[0]).toMatchObject({ sessionUpdate: 'session_info_update', title: 'story 1' })
    expect((await live.turn(sessionId, 'story 2')).outline).not.toContain('session_info_update')
  })

  test('a plan goes through its steps, and does what it says', async () => {
    const live = await start()
    const { updates } = await live.turn(await live.newSession(), 'plan')
    const seen = updates.flatMap((update) =>
      update.sessionUpdate === 'plan' ? [update.entries.map(({ status }) => status[0]).join('')] : [],
    )
    // pending, in_progress, completed
    expect(seen).toEqual(['pppp', 'ippp', 'cppp', 'cipp', 'ccpp', 'ccip', 'cccp', 'ccci', 'cccc'])
    expect(toolsOf(updates).map(({ title, status }) => `${title} ${status}`)).toEqual([
      'List files completed',
      'Read data/numbers.csv completed',
      'Search "TODO " completed',
    ])
    expect(lastText(updates)).toBe(
      'The plan is carried out: there are 5 files; 21 ships came by; 3 things are still to do.',
    )
  })

  test('thoughts come before the answer, in a message of their own', async () => {
    const live = await start()
    const { outline, updates } = await live.turn(await live.newSession(), 'think about rivers')
    expect(outline).toEqual([
      'session_info_update',
      'agent_thought_chunk',
      'agent_message_chunk',
      'usage_update',
      'result',
    ])
    const [thought, said] = transcriptOf(updates)
    expect(thought).toMatchObject({ text: expect.stringContaining('rivers') })
    expect(said).toMatchObject({ text: expect.stringContaining('rivers') })
    expect(thought).not.toMatchObject({ messageId: said !== undefined && 'messageId' in said ? said.messageId : '' })
  })

  test.each(['hello there', 'help'])('%j is answered with what is understood', async (prompt) => {
    const live = await start()
    const { updates } = await live.turn(await live.newSession(), prompt)
    for (const { name } of ORDERS) expect(lastText(updates)).toContain(`- \`${name}`)
  })

  test('an order with a part missing is answered with how it is written', async () => {
    const live = await start()
    const { updates } = await live.turn(await live.newSession(), 'write idea.txt hello')
    expect(lastText(updates)).toBe('That order is written like this: `write FILE: TEXT`')
  })
})

describe('what comes with a prompt', () => {
  const image = { type: 'image', mimeType: 'image/png', data: Buffer.alloc(1_500).toString('base64') } as const
  const file = { type: 'resource', resource: { uri: 'file:///a/my%20notes.md', text: '# `Pears`\nripe' } } as const

  test('is told of, as proof that it came whole', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    const { updates } = await live.turn(sessionId, [image, file, { type: 'resource_link', uri: 'file:///z.zip', name: 'z.zip' }])
    expect(lastText(updates)).toBe(
      [
        'You sent me 3 attachments:',
        '',
        '- an image, `image/png`, 1,500 bytes; I have no eyes to see what is on it',
        '- the file `my notes.md`, 2 lines, 14 characters; it begins with `` # `Pears` ``',
        '- the name `z.zip` and nothing of what is in it',
        '',
      ].join('\n'),
    )
  })

  test('is no part of the order, which is carried out', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    const { updates } = await live.turn(sessionId, [{ type: 'text', text: 'mode' }, file])
    expect(lastText(updates)).toBe('The mode is `ask`.')
    expect(lastText((await live.turn(sessionId, 'recall')).updates)).toContain('1. mode')
  })
})

describe('a turn that does not end well', () => {
  test('cancel in the middle of a story keeps what was said', async () => {
    const live = await start({ env: { EXAMPLE_AGENT_PACE_MS: '20' } })
    const sessionId = await live.newSession()
    const turn = live.turn(sessionId, 'story')
    await live.update(isChunk)
    await live.cancel(sessionId)
    const { updates, response } = await turn
    expect(response.stopReason).toBe('cancelled')
    const said = lastText(updates)
    expect(said.length).toBeLessThan(STORY.length)
    expect(STORY.startsWith(said)).toBe(true)
    expect(response.usage?.outputTokens).toBe(countWords(said))
    expect((await live.turn(sessionId, 'mode')).response.stopReason).toBe('end_turn')
  })

  test('cancel of the request is cancel of the turn', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    const cancel = new AbortController()
    const turn = live.agent.request(
      methods.agent.session.prompt,
      { sessionId, prompt: [{ type: 'text', text: 'hang' }] },
      { cancellationSignal: cancel.signal },
    )
    await live.update(isChunk)
    cancel.abort()
    expect(await turn).toMatchObject({ stopReason: 'cancelled' })
  })

  test('hang hangs until it is cancelled, and only one turn at a time is taken', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    const turn = live.turn(sessionId, 'hang')
    await live.update(isChunk)
    await expect(live.prompt(sessionId, 'help')).rejects.toMatchObject({
      code: -32600,
      message: expect.stringContaining('a turn is under way'),
    })
    await live.cancel(sessionId)
    expect((await turn).response.stopReason).toBe('cancelled')
  })

  test('hang hard ignores cancel, but neither other sessions nor the end', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    let ended = false
    live.prompt(sessionId, 'hang hard').then(
      () => (ended = true),
      () => {},
    )
    await live.update(isChunk)
    await live.cancel(sessionId)
    const other = await live.newSession()
    expect((await live.turn(other, 'mode')).response.stopReason).toBe('end_turn')
    expect(ended).toBe(false)
    expect(await live.end()).toEqual({ code: 0, signal: null })
  })

  test.each(['the client answers cancelled', 'the client never answers'])(
    'cancel while a question is open ends the turn where %s',
    async (how) => {
      const live = await start()
      const sessionId = await live.newSession()
      live.onPermission = async () => {
        await live.cancel(sessionId)
        return how.endsWith('cancelled') ? { outcome: { outcome: 'cancelled' } } : new Promise(() => {})
      }
      const { outline, response } = await live.turn(sessionId, 'run touch made')
      expect(response.stopReason).toBe('cancelled')
      expect(outline.slice(1)).toEqual([
        'tool_call pending',
        'session/request_permission',
        'tool_call_update failed',
        'usage_update',
        'result',
      ])
      expect(existsSync(path.join(live.sandbox, 'made'))).toBe(false)
    },
  )

  test('fail is an error with a text of its own, and the session goes on', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    await expect(live.prompt(sessionId, 'fail')).rejects.toMatchObject({
      code: -32603,
      message: 'The example agent failed, because the order was to fail.',
      data: { order: 'fail' },
    })
    await live.settled()
    expect(live.updates.at(-1)?.sessionUpdate).toBe('usage_update')
    expect((await live.turn(sessionId, 'mode')).response.stopReason).toBe('end_turn')
  })

  test('crash ends the program in the middle of a sentence', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    await expect(live.prompt(sessionId, 'crash')).rejects.toThrow('ACP connection closed')
    expect(await live.exited).toEqual({ code: 3, signal: null })
    await live.settled()
    expect(lastText(live.updates)).toBe('I was just about to tell you that the')
    expect(live.stderr).toContain('crashed in the middle of a sentence')
  })
})

describe('modes', () => {
  test('are set by the client and by an order, and told', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    await live.agent.request(methods.agent.session.setMode, { sessionId, modeId: 'auto' })
    await live.settled()
    expect(live.updates.at(-1)).toEqual({ sessionUpdate: 'current_mode_update', currentModeId: 'auto' })
    expect(lastText((await live.turn(sessionId, 'mode')).updates)).toBe('The mode is `auto`.')
    const { updates } = await live.turn(sessionId, 'mode ask')
    expect(updates[0]).toEqual({ sessionUpdate: 'current_mode_update', currentModeId: 'ask' })
    expect(lastText((await live.turn(sessionId, 'mode fast')).updates)).toBe(
      'There is no mode `fast`, only `ask` and `auto`.',
    )
    await expect(
      live.agent.request(methods.agent.session.setMode, { sessionId, modeId: 'fast' }),
    ).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('there is no mode "fast"'),
    })
  })
})

describe('the memory', () => {
  test('a loaded session shows what was shown, with the same ids, in another process', async () => {
    const first = await start({ env: { EXAMPLE_AGENT_PACE_MS: '1' } })
    first.onPermission = ({ toolCall }) => answer(toolCall.kind === 'edit' ? 'allow-once' : 'reject-once')
    const sessionId = await first.newSession()
    const shown: SessionUpdate[] = []
    for (const order of [
      'list',
      'read missing.txt',
      'think',
      'write a.txt: 1',
      'run ls',
      'plan',
      'story 20',
      'mode auto',
    ]) {
      shown.push(...(await first.turn(sessionId, order)).updates)
    }
    await expect(first.prompt(sessionId, 'fail')).rejects.toThrow('failed')
    await first.settled()
    const live = transcriptOf(first.updates)
    const usage = first.updates.findLast((update) => update.sessionUpdate === 'usage_update')
    await first.end()

    const second = await start({ sandbox: first.sandbox })
    const loaded = await second.agent.request(methods.agent.session.load, { sessionId, cwd: '/x', mcpServers: [] })
    await second.settled()
    const replayed = transcriptOf(second.updates)
    expect(replayed.filter(({ kind }) => kind !== 'user_message_chunk')).toEqual(live)
    expect(
      replayed.flatMap((entry) => (entry.kind === 'user_message_chunk' && 'text' in entry ? [entry.text] : [])),
    ).toEqual([
      'list',
      'read missing.txt',
      'think',
      'write a.txt: 1',
      'run ls',
      'plan',
      'story 20',
      'mode auto',
      'fail',
    ])
    expect(loaded.modes?.currentModeId).toBe('auto')
    expect(second.updates[0]).toMatchObject({ sessionUpdate: 'session_info_update', title: 'list' })
    expect(second.updates).toContainEqual(usage)

    // Told again, it is the same again.
    second.updates.length = 0
    const again = await LiveAgent.start({ sandbox: first.sandbox })
    started.push(again)
    await again.agent.request(methods.agent.session.load, { sessionId, cwd: '/x', mcpServers: [] })
    await again.settled()
    expect(transcriptOf(again.updates)).toEqual(replayed)
  })

  test('a resumed session goes on without telling the past, and remembers it', async () => {
    const first = await start()
    first.onPermission = () => answer('allow-always')
    const sessionId = await first.newSession()
    await first.turn(sessionId, 'write a.txt: 1')
    await first.turn(sessionId, 'story 3')
    await first.end()

    const second = await start({ sandbox: first.sandbox })
    const resumed = await second.agent.request(methods.agent.session.resume, { sessionId, cwd: '/x' })
    expect(resumed.modes?.currentModeId).toBe('ask')
    await second.update((update) => update.sessionUpdate === 'available_commands_update')
    expect(second.updates).toHaveLength(1)
    expect(lastText((await second.turn(sessionId, 'recall')).updates)).toBe(
      'In this session you have asked:\n\n1. write a.txt: 1\n2. story 3',
    )
    // "Always" was said of this session, and this is that session.
    expect((await second.turn(sessionId, 'write a.txt: 2')).outline).not.toContain('session/request_permission')
  })

  test('a forked session remembers what was said until then, and goes on by itself', async () => {
    const live = await start()
    const sessionId = await live.newSession()
    await live.turn(sessionId, 'story 3')
    const forked = await live.agent.request(methods.agent.session.fork, { sessionId, cwd: '/x' })
    expect(forked.sessionId).not.toBe(sessionId)
    await live.turn(sessionId, 'story 4')
    await live.turn(forked.sessionId, 'story 5')
    expect(lastText((await live.turn(forked.sessionId, 'recall')).updates)).toBe('In this session you have asked:\n\n1. story 3\n2. story 5')
    expect(lastText((await live.turn(sessionId, 'recall')).updates)).toBe('In this session you have asked:\n\n1. story 3\n2. story 4')
  })

  test('what the program was doing when it was killed is told as interrupted', async () => {
    const first = await start()
    const sessionId = await first.newSession()
    await commandUnderWay(first, sessionId)
    first.kill('SIGKILL')
    await first.exited

    const second = await start({ sandbox: first.sandbox })
    await second.agent.request(methods.agent.session.load, { sessionId, cwd: '/x', mcpServers: [] })
    await second.settled()
    const [call] = toolsOf(second.updates)
    expect(call?.status).toBe('failed')
    expect(shownBy(call)).toContain('Interrupted: the agent ended before this was done.')
  })

  test('half a story is remembered when the client goes away', async () => {
    const first = await start({ env: { EXAMPLE_AGENT_PACE_MS: '20' } })
    const sessionId = await first.newSession()
    first.prompt(sessionId, 'story').catch(() => {})
    await first.update(isChunk)
    await first.end()
    await first.settled()
    const said = lastText(first.updates)
    expect(said).not.toBe('')

    const second = await start({ sandbox: first.sandbox })
    await second.agent.request(methods.agent.session.load, { sessionId, cwd: '/x', mcpServers: [] })
    await second.settled()
    // What was said last may have been on its way when the client stopped reading.
    expect(lastText(second.updates).startsWith(said)).toBe(true)
    expect(lastText(second.updates).length).toBeLessThan(STORY.length)
  })

  test('sessions are listed, newest first, for a folder or for all, and closed', async () => {
    const live = await start()
    const first = await live.newSession('/one')
    const second = await live.newSession('/two')
    await live.newSession('/empty')
    await live.turn(first, 'story 1')
    await live.turn(second, 'story 2')
    await live.turn(first, 'story 3')
    const { sessions } = await live.agent.request(methods.agent.session.list, {})
    expect(sessions.map(({ sessionId, cwd, title }) => [sessionId, cwd, title])).toEqual([
      [first, '/one', 'story 1'],
      [second, '/two', 'story 2'],
    ])
    const ofTwo = await live.agent.request(methods.agent.session.list, { cwd: '/two' })
    expect(ofTwo.sessions.map(({ sessionId }) => sessionId)).toEqual([second])

    const hanging = live.prompt(second, 'hang')
    await live.update((update) => isChunk(update) && lastText([update]) === 'hang ')
    await live.agent.request(methods.agent.session.close, { sessionId: second })
    expect(await hanging).toMatchObject({ stopReason: 'cancelled' })
    await expect(live.prompt(second, 'help')).rejects.toMatchObject({ code: -32002 })
    await live.agent.request(methods.agent.session.resume, { sessionId: second, cwd: '/two' })
    expect((await live.turn(second, 'recall')).response.stopReason).toBe('end_turn')
  })
})
