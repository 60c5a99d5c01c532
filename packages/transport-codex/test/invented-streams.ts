import type { ExpectedEnd } from '@agent-session/core/conformance'
import { completed, failed, type InventedStream } from '../../../test/transports/invented-stream.ts'

const threadId = '01a1fad2-183a-77b3-a769-8e0a56d10e3e'
let rpcId = 0

const sent = (msg: object): object => ({ dir: 'in', msg })
const got = (msg: object): object => ({ dir: 'out', msg })
const asked = (method: string, params: object, result: object): object[] => {
  rpcId += 1
  return [sent({ id: rpcId, method, params }), got({ id: rpcId, result })]
}
const opening = (): object[] => [...asked('initialize', {}, {}), ...asked('thread/start', {}, { thread: { id: threadId, turns: [] }, model: 'gpt-invented' })]

/** What the app-server tells of one thread. */
const told = (method: string, params: object = {}, thread = threadId): object => got({ method, params: { threadId: thread, turnId: 'turn-of-some-length-1', ...params } })
const begun = (item: object, thread?: string): object => told('item/started', { item }, thread)
const done = (item: object, thread?: string): object => told('item/completed', { item }, thread)
const say = (itemId: string, delta: string, thread?: string): object => told('item/agentMessage/delta', { itemId, delta }, thread)
const message = (id: string, text: string): object => ({ type: 'agentMessage', id, text })
const command = (id: string, line: string, more: object = {}): object => ({ type: 'commandExecution', id, command: line, cwd: '/home/demo/project', status: 'inProgress', aggregatedOutput: null, exitCode: null, ...more })
const printed = (id: string, line: string, output: string, more: object = {}): object => command(id, line, { status: 'completed', aggregatedOutput: output, exitCode: 0, ...more })
const spawn = (id: string, prompt: string, receivers: readonly string[], more: object = {}): object => ({ type: 'collabAgentToolCall', id, tool: 'spawnAgent', status: 'inProgress', senderThreadId: threadId, receiverThreadIds: receivers, prompt, agentsStates: {}, ...more })
const usage = (inputTokens: unknown, outputTokens: unknown): object => told('thread/tokenUsage/updated', { tokenUsage: { total: { inputTokens, outputTokens, cachedInputTokens: 0, totalTokens: 0 }, last: { inputTokens, outputTokens, cachedInputTokens: 0, totalTokens: 10 }, modelContextWindow: 1000 } })
const approves = (id: string | number, itemId: string, more: object = {}): object => got({ id, method: 'item/commandExecution/requestApproval', params: { threadId, turnId: 'turn-of-some-length-1', itemId, command: 'rm a', cwd: '/home/demo/project', ...more } })
const decides = (id: string | number, decision: string): object => sent({ id, result: { decision } })

/** A prompt, what comes of it, and its end; `null`: none. */
const turn = (prompt: string, lines: readonly object[], end: object | null = { status: 'completed' }, turnId = 'turn-of-some-length-1'): object[] => {
  rpcId += 1
  const input = [{ type: 'text', text: prompt }]
  return [
    sent({ id: rpcId, method: 'turn/start', params: { threadId, input } }),
    got({ id: rpcId, result: { turn: { id: turnId, status: 'inProgress' } } }),
    told('turn/started', { turn: { id: turnId } }),
    done({ type: 'userMessage', id: `prompt-${rpcId}`, content: input }),
    ...lines,
    ...(end === null ? [] : [told('turn/completed', { turn: { id: turnId, ...end } })]),
  ]
}
const one = (name: string, lines: readonly object[], end: ExpectedEnd = completed, turnEnd?: object | null): InventedStream => ({ name, lines: [...opening(), ...turn('Go on', lines, turnEnd)], end })

const first = 'item-of-some-length-1'
const second = 'item-of-some-length-2'
const third = 'item-of-some-length-3'
const child = 'thread-of-a-child-0123'
const grandchild = 'thread-of-a-grandchild-0123'

/** Of the app-server. */
export const inventedThreads: readonly InventedStream[] = [
  one('parallel-tools', [
    begun(message('message-of-some-length-1', '')),
    say('message-of-some-length-1', 'Three '),
    begun(command(first, '/bin/bash -lc ls')),
    begun(command(second, "/bin/bash -lc 'cat b'")),
    told('item/commandExecution/outputDelta', { itemId: second, delta: 'b is ' }),
    begun({ type: 'fileChange', id: third, status: 'inProgress', changes: [{ path: '/home/demo/project/c', kind: { type: 'add' }, diff: 'c\n' }] }),
    told('item/commandExecution/outputDelta', { itemId: first, delta: 'a\n' }),
    say('message-of-some-length-1', 'at once.'),
    done({ type: 'fileChange', id: third, status: 'failed', changes: [{ path: '/home/demo/project/c', kind: { type: 'add' }, diff: 'c\n' }] }),
    told('item/commandExecution/outputDelta', { itemId: second, delta: 'long' }),
    done(printed(second, "/bin/bash -lc 'cat b'", 'b is long')),
    done(message('message-of-some-length-1', 'Three at once.')),
    done(printed(first, '/bin/bash -lc ls', '', { status: 'failed', exitCode: 2 })),
    usage(10, 2),
  ], { ...completed, inputTokens: 10, outputTokens: 2 }),
  one('agents-in-agents', [
    begun(spawn(first, 'outer', [])),
    told('turn/started', { turn: { id: 'turn-of-the-child' } }, child),
    say('message-of-the-child-1', 'I am the outer one. ', child),
    done(spawn(first, 'outer', [child], { status: 'completed', agentsStates: { [child]: { status: 'running', message: null } } })),
    begun(spawn(second, 'inner', [grandchild]), child),
    say('message-of-the-grandchild', 'I am the inner one.', grandchild),
    say('message-of-the-child-1', 'I wait.', child),
    done(message('message-of-the-child-1', 'I am the outer one. I wait.'), child),
    begun(command(third, 'ls'), grandchild),
    // The outer one is done before the inner one is.
    told('turn/completed', { turn: { id: 'turn-of-the-child', status: 'completed' } }, child),
    done(printed(third, 'ls', 'a'), grandchild),
    done(message('message-of-the-grandchild', 'I am the inner one.'), grandchild),
    told('turn/completed', { turn: { id: 'turn-of-the-grandchild', status: 'failed', error: { message: 'Lost' } } }, grandchild),
    done(spawn(second, 'inner', [grandchild], { status: 'failed', agentsStates: { [grandchild]: { status: 'errored', message: 'Lost' } } }), child),
    done(message('message-of-some-length-9', 'Both are done.')),
  ]),
  one('tools-of-all-kinds', [
    done({ type: 'mcpToolCall', id: 'mcp-of-some-length-1', server: 'birds', tool: 'look', status: 'completed', arguments: { at: 'sky' }, result: { content: [{ type: 'text', text: 'an owl' }, { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' }], structuredContent: null }, error: null }),
    done({ type: 'mcpToolCall', id: 'mcp-of-some-length-2', server: '', tool: '', status: 'failed', arguments: null, result: null, error: { message: '' } }),
    done({ type: 'dynamicToolCall', id: 'dynamic-of-some-length', namespace: 'host', tool: 'beep', arguments: {}, status: 'completed', contentItems: [{ type: 'inputImage', imageUrl: 'data:image/png;base64,iVBORw0KGgo=' }, { type: 'inputText', text: 'beep' }], success: true }),
    done({ type: 'webSearch', id: 'search-of-some-length', query: 'owls', action: { type: 'search', query: 'owls' }, results: [{ title: 'Owls', url: 'https://example.org' }] }),
    done({ type: 'imageGeneration', id: 'picture-of-some-length', status: 'completed', revisedPrompt: 'an owl', failure: null, result: 'iVBORw0KGgo=', savedPath: '/home/demo/owl.png', generationId: null }),
    done({ type: 'imageView', id: 'view-of-some-length', path: '/home/demo/owl.png' }),
    done({ type: 'sleep', id: 'sleep-of-some-length', durationMs: 10 }),
    done({ type: 'functionCallOutput', id: 'function-of-some-length', name: 'fly', namespace: null, output: [{ type: 'input_text', text: 'flown' }] }),
    done({ type: 'plan', id: 'plan-of-some-length', text: '# Plan\n1. Look' }),
    done({ type: 'enteredReviewMode', id: 'review-of-some-length', review: 'current changes' }),
    done({ type: 'exitedReviewMode', id: 'review-of-some-length-2', review: 'No findings.' }),
    done({ type: 'contextCompaction', id: 'compaction-of-some-length' }),
    done({ type: 'hookPrompt', id: 'hook-of-some-length', fragments: [] }),
  ]),
  one('nothing-said', [
    begun(message(first, '')),
    say(first, ''),
    done(message(first, '')),
    done({ type: 'reasoning', id: second, summary: [], content: [] }),
    done(printed(third, '', '')),
    done({ type: 'fileChange', id: 'change-of-some-length', status: 'completed', changes: [] }),
    told('turn/plan/updated', { plan: [], explanation: null }),
    told('thread/name/updated', { threadName: null }),
  ]),
  one('impossible-numbers', [usage(-1, 1e308), usage(Number.MAX_SAFE_INTEGER, 0), usage('many', null), done(message(first, 'Rich.'))], { ...completed, inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: 0 }),
  one('kinds-of-tomorrow', [
    begun({ type: 'hologram', id: first }),
    done({ type: 'hologram', id: first }),
    told('item/hologram/delta', { itemId: first, delta: '?' }),
    told('thread/teleported'),
    got({ method: 'moon/risen', params: {} }),
    got({ id: 'strange', method: 'host/openDoor', params: { threadId } }),
    begun(command(second, 'ls', { status: 'dreaming', source: 'moon' })),
    done(printed(second, 'ls', 'a', { status: 'dreamt' })),
    told('turn/plan/updated', { plan: [{ step: 'Land', status: 'dreaming' }, { step: 7 }, 'no step'] }),
    done(message(third, 'Here.')),
  ], completed, { status: 'arrived' }),
  one('one-id-for-everything', [
    begun(message(first, '')),
    say(first, 'one'),
    told('item/reasoning/textDelta', { itemId: first, delta: 'two', contentIndex: 0 }),
    begun(command(first, 'ls')),
    told('item/commandExecution/outputDelta', { itemId: first, delta: 'three' }),
    done(printed(first, 'ls', 'four')),
    done(message(first, 'one and more')),
    done(message(first, 'something else')),
    done(printed(second, 'first', 'five')),
    done(printed(second, 'second', 'six')),
    told('item/commandExecution/outputDelta', { itemId: 'nobody-of-some-length', delta: 'seven' }),
  ]),
  {
    name: 'the-same-ids-in-each-turn',
    lines: [
      ...opening(),
      ...[1, 2, 3].flatMap((count) => turn(`Turn ${count}`, [done(message(first, `Looking ${count}.`)), approves(0, second, { command: `look ${count}` }), decides(0, count === 2 ? 'decline' : 'accept'), done(printed(second, `look ${count}`, `${count}`, count === 2 ? { status: 'declined' } : {})), usage(count * 10, count)], undefined, `turn-of-some-length-${count}`)),
    ],
    end: { ...completed, inputTokens: 30, outputTokens: 3 },
  },
  {
    name: 'late-and-foreign',
    lines: [
      ...opening(),
      ...turn('First', [begun(command(first, 'make')), done(message(second, 'It builds.'))]),
      done(printed(first, 'make', 'built')),
      say('message-after-the-end', 'By the way.'),
      done(message('message-of-a-stranger', 'For somebody else.'), 'thread-of-a-stranger'),
      approves('late', 'item-after-the-end'),
      got({ id: 999, result: {} }),
      told('turn/completed', { turn: { id: 'turn-of-some-length-1', status: 'failed', error: { message: 'No' } } }),
      ...turn('Second', [told('turn/completed', { turn: { id: 'turn-of-some-length-1', status: 'completed' } }), told('turn/completed', { turn: { id: 'turn-of-a-stranger', status: 'completed' } }, 'thread-of-a-stranger'), done(message(third, 'Ours.'))], undefined, 'turn-of-some-length-2'),
    ],
    end: completed,
  },
  one('questions-of-all-kinds', [
    approves(1, first, { reason: null, command: '', availableDecisions: ['accept', { maybe: true }, 'teleport'] }),
    approves(1, first),
    decides(1, 'accept'),
    got({ id: 2, method: 'item/fileChange/requestApproval', params: { threadId, itemId: second, reason: null, grantRoot: null } }),
    told('serverRequest/resolved', { requestId: 2 }),
    got({ id: 3, method: 'item/permissions/requestApproval', params: { threadId, itemId: third, permissions: { network: null, fileSystem: { write: ['/'] } } } }),
    sent({ id: 3, error: { code: -32603, message: 'The host is confused' } }),
    got({ id: 4, method: 'item/tool/requestUserInput', params: { threadId, itemId: third, questions: [] } }),
    got({ id: 5, method: 'mcpServer/elicitation/request', params: { threadId, serverName: 'birds', mode: 'url', url: 'https://example.org', message: '' } }),
    got({ id: 6, method: 'item/commandExecution/requestApproval', params: { threadId: 'thread-of-a-stranger', itemId: first, command: 'rm' } }),
    done(message('message-of-some-length-1', 'I leave it.')),
  ]),
  one('begun-again-by-a-retry', [
    begun(message(first, '')),
    say(first, 'Half an ans'),
    begun({ type: 'reasoning', id: second, summary: ['Half a tho'], content: [] }),
    told('error', { error: { message: 'Stream lost' }, willRetry: true }),
    begun(message(third, '')),
    say(third, 'A whole answer.'),
    say(first, 'wer that comes late'),
    done(message(third, 'A whole answer.')),
  ]),
  one('compacted-and-reverted-in-the-middle', [done(message(first, 'A long story.')), begun({ type: 'contextCompaction', id: second }), told('thread/compacted', { turnId: 'turn-of-some-length-1' }), told('thread/reverted'), told('model/rerouted', { fromModel: 'a', toModel: 'gpt-smaller' }), done(message(third, 'It goes on.'))]),
  {
    name: 'a-new-process-in-the-middle',
    lines: [
      ...opening(),
      ...turn('Write a poem', [begun(message(first, '')), say(first, 'Roses are '), begun(command(second, 'smell'))], null),
      { _host: 'lost', error: 'Codex was ended by the signal SIGKILL' },
      ...asked('initialize', {}, {}),
      ...asked('thread/resume', { threadId }, { thread: { id: threadId, turns: [{ id: 'turn-of-some-length-1', status: 'interrupted', items: [{ type: 'userMessage', id: 'prompt-again', content: [{ type: 'text', text: 'Write a poem' }] }, message(first, 'Roses are red.'), printed(second, 'smell', 'sweet')] }] } }),
      ...turn('Go on', [done(message(third, 'Violets are blue.'))], undefined, 'turn-of-some-length-2'),
    ],
    end: completed,
  },
  one('cut-off-with-everything-open', [begun(message(first, '')), say(first, 'Half a sen'), begun(command(second, 'make')), told('item/commandExecution/outputDelta', { itemId: second, delta: 'half' }), approves(1, third), begun(spawn('spawn-of-some-length', 'work', [child])), say('message-of-the-child-1', 'Inner half', child)], failed, null),
  one('failed-without-a-word', [done(message(first, 'Almost.'))], failed, { status: 'failed', error: { message: ' ', additionalDetails: '' } }),
]

const item = (type: string, id: string, more: object): object => ({ id, type, ...more })
const lineOf = (type: string, told: object): object => ({ type, item: told })
const execTurn = (prompt: string, lines: readonly object[], end: object | null = { type: 'turn.completed', usage: { input_tokens: 10, output_tokens: 2, cached_input_tokens: 0 } }): object[] => [{ _host: 'run', prompt }, { type: 'thread.started', thread_id: threadId }, { type: 'turn.started' }, ...lines, ...(end === null ? [] : [end]), { _host: 'exit', code: end === null ? 1 : 0 }]

/** Of `codex exec`. */
export const inventedExecs: readonly InventedStream[] = [
  {
    name: 'exec-parallel-and-out-of-order',
    lines: execTurn('Go on', [
      lineOf('item.completed', item('command_execution', 'item_3', { command: 'early', aggregated_output: 'early', exit_code: 0, status: 'completed' })),
      lineOf('item.started', item('command_execution', 'item_0', { command: 'ls', aggregated_output: '', exit_code: null, status: 'in_progress' })),
      lineOf('item.started', item('mcp_tool_call', 'item_1', { server: 'birds', tool: 'look', arguments: { at: 'sky' }, status: 'in_progress' })),
      lineOf('item.updated', item('command_execution', 'item_0', { command: 'ls', aggregated_output: 'a', exit_code: null, status: 'in_progress' })),
      lineOf('item.completed', item('mcp_tool_call', 'item_1', { server: 'birds', tool: 'look', arguments: { at: 'sky' }, status: 'failed', error: { message: 'No birds' } })),
      lineOf('item.completed', item('command_execution', 'item_0', { command: 'ls', aggregated_output: 'a\nb', exit_code: 0, status: 'completed' })),
      lineOf('item.started', item('command_execution', 'item_0', { command: 'ls', aggregated_output: '', exit_code: null, status: 'in_progress' })),
      lineOf('item.completed', item('agent_message', 'item_2', { text: '' })),
      lineOf('item.completed', item('agent_message', 'item_4', { text: 'Done.' })),
    ]),
    end: { ...completed, inputTokens: 10, outputTokens: 2 },
  },
  {
    name: 'exec-kinds-of-tomorrow',
    lines: execTurn('Go on', [
      { type: 'moon.risen' },
      lineOf('item.completed', item('hologram', 'item_0', { of: 'an owl' })),
      lineOf('item.completed', item('agent_message', '', { text: 'No id' })),
      lineOf('item.completed', item('agent_message', 'item_1', { text: 7 })),
      lineOf('item.dreamt', item('agent_message', 'item_2', { text: 'Dreamt' })),
      { type: 'item.completed' },
      { type: 'turn.completed', usage: { input_tokens: -1, output_tokens: 'many' } },
      { type: 'turn.failed', error: { message: 'after the end' } },
      lineOf('item.completed', item('agent_message', 'item_3', { text: 'Late.' })),
    ]),
    end: completed,
  },
  {
    name: 'exec-other-threads-and-turns',
    lines: [
      ...execTurn('First', [lineOf('item.completed', item('agent_message', 'item_0', { text: 'One.' })), { type: 'thread.started', thread_id: 'thread-of-a-stranger' }, { type: 'turn.started' }]),
      ...execTurn('Second', [lineOf('item.completed', item('agent_message', 'item_0', { text: 'Two.' })), { type: 'error', message: 'Reconnecting 1/2' }, lineOf('item.started', item('todo_list', 'item_1', { items: [{ text: 'Look', completed: false }, { text: 7 }] }))], null),
    ],
    end: failed,
  },
]
