import { playStream } from '@agent-session/core/conformance'
import { field, textField } from '@agent-session/core/transport'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tooDeep } from '../../../test/transports/invented-stream.ts'
import { checkSpoiled } from '../../../test/transports/spoiled-lines.ts'
import { ClaudeFold } from '../src/index.ts'
import { Conversation, messagesIn, outline } from './conversation.ts'
import { readStream, recordedStream, recordedStreams } from './recorded-stream.ts'

const long = 'toolu_0123456789abcdef'

describe('an answer', () => {
  it('streams block by block, and is one message each with what is told whole', () => {
    const talk = new Conversation()
    const id = 'msg_0123456789abcdef'
    const events = [
      ...talk.startMessage(id),
      ...talk.startBlock(0, { type: 'thinking', thinking: '' }),
      ...talk.stream({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } }),
      ...talk.say(id, { type: 'thinking', thinking: 'Hm.' }),
      ...talk.startBlock(1, { type: 'text', text: '' }),
      ...talk.delta(1, 'One '),
      ...talk.delta(1, 'two'),
      ...talk.say(id, 'One two'),
    ]
    expect(outline(events)).toEqual([
      `thinking ${id}/0 0 "Hm."`,
      `thinking ${id}/0`,
      `text ${id}/1 0 "One "`,
      `text ${id}/1 4 "two"`,
      `text ${id}/1`,
    ])
  })

  it('has the same ids without partial messages, hidden thoughts counted', () => {
    const talk = new Conversation()
    const id = 'msg_0123456789abcdef'
    expect(outline([...talk.say(id, { type: 'redacted_thinking', data: 'x' }), ...talk.say(id, 'One')])).toEqual([`text ${id}/1`])
  })

  it('in one message of many blocks has each block', () => {
    const talk = new Conversation()
    const id = 'msg_0123456789abcdef'
    expect(outline(talk.say(id, [{ type: 'text', text: 'One' }, { type: 'tool_use', id: long, name: 'Read', input: {} }, { type: 'text', text: 'Two' }]))).toEqual([
      `text ${id}/0`,
      `tool_call ${long}`,
      `text ${id}/2`,
    ])
  })

  it('F20 under the id of an earlier one is another one', () => {
    const talk = new Conversation()
    const events = [...talk.say('msg_0123456789abcdef', 'One'), ...talk.say('msg_fedcba9876543210', 'Two'), ...talk.say('msg_0123456789abcdef', 'Three')]
    expect(outline(events)).toEqual(['text msg_0123456789abcdef/0', 'text msg_fedcba9876543210/0', 'text msg_0123456789abcdef/again-2/0'])
  })

  it('F16 told twice under one uuid counts once; another one under that uuid counts too', () => {
    const talk = new Conversation()
    const more = { uuid: 'the-same' }
    const events = [...talk.streamText('msg_0123456789abcdef', 'One '), ...talk.delta(0, 'two ', more), ...talk.delta(0, 'two ', more), ...talk.delta(0, 'three', more)]
    expect(outline(events).map((line) => line.split(' ').slice(2).join(' '))).toEqual(['0 "One "', '4 "two "', '8 "three"'])
  })

  it('of sub-agents is under their call, each in a lane of its own', () => {
    const talk = new Conversation()
    talk.call('call_1', 'Agent')
    const under = { parent_tool_use_id: 'call_1' }
    const events = [...talk.streamText('msg_0123456789abcdef', 'above'), ...talk.streamText('msg_fedcba9876543210', 'below', under), ...talk.delta(0, ' too'), ...talk.delta(0, ' too', under)]
    expect(outline(events)).toEqual([
      'text msg_0123456789abcdef/0 0 "above"',
      'text msg_fedcba9876543210/0 0 "below" under run-1/call_1',
      'text msg_0123456789abcdef/0 5 " too"',
      'text msg_fedcba9876543210/0 5 " too" under run-1/call_1',
    ])
  })

  it('F22 that is cut off stays as far as it came', () => {
    const talk = new Conversation()
    const id = 'msg_0123456789abcdef'
    const events = [...talk.streamText(id, 'Once '), ...talk.say(id, 'Once upon', { aborted: true }), ...talk.result({ is_error: true, terminal_reason: 'aborted_streaming' })]
    expect(outline(events)).toEqual([`text ${id}/0 0 "Once "`, `text ${id}/0 5 "upon"`, `end ${id}/0 cut`, 'status done stopped'])
  })

  it('that the program gives in the place of the model shows once, by its result', () => {
    const talk = new Conversation()
    talk.begin('run-2', '/usage')
    const words = 'Estimated cost: $0.0006'
    const events = [...talk.hear({ type: 'assistant', message: { id: 'b554ac52-90c8', model: '<synthetic>', content: [{ type: 'text', text: words }] } }), ...talk.result({ result: words })]
    expect(outline(events)).toEqual(['text run-2/result', 'status done completed'])
  })

  it('of a command of the program itself is in its result, or printed', () => {
    const talk = new Conversation()
    expect(outline(talk.result({ result: 'Unknown command: /heron' }))).toEqual(['text run-1/result', 'status done completed'])
    talk.begin('run-2', '/context')
    expect(messagesIn(talk.user('<local-command-stdout>All of it\n</local-command-stdout>', { isReplay: true }))).toEqual([expect.objectContaining({ type: 'text', content: { text: 'All of it' } })])
    expect(outline(talk.result({ result: 'All of it' }))).toEqual(['status done completed'])
  })
})

describe('what is taken back', () => {
  const id = 'msg_0123456789abcdef'

  it('is an attempt that the program says it gave up', () => {
    const talk = new Conversation()
    talk.streamText(id, 'Half')
    const abandoned_blocks = { api_message_id: id, from_block_index: 0 }
    expect(outline(talk.stream({ type: 'message_stop' }, { abandoned_blocks }))).toEqual([`retract ${id}/0`])
    // Said again under the same id it is another message: ids of what was taken back are not given twice.
    expect(outline(talk.say(id, 'Half and whole'))).toEqual([`text ${id}/1`])
  })

  it.each([
    ['another message begins', (talk: Conversation) => talk.startMessage('msg_fedcba9876543210')],
    ['another message is told', (talk: Conversation) => talk.say('msg_fedcba9876543210', { type: 'redacted_thinking' })],
    ['a request is tried again', (talk: Conversation) => talk.system('api_retry')],
  ])('is an attempt that never became part of the conversation, when %s', (_what, next) => {
    const talk = new Conversation()
    talk.streamText(id, 'Half')
    talk.startBlock(1, { type: 'tool_use', id: long, name: 'Write', input: {} })
    expect(outline(next(talk))).toEqual([`retract ${id}/0 ${long}`])
    // The call was never made: one with its id is announced anew.
    expect(outline(talk.say('msg_aaaaaaaaaaaaaaaa', { type: 'tool_use', id: long, name: 'Write', input: {} }))).toEqual([`tool_call ${long}`])
  })

  it('is not what was told whole', () => {
    const talk = new Conversation()
    talk.streamText(id, 'Whole')
    talk.say(id, 'Whole')
    expect(outline([...talk.system('api_retry'), ...talk.startMessage('msg_fedcba9876543210')])).toEqual([])
  })

  it('is a call that was still being written when the run ended', () => {
    const talk = new Conversation()
    talk.streamText(id, 'Half')
    talk.startBlock(1, { type: 'tool_use', id: long, name: 'Write', input: {} })
    expect(outline(talk.lost())).toEqual([`retract ${long}`, `end ${id}/0 cut`, 'status error It is gone'])
  })

  it('is what the program names, by another answer or by a fallback of the model', () => {
    const talk = new Conversation()
    talk.say(id, 'Refused', { uuid: 'refused' })
    expect(outline(talk.say('msg_fedcba9876543210', 'Instead', { supersedes: ['refused', 'unheard-of'], uuid: 'instead' }))).toEqual([`retract ${id}/0`, 'text msg_fedcba9876543210/0'])
    const events = talk.system('model_refusal_fallback', { retracted_message_uuids: ['instead'], fallback_model: 'claude-other' })
    expect(outline(events)).toEqual(['retract msg_fedcba9876543210/0', 'session'])
    expect(events).toContainEqual(expect.objectContaining({ type: 'session', model: 'claude-other' }))
  })

  it('is not the transcript when the conversation begins anew: the session says that the agent has forgotten it', () => {
    const talk = new Conversation()
    talk.call(long, 'TodoWrite', { todos: [{ content: 'Read', status: 'pending' }] })
    talk.give(long, 'ok')
    expect(talk.hear({ type: 'conversation_reset', new_conversation_id: 'no id of a session' }).slice(0, 2)).toEqual([
      { type: 'session', restarted: true, sessionId: 'session', run: 'run-1' },
      { type: 'plan', entries: [], sessionId: 'session', run: 'run-1' },
    ])
    expect(talk.system('init', { session_id: 'another' })).toContainEqual(expect.objectContaining({ type: 'session', agentSessionId: 'another' }))
  })
})

describe('tool calls', () => {
  it('show as soon as they begin to stream, with their arguments when these are there', () => {
    const talk = new Conversation()
    talk.startMessage('msg_0123456789abcdef')
    const events = [...talk.startBlock(0, { type: 'tool_use', id: long, name: 'Write', input: {} }), ...talk.say('msg_0123456789abcdef', { type: 'tool_use', id: long, name: 'Write', input: { file_path: 'a' } })]
    expect(messagesIn(events).map(({ id, content }) => [id, content])).toEqual([
      [long, { name: 'Write', toolCallId: long }],
      [long, { name: 'Write', input: { file_path: 'a' }, toolCallId: long }],
    ])
  })

  it('with ids that count from 1 again in each turn never meet those of another', () => {
    const talk = new Conversation()
    const turn = (): string[] => messagesIn([...talk.call('call_1', 'Read'), ...talk.give('call_1', 'x')]).map(({ id }) => id)
    expect(turn()).toEqual(['run-1/call_1', 'run-1/call_1/result'])
    talk.begin('run-2')
    expect(turn()).toEqual(['run-2/call_1', 'run-2/call_1/result'])
  })

  it('under a long id that comes again in a later turn are another call', () => {
    const talk = new Conversation()
    talk.call(long, 'Read')
    talk.give(long, 'x')
    talk.begin('run-2')
    expect(messagesIn(talk.call(long, 'Read')).map(({ id }) => id)).toEqual([`run-2/${long}`])
  })

  it('that end after their turn end in the run that they began in', () => {
    const talk = new Conversation()
    talk.call(long, 'Bash')
    talk.result()
    talk.begin('run-2')
    expect(talk.give(long, 'late')).toEqual([expect.objectContaining({ type: 'message', run: 'run-1' })])
  })

  it('that nobody heard of have no result: it is reported', () => {
    expect(messagesIn(new Conversation().give('toolu_unheard_of_here', 'x')).map(({ type }) => type)).toEqual(['unknown'])
  })

  it('of the API itself have theirs in the answer', () => {
    const talk = new Conversation()
    const id = 'srvtoolu_0123456789'
    const found = [{ type: 'web_search_result', title: 'Herons', url: 'https://example.org' }]
    const events = talk.say('msg_0123456789abcdef', [{ type: 'server_tool_use', id, name: 'web_search', input: { query: 'heron' } }, { type: 'web_search_tool_result', tool_use_id: id, content: found }])
    expect(outline(events)).toEqual([`tool_call ${id}`, `tool_result ${id}/result`])
  })

  const outputOf = (content: unknown, structured: unknown, block: object = {}): unknown => {
    const talk = new Conversation()
    talk.call(long, 'Tool')
    return messagesIn(talk.give(long, content, { tool_use_result: structured }, block))[0]?.content
  }

  it.each([
    ['all that a command printed', 'begin…', { stdout: 'one\ntwo', stderr: 'three' }, 'one\ntwo\nthree'],
    ['where the rest of it is', 'begin…', { stdout: 'one', stderr: '', persistedOutputPath: '/out.txt', persistedOutputSize: 9 }, 'one\n... (the whole output, 9 bytes, is in /out.txt)'],
    ['where it goes on in the background', 'Running as b1', { stdout: '', stderr: '', backgroundTaskId: 'b1' }, 'Running as b1'],
    ['the last words of a sub-agent, without the orders around them', 'STOP', { agentId: 'a', content: [{ type: 'text', text: '<tools-used-before-summary>Bash</tools-used-before-summary>\n' }, { type: 'text', text: 'Three.' }] }, 'Three.'],
    [
      'the same where only what the model reads is there',
      [{ type: 'text', text: '  <tools-used-before-summary>Bash</tools-used-before-summary>\n\n[Subagent hand-back] The text below is model output. The report follows:\n  Three.\n    Or so.\nagentId: a1 (use it)\n<usage>x</usage>' }],
      undefined,
      'Three.\n  Or so.',
    ],
    ['what an edit changed', 'Updated.', { filePath: 'a', structuredPatch: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: ['-a', '+b'] }] }, 'Updated.\n--- a\n+++ a\n@@ -1,1 +1,1 @@\n-a\n+b'],
    ['words and pictures', [{ type: 'text', text: 'See' }, { type: 'image', source: {} }], undefined, 'See\n[image]'],
    ['nothing', undefined, undefined, ''],
  ])('show %s', (_what, content, structured, output) => {
    expect(outputOf(content, structured)).toMatchObject({ output })
  })

  it.each([
    ['Error: Not there', 'Not there'],
    ['User rejected tool use', 'User rejected tool use'],
    [undefined, 'No such tool'],
  ])('that failed show why, and not what the model is told to do about it', (structured, output) => {
    expect(outputOf('<tool_use_error>Error: No such tool</tool_use_error>', structured, { is_error: true })).toEqual({ output, toolCallId: long, isError: true })
  })
})

describe('the plan', () => {
  const planAfter = (talk: Conversation, name: string, input: object, structured?: unknown, more: object = {}): unknown => {
    const id = `toolu_${name}_${JSON.stringify(input)}`
    talk.call(id, name, input, more)
    return talk.give(id, 'ok', { tool_use_result: structured, ...more }).findLast((event) => event.type === 'plan')
  }

  it('is the points of one that was agreed to, or its title', () => {
    const entries = (plan: string): unknown => planAfter(new Conversation(), 'ExitPlanMode', { plan })
    expect(entries('# Plan\n1. Read\n   - not this\n2. [ ] Write\n* Test')).toMatchObject({ entries: [{ content: 'Read' }, { content: 'Write' }, { content: 'Test' }] })
    expect(entries('# Only think\nabout it')).toMatchObject({ entries: [{ content: 'Only think', status: 'pending' }] })
    expect(entries('')).toBeUndefined()
  })

  it('of tasks goes on from what the program has on disk', () => {
    const talk = new Conversation()
    const kept = [
      { type: 'assistant', uuid: 'a', message: { id: 'm', content: [{ type: 'tool_use', id: 't', name: 'TaskCreate', input: { subject: 'Read' } }] } },
      { type: 'user', uuid: 'b', message: { content: [{ type: 'tool_result', tool_use_id: 't', content: 'Task #1 created successfully: Read' }] } },
    ]
    expect(outline(talk.fold.history({ messages: kept }, 0))).toEqual(['history', 'plan'])
    expect(planAfter(talk, 'TaskUpdate', { taskId: '1', status: 'in_progress' })).toMatchObject({ entries: [{ content: 'Read', status: 'in_progress' }] })
    expect(planAfter(talk, 'TaskUpdate', { taskId: '1', status: 'deleted' })).toMatchObject({ entries: [] })
    expect(planAfter(talk, 'TaskUpdate', { taskId: '7', status: 'completed' })).toBeUndefined()
  })

  it('is not what a sub-agent keeps for itself', () => {
    const talk = new Conversation()
    talk.call(long, 'Agent')
    expect(planAfter(talk, 'TodoWrite', { todos: [{ content: 'x', status: 'pending' }] }, undefined, { parent_tool_use_id: long })).toBeUndefined()
  })
})

describe('questions', () => {
  const suggestions = [
    { type: 'addRules', rules: [{ toolName: 'Bash', ruleContent: 'ls:*' }], behavior: 'allow', destination: 'localSettings' },
    { type: 'setMode', mode: 'acceptEdits', destination: 'session' },
  ]
  const askAbout = (talk: Conversation, toolName: string, input: Record<string, unknown>, details: object = {}) => {
    const { events, id = '' } = talk.fold.ask({ toolName, input, details }, 0)
    const event = events.find((found) => found.type === 'permission')
    return { id, request: event?.type === 'permission' ? event.request : undefined }
  }

  it('say all that "always" would cover, and it covers this session alone', () => {
    const talk = new Conversation()
    const { id, request } = askAbout(talk, 'Bash', { command: 'ls' }, { suggestions, description: 'List', decisionReason: 'outside' })
    expect(request).toMatchObject({ id: 'run-1/permission-1', title: 'Bash: List (outside)' })
    expect(request?.options[1]).toEqual({ id: 'always', label: 'Always allow in this session: Bash(ls:*), mode acceptEdits', kind: 'allow_always' })
    expect(talk.fold.verdict(id, { optionId: 'always' })).toEqual({
      behavior: 'allow',
      updatedInput: { command: 'ls' },
      updatedPermissions: suggestions.map((suggestion) => ({ ...suggestion, destination: 'session' })),
    })
  })

  it('have no "always" where there is nothing to last, or where the program wants none', () => {
    const talk = new Conversation()
    const ids = (details: object): unknown => askAbout(talk, 'Bash', {}, details).request?.options.map(({ id }) => id)
    expect([ids({}), ids({ suggestions, suppressAlwaysAllowRule: true })]).toEqual([['allow', 'deny'], ['allow', 'deny']])
  })

  it('take changed arguments and words', () => {
    const talk = new Conversation()
    const { id } = askAbout(talk, 'Bash', { command: 'ls' })
    expect(talk.fold.verdict(id, { optionId: 'allow', input: { command: 'ls -a' } })).toEqual({ behavior: 'allow', updatedInput: { command: 'ls -a' } })
    expect(talk.fold.verdict(id, { optionId: 'deny', text: 'Not now' })).toEqual({ behavior: 'deny', message: 'Not now' })
    expect(talk.fold.verdict(id, { optionId: 'allow', input: 'ls -a' })).toBe('Changed arguments of a tool have to be an object')
    expect(talk.fold.verdict(id, { optionId: 'constructor' })).toBe('The question has no option "constructor"')
  })

  it('about a plan can let its edits go without asking, in this session', () => {
    const talk = new Conversation()
    talk.call('toolu_0123456789abcdef', 'ExitPlanMode', { plan: '1. Read' })
    const { id, request } = askAbout(talk, 'ExitPlanMode', {}, { toolUseID: 'toolu_0123456789abcdef' })
    expect(request).toMatchObject({ title: 'Carry out this plan?', input: { plan: '1. Read' }, toolCallId: 'toolu_0123456789abcdef' })
    expect(talk.fold.verdict(id, { optionId: 'always' })).toEqual({
      behavior: 'allow',
      updatedInput: {},
      updatedPermissions: [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }],
    })
  })

  const red = { question: 'Which?', options: [{ label: 'Red' }, { label: 'Blue' }] }

  it('of the model to the person are answered by a choice, by words, or by answers of one\'s own', () => {
    const talk = new Conversation()
    const { id, request } = askAbout(talk, 'AskUserQuestion', { questions: [red] })
    expect([request?.title, request?.options.map(({ label }) => label)]).toEqual(['Which?', ['Red', 'Blue', 'Answer', 'Do not answer']])
    const answers = (answer: object): unknown => talk.fold.verdict(id, { optionId: 'allow', ...answer })
    expect(answers({ optionId: 'choose-1' })).toMatchObject({ updatedInput: { answers: { 'Which?': 'Blue' } } })
    expect(answers({ text: 'Green' })).toMatchObject({ updatedInput: { answers: { 'Which?': 'Green' } } })
    expect(answers({ input: { answers: { 'Which?': 'Red, Blue' } } })).toMatchObject({ updatedInput: { questions: [red], answers: { 'Which?': 'Red, Blue' } } })
    expect(answers({})).toEqual({ behavior: 'allow', updatedInput: { questions: [red] } })
  })

  it('of which there are several at once have no choices of one', () => {
    const ids = (questions: unknown): unknown => askAbout(new Conversation(), 'AskUserQuestion', { questions }).request?.options.map(({ id }) => id)
    expect([ids([red, red]), ids([{ ...red, multiSelect: true }])]).toEqual([['allow', 'deny'], ['allow', 'deny']])
  })

  it('F16 sent again are the same question', () => {
    const talk = new Conversation()
    const first = askAbout(talk, 'Bash', {}, { requestId: 'r' })
    expect(askAbout(talk, 'Bash', {}, { requestId: 'r' })).toEqual(first)
    expect(askAbout(talk, 'Bash', {}, { requestId: 's' }).id).toBe('run-1/permission-2')
  })

  it('that nobody can be asked are not told: no run is under way, or it is being stopped', () => {
    const talk = new Conversation()
    talk.fold.stop(0)
    expect(askAbout(talk, 'Bash', {})).toEqual({ id: '', request: undefined })
    talk.result()
    expect(askAbout(talk, 'Bash', {})).toEqual({ id: '', request: undefined })
  })

  it('expire when the process is gone, and are cancelled when the run ends', () => {
    for (const [end, outcome] of [[(talk: Conversation) => talk.lost(), 'expired'], [(talk: Conversation) => talk.result(), 'cancelled']] as const) {
      const talk = new Conversation()
      const { id } = askAbout(talk, 'Bash', {})
      expect(end(talk)).toContainEqual({ type: 'permission-settled', requestId: id, outcome, sessionId: 'session', run: 'run-1' })
    }
  })
})

describe('the end of a run', () => {
  it.each([
    [{ is_error: true, result: 'API Error: 500', terminal_reason: 'api_error' }, { status: 'error', error: 'API Error: 500' }],
    [{ is_error: true, subtype: 'error_max_turns', errors: ['Reached maximum number of turns (2)'] }, { status: 'error', reason: 'max_turns', error: 'Reached maximum number of turns (2)' }],
    [{ is_error: true, subtype: 'error_during_execution', errors: ['[ede_diagnostic] x'], terminal_reason: 'model_error' }, { status: 'error', error: 'Claude ended with model_error' }],
    [{ is_error: true, terminal_reason: 'aborted_tools' }, { status: 'done', reason: 'stopped' }],
    [{ stop_reason: 'refusal' }, { status: 'done', reason: 'refusal' }],
    [{ terminal_reason: 'hook_stopped' }, { status: 'done', reason: 'hook_stopped' }],
    [{ is_error: undefined, subtype: 'error_during_execution' }, { status: 'error', error: 'Claude ended with completed' }],
  ])('%j', (more, end) => {
    const status = new Conversation().result(more).find((event) => event.type === 'status')
    expect(status).toEqual({ type: 'status', ...end, sessionId: 'session', run: 'run-1' })
  })

  it('by an error that was said as an answer has its words, and it was no answer', () => {
    const talk = new Conversation()
    const events = [
      ...talk.say('0123-4567', 'Please run /login', { error: 'authentication_failed' }),
      ...talk.result({ is_error: true, terminal_reason: 'api_error' }),
    ]
    expect(messagesIn(events).filter(({ type }) => type === 'text')).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'status', status: 'error', reason: 'login-required', error: expect.stringMatching(/^Please run \/login\. Log in with/) })
  })

  it('T1 after a stop is a stop, whatever the program calls it', () => {
    const talk = new Conversation()
    talk.fold.stop(0)
    expect(outline(talk.result({ is_error: true, result: 'API Error' }))).toEqual(['status done stopped'])
  })

  it('is not told by what the program does of itself', () => {
    const talk = new Conversation()
    talk.begin('run-2', 'the prompt', 'uuid-of-prompt')
    const others = [{ origin: { kind: 'task-notification' } }, { user_message_uuid: 'another' }, { user_message_uuids: ['another', 'one'] }]
    expect(others.flatMap((more) => outline(talk.result(more)))).toEqual([])
    expect(outline(talk.result({ user_message_uuids: ['another', 'uuid-of-prompt'] }))).toEqual(['status done completed'])
    expect(outline(talk.result())).toEqual([])
  })

  describe('waits for a prompt that was put in too late for the turn', () => {
    const steered = (): Conversation => {
      const talk = new Conversation()
      talk.begin('run-2', 'the prompt', 'first')
      talk.fold.steer('second')
      return talk
    }

    it('until a result answers it', () => {
      const talk = steered()
      expect(outline(talk.result({ user_message_uuids: ['first'] }))).toEqual([])
      expect(outline(talk.result({ user_message_uuids: ['second'], is_error: true, result: 'Oh' }))).toEqual(['status error Oh'])
    })

    it('or the program says that it will not read it', () => {
      const talk = steered()
      talk.result({ user_message_uuids: ['first'] })
      expect(outline(talk.hear({ type: 'command_lifecycle', command_uuid: 'second', state: 'started' }))).toEqual([])
      expect(outline(talk.hear({ type: 'command_lifecycle', command_uuid: 'second', state: 'cancelled' }))).toEqual(['status done completed'])
    })

    it('but not for one that was read in the turn itself, nor after a stop', () => {
      expect(outline(steered().result({ user_message_uuids: ['first', 'second'] }))).toEqual(['status done completed'])
      const talk = steered()
      talk.fold.stop(0)
      expect(outline(talk.result({ user_message_uuids: ['first'] }))).toEqual(['status done stopped'])
    })

    it('where the program names no prompts, as long as it says that one waits', () => {
      const talk = steered()
      expect(outline(talk.result({ queued_turn_count: 1 }))).toEqual([])
      expect(outline(talk.result({ queued_turn_count: 0 }))).toEqual(['status done completed'])
    })
  })
})

describe('T16 cost', () => {
  const spent = (talk: Conversation, costUsd: number, inputTokens: number) =>
    talk.result({ total_cost_usd: costUsd, modelUsage: { 'claude-fake': { inputTokens, outputTokens: 1, cacheReadInputTokens: 2, contextWindow: 100 } } }).filter((event) => event.type === 'cost')

  it('is the session\'s sum; after a new beginning it counts from there', () => {
    const talk = new Conversation()
    expect(spent(talk, 0.2, 10)).toEqual([{ type: 'cost', scope: 'session', costUsd: 0.2, inputTokens: 10, outputTokens: 1, cachedInputTokens: 2, contextSize: 100, sessionId: 'session', run: 'run-1' }])
    talk.fold.restart()
    talk.system('init', { session_id: 'another', model: 'claude-fake' })
    talk.begin('run-2')
    expect(spent(talk, 0.1, 5)).toMatchObject([{ scope: 'run', costUsd: 0.1, inputTokens: 5 }])
    talk.begin('run-3')
    expect(spent(talk, 0.3, 9)).toMatchObject([{ scope: 'run', costUsd: expect.closeTo(0.2), inputTokens: 4 }])
  })

  it('counts on where a command clears the conversation, and the program counts from nothing', () => {
    const talk = new Conversation()
    spent(talk, 0.2, 10)
    talk.begin('run-2', '/clear')
    talk.hear({ type: 'conversation_reset' })
    expect(talk.result({ total_cost_usd: 0, modelUsage: {} }).filter((event) => event.type === 'cost')).toEqual([])
    talk.begin('run-3')
    expect(spent(talk, 0.1, 5)).toMatchObject([{ scope: 'run', costUsd: 0.1, inputTokens: 5 }])
  })

  it('is left alone by a program that did not even start', () => {
    const talk = new Conversation()
    spent(talk, 0.2, 10)
    talk.begin('run-2')
    expect(talk.result({ is_error: true, total_cost_usd: 0, usage: { input_tokens: 0, output_tokens: 0 }, modelUsage: {} }).filter((event) => event.type === 'cost')).toEqual([])
  })

  it('of a version that does not tell it by model is that of the turn', () => {
    const events = new Conversation().result({ total_cost_usd: 0.2, usage: { input_tokens: 7, output_tokens: 3 } }).filter((event) => event.type === 'cost')
    expect(events).toMatchObject([{ scope: 'run', inputTokens: 7, outputTokens: 3 }, { scope: 'session', costUsd: 0.2 }])
  })

  it('in tokens grows while the answers stream, one message after the other', () => {
    const talk = new Conversation()
    const use = (output_tokens: number): unknown => talk.stream({ type: 'message_delta', usage: { input_tokens: 10, output_tokens, cache_read_input_tokens: 4 } }).find((event) => event.type === 'cost')
    talk.startMessage('msg_0123456789abcdef')
    expect([use(1), use(3)]).toMatchObject([{ scope: 'run', outputTokens: 1 }, { inputTokens: 10, outputTokens: 3, contextUsed: 17 }])
    talk.startMessage('msg_fedcba9876543210')
    expect(use(2)).toMatchObject({ inputTokens: 20, outputTokens: 5, cachedInputTokens: 8 })
  })
})

describe('what nobody typed', () => {
  it.each([
    ['[Request interrupted by user]', {}],
    ['Output token limit hit.', { isSynthetic: true }],
    ['This session is being continued from a previous conversation that ran out of context.', {}],
    ['Count the files', { parent_tool_use_id: long }],
    ['the prompt', { isReplay: true }],
    ['A background task is done', { origin: { kind: 'task-notification' } }],
  ])('is no message of a person: %s', (text, more) => {
    expect(messagesIn(new Conversation().user([{ type: 'text', text }], more)).map(({ type }) => type)).toEqual(['status'])
  })

  it('and is not known either is reported', () => {
    expect(messagesIn(new Conversation().user('Do something else')).map(({ type }) => type)).toEqual(['unknown'])
  })

  it('is left out of a session that is told again, and a command is shown as it was typed', () => {
    const kept = (content: string, more: object = {}): object => ({ type: 'user', uuid: content, message: { content }, ...more })
    const events = new Conversation().fold.history(
      { messages: [kept('Hello'), kept('<command-name>/compact</command-name><command-args>shorter</command-args>'), kept('<local-command-stdout>Compacted</local-command-stdout>'), kept('[Request interrupted by user]'), kept('x', { isMeta: true })] },
      0,
    )
    const [event] = events
    expect(event?.type === 'history' && event.messages.map(({ content }) => content)).toEqual([{ text: 'Hello' }, { text: '/compact shorter' }])
  })
})

describe('a session that is told again', () => {
  const message = (type: 'user' | 'assistant', content: object[], parent?: string): object => ({ type, uuid: JSON.stringify(content), parent_tool_use_id: parent ?? null, message: { id: `msg of ${JSON.stringify(content)}`, content } })
  const text = (words: string): object => ({ type: 'text', text: words })
  const call = (id: string): object => ({ type: 'tool_use', id, name: 'Agent', input: {} })
  const result = (id: string, words: string): object => ({ type: 'tool_result', tool_use_id: id, content: [text(words)] })

  it('has what its sub-agents said under their calls, theirs too', () => {
    const messages = [message('user', [text('Ask somebody')]), message('assistant', [call('outer')]), message('user', [result('outer', '[Subagent hand-back] Take it with care. The report follows:\n  There is one.\nagentId: 7')]), message('assistant', [text('One.')])]
    const ofSubagents = [
      message('assistant', [text('Inner says one.')], 'inner'),
      message('user', [text('Count')], 'outer'),
      message('assistant', [call('inner')], 'outer'),
      message('user', [result('inner', 'It was put into the background.')], 'outer'),
      message('assistant', [text('There is one.')], 'outer'),
      message('assistant', [text('Nobody asked me.')], 'gone'),
    ]
    const [event] = new Conversation().fold.history({ messages, ofSubagents }, 0)
    expect(event?.type === 'history' && event.messages.map(({ type, content, parentId }) => [type, textField(content, 'text') ?? textField(content, 'toolCallId'), field(content, 'output'), parentId])).toEqual([
      ['user', 'Ask somebody', undefined, undefined],
      ['tool_call', 'outer', undefined, undefined],
      ['tool_call', 'inner', undefined, 'outer'],
      ['text', 'Inner says one.', undefined, 'inner'],
      ['tool_result', 'inner', 'It was put into the background.', 'outer'],
      ['text', 'There is one.', undefined, 'outer'],
      ['tool_result', 'outer', 'There is one.', undefined],
      ['text', 'One.', undefined, undefined],
    ])
  })
})

describe('the session', () => {
  it('tells a change of its mode, its title and its commands', () => {
    const talk = new Conversation()
    expect(talk.system('status', { status: null, permissionMode: 'plan' })[0]).toMatchObject({ type: 'session', mode: 'plan' })
    expect(talk.system('session_title_changed', { title: 'Herons' })).toMatchObject([{ type: 'session', title: 'Herons' }])
    expect(talk.system('commands_changed', { commands: [{ name: 'fly', argumentHint: 'where' }] })).toMatchObject([{ type: 'session', commands: [{ name: 'fly', hint: 'where' }] }])
    expect(talk.system('compact_boundary', { compact_metadata: { post_tokens: 9 } })).toMatchObject([{ type: 'cost', contextUsed: 9 }, { type: 'message', messages: [{ type: 'compaction' }] }])
  })

  it.each([
    [{ tokenSource: 'none', apiProvider: 'firstParty' }, { state: 'required' }],
    [{ tokenSource: 'none', apiKeySource: 'ANTHROPIC_API_KEY', apiProvider: 'firstParty' }, { state: 'done', account: 'ANTHROPIC_API_KEY' }],
    [{ tokenSource: 'claude.ai', email: 'heron@example.org', apiProvider: 'firstParty' }, { state: 'done', account: 'heron@example.org' }],
    [{ apiProvider: 'bedrock' }, { state: 'done' }],
  ])('says whether somebody is logged in: %j', (account, login) => {
    const [event] = new Conversation().fold.offers({ account }, { abilities: { steer: true } }, 0)
    expect(event).toMatchObject({ type: 'session', abilities: { steer: true }, login: { ...login, methods: [{ id: 'claude' }, { id: 'api-key' }] } })
  })

  it('learns that nobody is from an error, and that somebody is from an answer', () => {
    const talk = new Conversation()
    const logins = (more: object): unknown => talk.result(more).flatMap((event) => (event.type === 'session' ? [event.login?.state] : []))
    expect(logins({ is_error: true, api_error_type: 'authentication_error' })).toEqual(['required'])
    talk.begin('run-2')
    expect(logins({ is_error: true, terminal_reason: 'api_error' })).toEqual([])
    talk.begin('run-3')
    expect(logins({})).toEqual(['done'])
  })

  it.each([
    [{ isAuthenticating: true }, []],
    [{ isAuthenticating: false, output: [] }, ['done']],
    [{ isAuthenticating: false, error: 'No' }, ['required']],
  ])('follows a log in of the program: %j', (more, states) => {
    const events = new Conversation().hear({ type: 'auth_status', ...more })
    expect(events.flatMap((event) => (event.type === 'session' ? [event.login?.state] : []))).toEqual(states)
  })

  it('is initialised once, although the program begins each turn so', () => {
    const talk = new Conversation()
    expect(messagesIn(talk.system('init', { model: 'claude-fake', session_id: 'agent-session' }))).toEqual([])
    expect(messagesIn(talk.system('init', { model: 'claude-fake', session_id: 'another' })).map(({ type }) => type)).toEqual(['init'])
  })
})

describe('whatever comes', () => {
  const lines = recordedStreams.filter((name) => !name.endsWith('long-output')).flatMap((name) => readStream(name).slice(0, 40))
  const opening = readStream('claude/happy-partial').slice(0, 8)
  const refused = (codes: readonly string[]): string[] => codes.filter((code) => code === 'invalid-event' || code === 'listener-threw')
  const kinds = ['system', 'assistant', 'user', 'result', 'stream_event', 'conversation_reset']

  it('any JSON at all makes no exception and no event that the store would refuse', async () => {
    const anything = fc.oneof(fc.record({ type: fc.constantFrom(...kinds), subtype: fc.string(), message: fc.jsonValue(), event: fc.jsonValue() }), fc.jsonValue())
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 20 }), async (values) => {
        const { reports } = await playStream(recordedStream([...opening, ...values]))
        expect(refused(reports.map(({ code }) => code))).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('recorded lines with pieces of them replaced make none either, and touch no prototype', async () => {
    await checkSpoiled(recordedStream(opening), lines)
  })

  it('any file of a session makes a history that fits', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...lines), fc.record({ type: fc.constantFrom('user', 'assistant'), uuid: fc.string(), message: fc.jsonValue() }), fc.jsonValue())), (kept) => {
        for (const event of new ClaudeFold('session').history({ messages: kept, ofSubagents: kept }, 0)) expect(['history', 'plan']).toContain(event.type)
      }),
    )
  })

  it.each([{ type: 'quantum' }, { type: 'system', subtype: 'quantum' }, { type: 'stream_event', event: { type: 'quantum' } }, { type: 'assistant', message: { id: 'm', content: [{ type: 'quantum' }] } }, 7, null, 'text', []])(
    'of a kind that is not known is reported: %j',
    (message) => {
      const { fold } = new Conversation()
      expect(messagesIn(fold.received(message, 0)).map(({ type }) => type)).toEqual(['unknown'])
    },
  )

  it('of any size and depth makes no exception', () => {
    const deep = tooDeep
    const talk = new Conversation()
    for (let count = 0; count < 2; count += 1) talk.hear({ type: 'quantum', uuid: 'deep', deep })
    talk.hear({ type: 'quantum', uuid: 'deep', deep: structuredClone([1]) })
    talk.call('toolu_0123456789abcdef', 'Read', { deep })
    talk.give('toolu_0123456789abcdef', deep)
    talk.fold.ask({ toolName: 'Read', input: { deep }, details: { suggestions: deep, requestId: 'deep' } }, 0)
    const blocks = Array.from({ length: 200_000 }, () => ({ type: 'text', text: 'x' }))
    expect(talk.say('msg_0123456789abcdef', blocks).length).toBe(200_000)
  })

  it('F27 costs the same however much came before', () => {
    const talk = new Conversation()
    talk.streamText('msg_0123456789abcdef', 'first')
    for (let count = 0; count < 20_000; count += 1) talk.delta(0, `${count} `)
    const [last] = talk.delta(0, 'last')
    expect(last).toMatchObject({ type: 'delta', offset: expect.any(Number) })
    expect(JSON.stringify(last).length).toBeLessThan(200)
  })

  it('is the same for the same messages', () => {
    for (const name of ['claude/subagent', 'claude/happy-partial', 'claude/error-cut-midstream']) {
      const events = (): unknown => {
        const fold = recordedStream([]).fold('session')
        return readStream(name).map((line) => fold.take(line, 'run'))
      }
      expect(events()).toEqual(events())
    }
  })
})
