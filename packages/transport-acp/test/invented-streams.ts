import { completed, failed, type InventedStream } from '../../../test/transports/invented-stream.ts'

const sessionId = 'agent-session-0123456789'
let rpcId = 0

const sent = (msg: object): object => ({ dir: 'in', msg })
const got = (msg: object): object => ({ dir: 'out', msg })
const asked = (method: string, params: object, result: object): object[] => {
  rpcId += 1
  return [sent({ id: rpcId, method, params }), got({ id: rpcId, result })]
}
const update = (sessionUpdate: string, more: object = {}, about = sessionId): object => got({ method: 'session/update', params: { sessionId: about, update: { sessionUpdate, ...more } } })
const text = (words: string): object => ({ type: 'text', text: words })
const say = (words: string, messageId?: string, more: object = {}): object => update('agent_message_chunk', { content: text(words), ...(messageId !== undefined && { messageId }), ...more })
const think = (words: string, messageId?: string): object => update('agent_thought_chunk', { content: text(words), ...(messageId !== undefined && { messageId }) })
const call = (toolCallId: string, title: string, more: object = {}): object => update('tool_call', { toolCallId, title, kind: 'other', status: 'pending', ...more })
const news = (toolCallId: string, more: object): object => update('tool_call_update', { toolCallId, ...more })
const printed = (words: string): object[] => [{ type: 'content', content: text(words) }]
const under = (parentToolUseId: string): object => ({ _meta: { claudeCode: { parentToolUseId } } })
const question = (id: string | number, toolCall: object): object =>
  got({
    id,
    method: 'session/request_permission',
    params: { sessionId, toolCall, options: [{ optionId: 'once', name: 'Once', kind: 'allow_once' }, { optionId: 'never', name: 'Never', kind: 'reject_always' }, { optionId: 'maybe', name: 'Maybe', kind: 'allow_if_sunny' }] },
  })
const answer = (id: string | number, optionId: string): object => sent({ id, result: { outcome: { outcome: 'selected', optionId } } })

const opening = (more: object = {}): object[] => [
  ...asked('initialize', { protocolVersion: 1 }, { protocolVersion: 1, agentInfo: { name: 'invented', version: '1' }, ...more }),
  ...asked('session/new', { cwd: '/home/demo/project', mcpServers: [] }, { sessionId }),
]

/** A prompt, what comes of it, and the answer that ends it; `null`: none does. */
const turn = (prompt: string, lines: readonly object[], result: object | null = { stopReason: 'end_turn' }): object[] => {
  rpcId += 1
  const id = rpcId
  return [sent({ id, method: 'session/prompt', params: { sessionId, prompt: [text(prompt)] } }), ...lines, ...(result === null ? [] : [got({ id, ...('error' in result ? result : { result }) })])]
}

const stream = (name: string, lines: readonly unknown[], end = completed): InventedStream => ({ name, lines, end })
const one = (name: string, lines: readonly object[], end = completed, result?: object): InventedStream => stream(name, [...opening(), ...turn('Go on', lines, result)], end)

export const inventedStreams: readonly InventedStream[] = [
  one('parallel-tools', [
    say('I look at three files.', 'message-aaaaaaaaaaaaaaaa'),
    call('call-aaaaaaaaaaaaaaaa', 'Read a.txt', { kind: 'read', rawInput: { path: 'a.txt' }, locations: [{ path: '/home/demo/project/a.txt' }] }),
    call('call-bbbbbbbbbbbbbbbb', 'Read b.txt', { kind: 'read', rawInput: { path: 'b.txt' } }),
    news('call-bbbbbbbbbbbbbbbb', { status: 'in_progress' }),
    call('call-cccccccccccccccc', 'Read c.txt', { kind: 'read', rawInput: { path: 'c.txt' } }),
    news('call-cccccccccccccccc', { status: 'in_progress', content: printed('c is ') }),
    say('Meanwhile ', 'message-bbbbbbbbbbbbbbbb'),
    news('call-aaaaaaaaaaaaaaaa', { status: 'in_progress' }),
    news('call-cccccccccccccccc', { content: printed('c is long') }),
    say('I wait.', 'message-bbbbbbbbbbbbbbbb'),
    news('call-cccccccccccccccc', { status: 'completed' }),
    news('call-aaaaaaaaaaaaaaaa', { status: 'failed', content: printed('No such file') }),
    news('call-bbbbbbbbbbbbbbbb', { status: 'completed', rawOutput: { content: 'b' } }),
    say('Two of three.', 'message-cccccccccccccccc'),
  ]),
  one('media', [
    say('A picture: ', 'message-aaaaaaaaaaaaaaaa'),
    update('agent_message_chunk', { messageId: 'message-aaaaaaaaaaaaaaaa', content: { type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=', uri: 'file:///home/demo/owl.png' } }),
    update('agent_message_chunk', { messageId: 'message-aaaaaaaaaaaaaaaa', content: { type: 'audio', mimeType: 'audio/wav', data: 'UklGRg==' } }),
    update('agent_message_chunk', { messageId: 'message-aaaaaaaaaaaaaaaa', content: { type: 'resource_link', uri: 'https://example.org/a', name: 'a page', title: 'A page' } }),
    update('agent_message_chunk', { messageId: 'message-aaaaaaaaaaaaaaaa', content: { type: 'resource', resource: { uri: 'file:///home/demo/a.txt', text: 'the text' } } }),
    update('agent_message_chunk', { messageId: 'message-aaaaaaaaaaaaaaaa', content: { type: 'resource', resource: { uri: 'file:///home/demo/a.bin', blob: 'AAAA', mimeType: 'application/octet-stream' } } }),
    call('call-aaaaaaaaaaaaaaaa', 'Take a picture', { kind: 'fetch', status: 'completed', content: [{ type: 'content', content: { type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' } }, ...printed('and words')] }),
    say(' Done.', 'message-bbbbbbbbbbbbbbbb'),
  ]),
  one('nothing-said', [
    say(''),
    think(''),
    call('call-aaaaaaaaaaaaaaaa', '', { rawInput: {}, content: [] }),
    news('call-aaaaaaaaaaaaaaaa', { status: 'completed', content: [], rawOutput: null }),
    call('call-bbbbbbbbbbbbbbbb', '', { kind: null, rawInput: null, locations: null, status: null }),
    news('call-bbbbbbbbbbbbbbbb', { status: 'failed' }),
    question(0, { toolCallId: 'call-cccccccccccccccc', title: '' }),
    answer(0, 'once'),
    update('plan', { entries: [] }),
    update('available_commands_update', { availableCommands: [] }),
    update('session_info_update', { title: null }),
    update('session_info_update', {}),
  ]),
  one(
    'impossible-numbers',
    [update('usage_update', { used: 1e308, size: 1, cost: { amount: -5, currency: 'USD' } }), update('usage_update', { used: -1, size: 0 }), update('usage_update', { used: 10, size: 1e15, cost: { amount: 1e300, currency: 'USD' } }), say('Rich.')],
    { ...completed, inputTokens: 9_007_199_254_740_991 },
    { stopReason: 'end_turn', usage: { inputTokens: 9_007_199_254_740_991, outputTokens: 0, totalTokens: 1e308 } },
  ),
  one(
    'kinds-of-tomorrow',
    [
      update('dream_update', { about: 'sheep' }),
      update('agent_message_chunk', { content: { type: 'hologram', of: 'an owl' } }),
      call('call-aaaaaaaaaaaaaaaa', 'Teleport', { kind: 'teleport', status: 'quantum', rawInput: { to: 'moon' }, content: [{ type: 'hologram' }] }),
      news('call-aaaaaaaaaaaaaaaa', { status: 'completed', content: [{ type: 'hologram' }, ...printed('There.')] }),
      update('plan', { entries: [{ content: 'Land', status: 'dreaming', priority: 'cosmic' }, { content: 7 }, 'no entry'] }),
      update('current_mode_update', { currentModeId: 'hyper' }),
      got({ method: 'session/teleported', params: { sessionId } }),
      got({ method: '_invented.org/hello', params: { sessionId } }),
      got({ id: 'strange', method: 'host/open_door', params: { sessionId } }),
      say('Here.'),
    ],
    { status: 'done', endReason: 'arrived' },
    { stopReason: 'arrived' },
  ),
  one('agents-in-agents', [
    say('I ask.'),
    call('call-outer-0123456789', 'Task', { rawInput: { prompt: 'outer' } }),
    call('call-inner-0123456789', 'Task', { rawInput: { prompt: 'inner' }, ...under('call-outer-0123456789') }),
    say('I am the outer one.', 'message-outer-0123456789', under('call-outer-0123456789')),
    say('I am the inner one. ', 'message-inner-0123456789', under('call-inner-0123456789')),
    call('call-read-0123456789', 'Read', { kind: 'read', rawInput: { path: 'a' }, ...under('call-inner-0123456789') }),
    say('I am the outer one still.', 'message-outer-0123456789', under('call-outer-0123456789')),
    news('call-read-0123456789', { status: 'completed', content: printed('a'), ...under('call-inner-0123456789') }),
    say('Read it.', 'message-inner-0123456789', under('call-inner-0123456789')),
    // The outer one is done before the inner one is.
    news('call-outer-0123456789', { status: 'completed', content: printed('outer done') }),
    news('call-inner-0123456789', { status: 'completed', content: printed('inner done'), ...under('call-outer-0123456789') }),
    say('Both are done.', 'message-main-0123456789'),
  ]),
  one('a-child-before-its-parent', [
    say('I begin.', 'message-child-0123456789', under('call-late-0123456789')),
    call('call-child-0123456789', 'Read', { kind: 'read', rawInput: { path: 'a' }, ...under('call-late-0123456789') }),
    call('call-late-0123456789', 'Task', { rawInput: { prompt: 'late' } }),
    news('call-child-0123456789', { status: 'completed', content: printed('a') }),
    news('call-late-0123456789', { status: 'completed' }),
    say('Done.'),
  ]),
  one('results-before-calls', [
    news('call-aaaaaaaaaaaaaaaa', { status: 'completed', content: printed('early') }),
    call('call-aaaaaaaaaaaaaaaa', 'Look', { kind: 'search', rawInput: { query: 'owl' } }),
    news('call-aaaaaaaaaaaaaaaa', { status: 'failed', content: printed('late') }),
    news('call-aaaaaaaaaaaaaaaa', { status: 'in_progress' }),
    say('Odd.'),
  ]),
  one('one-id-for-everything', [
    say('one ', 'the-same-id-0123456789'),
    think('two ', 'the-same-id-0123456789'),
    say('three ', 'the-same-id-0123456789'),
    call('the-same-id-0123456789', 'Look'),
    say('four', 'the-same-id-0123456789'),
    news('the-same-id-0123456789', { status: 'completed', content: printed('five') }),
    say('six', 'the-same-id-0123456789', under('the-same-id-0123456789')),
    question('the-same-id-0123456789', { toolCallId: 'the-same-id-0123456789' }),
    answer('the-same-id-0123456789', 'once'),
    question('the-same-id-0123456789', { toolCallId: 'other-call-0123456789', title: 'Another question' }),
    answer('the-same-id-0123456789', 'never'),
  ]),
  stream('the-same-ids-in-each-turn', [
    ...opening(),
    ...[1, 2, 3].flatMap((count) =>
      turn(`Turn ${count}`, [
        say(`Looking ${count}.`, 'message-0123456789abcdef'),
        call('call-0123456789abcdef', `Look ${count}`, { rawInput: { count } }),
        question(0, { toolCallId: 'call-0123456789abcdef', title: `May I ${count}?` }),
        answer(0, count === 2 ? 'never' : 'once'),
        news('call-0123456789abcdef', { status: count === 2 ? 'failed' : 'completed', content: printed(`${count}`) }),
        say(`Seen ${count}.`, 'message-0123456789abcdef'),
      ]),
    ),
  ]),
  stream('late-and-foreign', [
    ...opening(),
    ...turn('First', [call('call-0123456789abcdef', 'Build', { kind: 'execute', rawInput: { command: 'make' } }), say('It builds.')]),
    news('call-0123456789abcdef', { status: 'completed', content: printed('built') }),
    say('By the way.'),
    update('agent_message_chunk', { content: text('For somebody else.') }, 'another-session-0123456789'),
    question('late', { toolCallId: 'call-late-0123456789', title: 'Still there?' }),
    got({ id: 999, result: { stopReason: 'end_turn' } }),
    got({ id: 999, error: { code: 1, message: 'No' } }),
    ...turn('Second', [update('tool_call', { toolCallId: 'call-foreign-0123456789', title: 'Steal' }, 'another-session-0123456789'), say('Ours.')]),
  ]),
  one('questions-of-all-kinds', [
    question(0, { toolCallId: 'call-aaaaaaaaaaaaaaaa', title: 'Write a.txt', kind: 'edit', rawInput: { path: 'a.txt' }, content: [{ type: 'diff', path: 'a.txt', oldText: null, newText: 'a\n' }] }),
    question(1, { toolCallId: 'call-aaaaaaaaaaaaaaaa', title: 'Really write a.txt' }),
    answer(1, 'once'),
    answer(0, 'never'),
    call('call-aaaaaaaaaaaaaaaa', 'Write a.txt', { kind: 'edit', rawInput: { path: 'a.txt' } }),
    news('call-aaaaaaaaaaaaaaaa', { status: 'completed', content: [{ type: 'diff', path: 'a.txt', oldText: null, newText: 'a\n' }, { type: 'diff', path: 'b.txt', oldText: 'b\n', newText: 'c\n' }] }),
    question(2, { toolCallId: 'call-bbbbbbbbbbbbbbbb', title: 'Delete b.txt' }),
    sent({ id: 2, result: { outcome: { outcome: 'cancelled' } } }),
    question(3, { toolCallId: 'call-cccccccccccccccc', title: 'Delete c.txt' }),
    sent({ id: 3, error: { code: -32603, message: 'The host is confused' } }),
    say('I leave it.'),
  ]),
  one('a-long-output', [
    call('call-aaaaaaaaaaaaaaaa', 'Count', { kind: 'execute', rawInput: { command: 'seq 1 100000' }, status: 'in_progress' }),
    ...[10, 1_000, 20_000].map((count) => news('call-aaaaaaaaaaaaaaaa', { content: printed(Array.from({ length: count }, (_, line) => `${line + 1}`).join('\n')) })),
    news('call-aaaaaaaaaaaaaaaa', { status: 'completed' }),
    say('x'.repeat(200_000)),
  ]),
  stream(
    'cut-off-with-everything-open',
    [...opening(), ...turn('Go on', [think('Hm'), call('call-aaaaaaaaaaaaaaaa', 'Build', { status: 'in_progress', content: printed('half') }), question(0, { toolCallId: 'call-bbbbbbbbbbbbbbbb', title: 'May I?' }), say('Half a sen', 'message-aaaaaaaaaaaaaaaa')], null)],
    failed,
  ),
  stream(
    'ended-twice',
    [...opening(), ...turn('First', [say('Yes.')]), got({ id: rpcId, result: { stopReason: 'cancelled' } }), got({ id: rpcId, error: { code: -32603, message: 'No' } }), ...turn('Second', [say('Again.')], { error: { code: -32603, message: 'Broken', data: { details: 'for good' } } })],
    failed,
  ),
  stream('a-new-process-in-the-middle', [
    ...opening(),
    ...turn('Write a poem', [say('Roses are ', 'message-aaaaaaaaaaaaaaaa'), call('call-aaaaaaaaaaaaaaaa', 'Smell', { kind: 'other', status: 'in_progress' })], null),
    { _host: 'lost', error: 'The agent was ended by the signal SIGKILL' },
    ...asked('initialize', { protocolVersion: 1 }, { protocolVersion: 1, agentInfo: { name: 'invented' }, agentCapabilities: { loadSession: true } }),
    ...((): object[] => {
      const [load = {}, loaded = {}] = asked('session/load', { sessionId, cwd: '/home/demo/project', mcpServers: [] }, {})
      return [load, update('user_message_chunk', { content: text('Write a poem') }), say('Roses are red', 'message-aaaaaaaaaaaaaaaa'), call('call-aaaaaaaaaaaaaaaa', 'Smell', { status: 'failed' }), loaded]
    })(),
    ...turn('Go on', [say('Violets are blue', 'message-bbbbbbbbbbbbbbbb'), call('call-bbbbbbbbbbbbbbbb', 'Look', { status: 'completed', content: printed('blue') })]),
  ]),
  one('refused', [say('I would rather '), call('call-aaaaaaaaaaaaaaaa', 'Refuse', { status: 'pending' })], { status: 'done', endReason: 'refusal' }, { stopReason: 'refusal' }),
  one('plans-and-news-in-a-sentence', [
    say('A sentence '),
    update('plan', { entries: [{ content: 'Read', status: 'in_progress', priority: 'high' }, { content: 'Write', status: 'pending', priority: 'low' }] }),
    update('usage_update', { used: 10, size: 100 }),
    update('available_commands_update', { availableCommands: [{ name: 'go', description: 'Goes', input: { hint: 'where' } }] }),
    say('in two parts.'),
    update('plan', { entries: [{ content: 'Read', status: 'completed', priority: 'high' }] }),
    update('session_info_update', { title: 'A title', updatedAt: '2026-11-21T00:00:00Z' }),
    update('current_mode_update', { currentModeId: 'code' }),
    say(' The end.'),
  ]),
]
