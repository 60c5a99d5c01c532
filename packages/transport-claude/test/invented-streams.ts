import type { ExpectedEnd } from '@agent-session/core/conformance'
import { completed, failed, type InventedStream } from '../../../test/transports/invented-stream.ts'

let uuids = 0

/** A message of the program, with a `uuid` of its own. */
const heard = (message: object): object => {
  uuids += 1
  return { uuid: `00000000-0000-4000-8000-${String(uuids).padStart(12, '0')}`, session_id: 'agent-session', parent_tool_use_id: null, ...message }
}
const under = (parent: string): object => ({ parent_tool_use_id: parent })
const system = (subtype: string, more: object = {}): object => heard({ type: 'system', subtype, ...more })
const init = (sessionId = 'agent-session'): object => system('init', { session_id: sessionId, model: 'claude-invented', permissionMode: 'default' })
const text = (words: string): object => ({ type: 'text', text: words })
const call = (id: string, name: string, input: object = {}): object => ({ type: 'tool_use', id, name, input })
const says = (id: string, content: unknown, more: object = {}): object => heard({ type: 'assistant', message: { id, model: 'claude-invented', content, usage: { input_tokens: 10, output_tokens: 1 } }, ...more })
const gives = (results: readonly object[], more: object = {}): object => heard({ type: 'user', message: { role: 'user', content: results }, ...more })
const result = (id: string, content: unknown, more: object = {}): object => ({ type: 'tool_result', tool_use_id: id, content, ...more })
const event = (body: object, more: object = {}): object => heard({ type: 'stream_event', event: body, ...more })
const opens = (id: string, more: object = {}): object => event({ type: 'message_start', message: { id } }, more)
const begins = (index: number, content_block: object, more: object = {}): object => event({ type: 'content_block_start', index, content_block }, more)
const streams = (index: number, words: string, more: object = {}): object => event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: words } }, more)
const models = (inputTokens: number, outputTokens: number): object => ({ 'claude-invented': { inputTokens, outputTokens, cacheReadInputTokens: 0, contextWindow: 200_000 } })
const ends = (more: object = {}): object => heard({ type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed', stop_reason: 'end_turn', result: '', total_cost_usd: 0.5, modelUsage: models(10, 2), ...more })
const asks = (tool: string, input: object, options: object = {}): object => ({ _host: 'canUseTool', tool, input, options })
const answers = (behavior: 'allow' | 'deny'): object => ({ _host: 'canUseTool-reply', reply: { behavior } })
const run = (prompt: string): object => ({ _host: 'run', prompt })

const one = (name: string, lines: readonly object[], end: ExpectedEnd = completed): InventedStream => ({ name, lines: [run('Go on'), init(), ...lines], end })

export const inventedStreams: readonly InventedStream[] = [
  one('agents-in-agents-at-once', [
    says('msg_main_0123456789', [text('I ask two.')]),
    says('msg_main_0123456789', [call('toolu_first_0123456789', 'Agent', { prompt: 'first' })]),
    says('msg_main_0123456789', [call('toolu_second_0123456789', 'Agent', { prompt: 'second' })]),
    opens('msg_second_0123456789', under('toolu_second_0123456789')),
    begins(0, text(''), under('toolu_second_0123456789')),
    streams(0, 'Second ', under('toolu_second_0123456789')),
    says('msg_first_0123456789', [call('toolu_inner_0123456789', 'Agent', { prompt: 'inner' })], under('toolu_first_0123456789')),
    streams(0, 'speaks.', under('toolu_second_0123456789')),
    opens('msg_inner_0123456789', under('toolu_inner_0123456789')),
    begins(0, { type: 'thinking', thinking: '' }, under('toolu_inner_0123456789')),
    event({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Deep.' } }, under('toolu_inner_0123456789')),
    says('msg_second_0123456789', [text('Second speaks.')], under('toolu_second_0123456789')),
    // The one that was asked last is done first, and the outer one before the inner one.
    gives([result('toolu_second_0123456789', [text('Second done.')])]),
    gives([result('toolu_first_0123456789', [text('First done.')])]),
    says('msg_inner_0123456789', [{ type: 'thinking', thinking: 'Deep.' }], under('toolu_inner_0123456789')),
    gives([result('toolu_inner_0123456789', [text('Inner done.')])], under('toolu_first_0123456789')),
    says('msg_last_0123456789', [text('All are done.')]),
    ends({ total_cost_usd: 0.7, modelUsage: models(40, 8) }),
  ], { ...completed, costUsd: 0.7, inputTokens: 40, outputTokens: 8 }),
  one('parallel-tools', [
    says('msg_main_0123456789', [text('Three at once.')]),
    ...['a', 'b', 'c'].map((name) => says('msg_main_0123456789', [call(`toolu_${name}_0123456789abc`, 'Read', { file_path: `/home/demo/project/${name}.txt` })])),
    gives([result('toolu_c_0123456789abc', 'c'), result('toolu_a_0123456789abc', 'No such file', { is_error: true })]),
    gives([result('toolu_b_0123456789abc', [text('b'), text('and more')])]),
    says('msg_last_0123456789', [text('Two of three.')]),
    ends(),
  ]),
  one('media', [
    says('msg_main_0123456789', [call('toolu_look_0123456789', 'Read', { file_path: 'owl.png' })]),
    gives([result('toolu_look_0123456789', [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }, text('an owl'), { type: 'document', source: { type: 'text', data: 'words' }, title: 'A document' }, { type: 'search_result', title: 'Owls', source: 'https://example.org', content: [text('found')] }, { type: 'tool_reference', tool_name: 'Fly' }])]),
    says('msg_web_0123456789', [{ type: 'server_tool_use', id: 'srvtoolu_0123456789', name: 'web_search', input: { query: 'owls' } }, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_0123456789', content: [{ type: 'web_search_result', title: 'Owls', url: 'https://example.org' }] }, text('Found owls.')]),
    says('msg_mcp_0123456789', [{ type: 'mcp_tool_use', id: 'mcptoolu_0123456789', name: 'fly', server_name: 'birds', input: {} }]),
    says('msg_mcp_0123456789', [{ type: 'mcp_tool_result', tool_use_id: 'mcptoolu_0123456789', is_error: true, content: [text('No wings')] }]),
    ends(),
  ]),
  one('nothing-said', [
    opens('msg_main_0123456789'),
    begins(0, text('')),
    streams(0, ''),
    says('msg_main_0123456789', [text('')]),
    says('msg_main_0123456789', [{ type: 'thinking', thinking: '', signature: 'signed' }]),
    says('msg_main_0123456789', [{ type: 'redacted_thinking', data: 'hidden' }]),
    says('msg_main_0123456789', [call('toolu_empty_0123456789', '')]),
    gives([result('toolu_empty_0123456789', [])]),
    says('msg_more_0123456789', [call('toolu_null_0123456789', 'Bash', { command: '' })]),
    gives([{ type: 'tool_result', tool_use_id: 'toolu_null_0123456789' }]),
    says('msg_none_0123456789', []),
    gives([]),
    ends({ result: null }),
  ]),
  one('impossible-numbers', [
    says('msg_main_0123456789', [text('Rich.')], { message: { id: 'msg_main_0123456789', content: [text('Rich.')], usage: { input_tokens: -1, output_tokens: 1e308 } } }),
    event({ type: 'message_delta', usage: { input_tokens: 1e300, output_tokens: 1e300 } }),
    ends({ total_cost_usd: -1, modelUsage: { 'claude-invented': { inputTokens: -5, outputTokens: 'many', contextWindow: 0 }, __proto__: null } }),
    ends({ total_cost_usd: 1e300, modelUsage: models(9_007_199_254_740_991, 1) }),
  ]),
  one('kinds-of-tomorrow', [
    heard({ type: 'hologram', of: 'an owl' }),
    system('dream', { about: 'sheep' }),
    event({ type: 'content_block_glow', index: 0 }),
    says('msg_main_0123456789', [{ type: 'hologram', of: 'an owl' }, text('Here.')]),
    heard({ type: 'assistant', message: 'no message' }),
    heard({ type: 'user', message: null }),
    gives([result('toolu_nobody_0123456789', 'of nothing')]),
    ends({ subtype: 'success_of_tomorrow', terminal_reason: 'arrived', stop_reason: 'landed' }),
  ], { status: 'done', endReason: 'arrived' }),
  one('one-id-for-everything', [
    says('the-same-id-0123456789', [text('one')]),
    says('the-same-id-0123456789', [text('two')]),
    says('the-same-id-0123456789', [call('the-same-id-0123456789', 'Bash', { command: 'ls' })]),
    says('another-id-0123456789', [call('the-same-id-0123456789', 'Read', { file_path: 'a' })]),
    gives([result('the-same-id-0123456789', 'three')]),
    gives([result('the-same-id-0123456789', 'four')]),
    says('the-same-id-0123456789', [text('five')], under('the-same-id-0123456789')),
    says('the-same-id-0123456789', [text('six')]),
    ends(),
  ]),
  {
    name: 'the-same-ids-in-each-turn',
    lines: [1, 2, 3].flatMap((count) => [
      run(`Turn ${count}`),
      init(),
      says('msg_same_0123456789', [text(`Looking ${count}.`)]),
      says('msg_same_0123456789', [call('toolu_1', 'Bash', { command: `look ${count}` })]),
      gives([result('toolu_1', `${count}`)]),
      says('msg_same_0123456789', [text(`Seen ${count}.`)]),
      ends({ total_cost_usd: count / 10, modelUsage: models(count * 10, count) }),
    ]),
    end: { ...completed, costUsd: 0.3, inputTokens: 30, outputTokens: 3 },
  },
  one('a-whole-before-its-pieces', [
    opens('msg_main_0123456789'),
    says('msg_main_0123456789', [text('All of it.')]),
    begins(0, text('')),
    streams(0, 'All of '),
    streams(0, 'it.'),
    gives([result('toolu_early_0123456789', 'early')]),
    says('msg_next_0123456789', [call('toolu_early_0123456789', 'Bash', { command: 'ls' })]),
    ends(),
  ]),
  one('begun-again-by-a-retry', [
    opens('msg_first_0123456789'),
    begins(0, text('')),
    streams(0, 'Half an ans'),
    begins(1, { type: 'tool_use', id: 'toolu_half_0123456789', name: 'Bash', input: {} }),
    system('api_retry', { attempt: 1, max_retries: 2, retry_delay_ms: 1, error: 'overloaded' }),
    opens('msg_again_0123456789'),
    begins(0, text('')),
    streams(0, 'A whole '),
    streams(0, 'answer.'),
    says('msg_again_0123456789', [text('A whole answer.')]),
    ends(),
  ]),
  ((): InventedStream => {
    const refused = says('msg_first_0123456789', [text('I cannot say that.')])
    const called = says('msg_first_0123456789', [call('toolu_refused_0123456789', 'Bash', { command: 'ls' })])
    const given = gives([result('toolu_refused_0123456789', 'a.txt')])
    const uuidOf = (message: object): unknown => Reflect.get(message, 'uuid')
    return one('taken-back', [
      refused,
      called,
      given,
      says('msg_second_0123456789', [text('Now I can.')], { supersedes: [uuidOf(refused), uuidOf(called), uuidOf(given), 'nobody'] }),
      system('model_refusal_fallback', { direction: 'retry', original_model: 'claude-invented', fallback_model: 'claude-braver', retracted_message_uuids: [uuidOf(refused), uuidOf(called)] }),
      ends(),
    ])
  })(),
  one('questions-of-all-kinds', [
    asks('Bash', { command: 'rm a' }, { toolUseID: 'toolu_unsaid_0123456789', requestId: 'request-1' }),
    says('msg_main_0123456789', [call('toolu_unsaid_0123456789', 'Bash', { command: 'rm a' })]),
    answers('allow'),
    asks('Bash', { command: 'rm a' }, { toolUseID: 'toolu_unsaid_0123456789', requestId: 'request-1' }),
    asks('Bash', { command: 'rm b' }, { toolUseID: 'toolu_unsaid_0123456789', requestId: 'request-1' }),
    answers('deny'),
    gives([result('toolu_unsaid_0123456789', 'removed')]),
    asks('', {}),
    answers('deny'),
    asks('AskUserQuestion', { questions: 'none' }, { requestId: 'request-2' }),
    ends({ permission_denials: [{ tool_name: 'Bash' }] }),
    asks('Bash', { command: 'late' }, { requestId: 'request-3' }),
  ]),
  one('compacted-in-the-middle', [
    says('msg_main_0123456789', [text('A long story.')]),
    system('status', { status: 'compacting' }),
    system('compact_boundary', { compact_metadata: { trigger: 'auto', pre_tokens: 150_000, post_tokens: 1_000 } }),
    heard({ type: 'user', isSynthetic: true, message: { role: 'user', content: 'This session is being continued from a previous conversation.' } }),
    system('status', { status: null, compact_result: 'success' }),
    says('msg_next_0123456789', [text('It goes on.')]),
    ends(),
  ]),
  one('ended-twice-and-more-after-it', [
    says('msg_main_0123456789', [text('Yes.')]),
    ends(),
    ends({ is_error: true, subtype: 'error_during_execution', terminal_reason: 'model_error', errors: ['No'] }),
    says('msg_late_0123456789', [text('By the way.')]),
    says('msg_late_0123456789', [call('toolu_late_0123456789', 'Bash', { command: 'ls' })]),
    gives([result('toolu_late_0123456789', 'a.txt')]),
  ]),
  {
    name: 'a-new-process-in-the-middle',
    lines: [
      run('Write a poem'),
      init(),
      opens('msg_first_0123456789'),
      begins(0, text('')),
      streams(0, 'Roses are '),
      says('msg_first_0123456789', [call('toolu_smell_0123456789', 'Bash', { command: 'smell' })]),
      { _host: 'thrown', message: 'Claude Code process exited with signal SIGKILL' },
      run('Go on'),
      init(),
      gives([result('toolu_smell_0123456789', 'interrupted', { is_error: true })], { isReplay: true }),
      says('msg_second_0123456789', [text('Violets are blue.')]),
      ends(),
    ],
    end: completed,
  },
  one('another-conversation-in-the-middle', [
    says('msg_main_0123456789', [text('Before.')]),
    heard({ type: 'conversation_reset', new_conversation_id: 'another' }),
    init('another-session'),
    says('msg_next_0123456789', [text('After.')]),
    says('msg_other_0123456789', [text('From elsewhere.')], { session_id: 'a-third-session' }),
    ends({ total_cost_usd: 0.1, modelUsage: models(5, 1) }),
  ]),
  one('failed-without-a-word', [says('msg_main_0123456789', [text('')], { error: 'unknown' }), ends({ is_error: true, result: ' ', errors: [''], terminal_reason: undefined, subtype: 'error_during_execution' })], failed),
  one('cut-off-with-everything-open', [
    opens('msg_main_0123456789'),
    begins(0, { type: 'thinking', thinking: 'Hm' }),
    begins(1, text('Half a sen')),
    begins(2, { type: 'tool_use', id: 'toolu_half_0123456789', name: 'Bash', input: {} }),
    says('msg_agent_0123456789', [call('toolu_agent_0123456789', 'Agent', { prompt: 'work' })]),
    opens('msg_inner_0123456789', under('toolu_agent_0123456789')),
    begins(0, text('Inner half'), under('toolu_agent_0123456789')),
    asks('Bash', { command: 'rm' }, { toolUseID: 'toolu_half_0123456789' }),
  ], failed),
]
