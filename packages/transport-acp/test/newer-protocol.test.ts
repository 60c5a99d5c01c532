import type { AgentSessionEvent } from '@agent-session/core'
import { describe, expect, it } from 'vitest'
import { formAnswer, readElicitation } from '../src/fold/elicitation.ts'
import { agentSessionId, Conversation, messagesIn, outline, text } from './conversation.ts'

const planOf = (events: readonly AgentSessionEvent[]) => events.flatMap((event) => (event.type === 'plan' ? [event.entries.map(({ content, status }) => `${status} ${content}`)] : []))
const entry = (content: string, status = 'pending') => ({ content, status, priority: 'medium' })
const base64 = (words: string): string => Buffer.from(words).toString('base64')

describe('plans by their ids', () => {
  const update = (talk: Conversation, planId: string, plan: object) => talk.update({ sessionUpdate: 'plan_update', plan: { planId, ...plan } })

  it('are shown one after the other, each replaced alone, and one that is removed is gone', () => {
    const talk = new Conversation()
    expect(planOf(update(talk, 'one', { type: 'items', entries: [entry('look')] }))).toEqual([['pending look']])
    expect(planOf(update(talk, 'two', { type: 'items', entries: [entry('leap', 'in_progress')] }))).toEqual([['pending look', 'in_progress leap']])
    expect(planOf(update(talk, 'one', { type: 'items', entries: [entry('look', 'completed')] }))).toEqual([['completed look', 'in_progress leap']])
    expect(planOf(talk.update({ sessionUpdate: 'plan_removed', planId: 'one' }))).toEqual([['in_progress leap']])
    expect(planOf(talk.update({ sessionUpdate: 'plan', entries: [entry('old way')] }))).toEqual([['in_progress leap', 'pending old way']])
  })

  it('may be a text: its check list, or all of it', () => {
    const talk = new Conversation()
    const content = '# The plan\n\n- [x] look\n- [ ] leap\n  1. [X] prepare\n'
    expect(planOf(update(talk, 'm', { type: 'markdown', content }))).toEqual([['completed look', 'pending leap', 'completed prepare']])
    expect(planOf(update(talk, 'm', { type: 'markdown', content: 'Look, then leap.\n' }))).toEqual([['pending Look, then leap.']])
    expect(planOf(update(talk, 'm', { type: 'markdown', content: ' ' }))).toEqual([[]])
    expect(planOf(update(talk, 'm', { type: 'file', uri: 'file:///plan.md' }))).toEqual([['pending file:///plan.md']])
  })

  it.each([{}, { planId: 'x' }, { planId: 'x', type: 'hologram' }, { planId: 'x', type: 'items' }, { planId: '', type: 'items', entries: [] }])('that are none are reported: %j', (plan) => {
    expect(messagesIn(new Conversation().update({ sessionUpdate: 'plan_update', plan }))).toEqual([expect.objectContaining({ type: 'unknown' })])
  })
})

describe('sub-agents with sessions of their own', () => {
  const of = (talk: Conversation, sessionId: string, update: object) => [...talk.fold.received({ method: 'session/update', params: { sessionId, update } }, 0)]
  const announce = (talk: Conversation, sessionId: string, more: object = {}, parent = agentSessionId) => of(talk, parent, { sessionUpdate: 'subagent_update', sessionId, ...more })
  const chunk = (words: string) => ({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: words } })

  it('are tool calls, under which all that they say and do goes', () => {
    const talk = new Conversation()
    const announced = announce(talk, 'child', { title: 'Explorer', description: 'look around' })
    expect(messagesIn(announced)[0]).toMatchObject({ id: 'run-1/agent-1', type: 'tool_call', content: { name: 'Agent', input: { title: 'Explorer', description: 'look around' } } })
    const said = [
      ...of(talk, 'child', chunk('I look.')),
      ...of(talk, 'child', { sessionUpdate: 'tool_call', toolCallId: 'call_1', title: 'Read', kind: 'read' }),
      ...of(talk, 'child', { sessionUpdate: 'tool_call_update', toolCallId: 'call_1', status: 'completed', content: text('one') }),
    ]
    expect(outline(said)).toEqual(['text run-1/child/text-1 0 "I look."', 'end run-1/child/text-1', 'tool_call run-1/child/call_1', 'tool_result run-1/child/call_1/result'])
    expect(said.flatMap((event) => (event.type === 'delta' ? [event.parentId] : messagesIn([event]).map(({ parentId }) => parentId)))).toEqual(['run-1/agent-1', 'run-1/agent-1', 'run-1/agent-1'])
  })

  it('end when they rest, with what they report', () => {
    const talk = new Conversation()
    announce(talk, 'child')
    of(talk, agentSessionId, { sessionUpdate: 'session_message', messageId: 'm', senderSessionId: 'child', recipientSessionId: agentSessionId, content: [{ type: 'text', text: 'All is well.' }] })
    expect(messagesIn(announce(talk, 'child', { state: { state: 'idle', stopReason: 'end_turn' } }))).toEqual([
      expect.objectContaining({ id: 'run-1/agent-1/result', type: 'tool_result', content: { output: 'All is well.', toolCallId: 'run-1/agent-1' } }),
    ])
    expect(messagesIn(announce(talk, 'lost', { state: { state: 'idle', stopReason: 'error' } })).at(-1)?.content).toEqual({ output: 'error', toolCallId: 'run-1/agent-2', isError: true })
  })

  it('may have sub-agents themselves, and ask by their own call', () => {
    const talk = new Conversation()
    announce(talk, 'child')
    expect(messagesIn(announce(talk, 'grandchild', {}, 'child'))[0]).toMatchObject({ id: 'run-1/agent-2', parentId: 'run-1/agent-1' })
    const asked = talk.question(7, { toolCallId: 'call_1', title: 'May I?' }, { sessionId: 'grandchild' })
    expect(asked.at(-1)).toMatchObject({ type: 'permission', request: { toolCallId: 'run-1/grandchild/call_1', parentId: 'run-1/agent-2' } })
  })

  it('that nobody announced are reported, and how their session is set is their own business', () => {
    const talk = new Conversation()
    expect(messagesIn(of(talk, 'stranger', chunk('hi')))).toEqual([expect.objectContaining({ type: 'unknown' })])
    announce(talk, 'child')
    expect(of(talk, 'child', { sessionUpdate: 'usage_update', used: 1, size: 2 })).toEqual([])
    expect(messagesIn(of(talk, 'child', { sessionUpdate: 'quantum_update' }))).toEqual([expect.objectContaining({ type: 'unknown' })])
  })

  it('end with the turn, cut off', () => {
    const talk = new Conversation()
    announce(talk, 'child')
    of(talk, 'child', chunk('half a sen'))
    expect(outline([...talk.fold.lost({ reason: 'error', error: 'gone' }, 0)])).toEqual(['end run-1/child/text-1 cut', 'status error gone'])
  })
})

describe('the second version of the protocol', () => {
  const talkOf2 = () => new Conversation('some-agent', 2)
  const state = (talk: Conversation, name: string, more: object = {}) => talk.update({ sessionUpdate: 'state_update', state: name, ...more })

  it('ends a turn by the agent\'s rest, not by the answer to its prompt', () => {
    const talk = talkOf2()
    expect(state(talk, 'idle')).toEqual([])
    expect(talk.end({ result: { messageId: 'user-message-0123456789' } })).toEqual([])
    expect(talk.update({ sessionUpdate: 'user_message', messageId: 'user-message-0123456789', content: [{ type: 'text', text: 'the prompt' }] })).toEqual([])
    state(talk, 'running')
    talk.say('Hello.', 'message-0123456789')
    state(talk, 'requires_action')
    expect(outline(state(talk, 'idle', { stopReason: 'end_turn', usage: { inputTokens: 3, outputTokens: 4 } }))).toEqual(['end message-0123456789', 'cost', 'status done completed'])
    expect(state(talk, 'idle', { stopReason: 'end_turn' })).toEqual([])
  })

  it.each([
    [{ stopReason: 'cancelled' }, 'status done stopped'],
    [{ stopReason: 'max_tokens' }, 'status done max_tokens'],
    [{ stopReason: 'error', error: { message: 'Overloaded' } }, 'status error Overloaded'],
    [{ stopReason: 'error' }, 'status error The agent ended in an error'],
  ])('ends as the agent says: %j', (idle, ended) => {
    const talk = talkOf2()
    talk.end({ result: { messageId: 'm' } })
    state(talk, 'running')
    expect(outline(state(talk, 'idle', idle))).toEqual([ended])
  })

  it('fails with a prompt that was refused', () => {
    expect(outline(talkOf2().end({ error: { code: -32602, message: 'Empty' } }))).toEqual(['status error Empty'])
  })

  it('tells messages as a whole too, in the place of their pieces, and goes on from there', () => {
    const talk = talkOf2()
    const id = 'message-0123456789'
    const whole = (words: string) => talk.update({ sessionUpdate: 'agent_message', messageId: id, content: [{ type: 'text', text: words }] })
    const events = [...talk.say('Helo', id), ...whole('Hello'), ...talk.say(', you.', id)]
    expect(outline(events)).toEqual([`text ${id} 0 "Helo"`, `end ${id}`, `text ${id}`, `text ${id}`])
    expect(messagesIn(events).map(({ content }) => content)).toEqual([{ text: 'Hello' }, { text: 'Hello, you.' }])
    expect(talk.update({ sessionUpdate: 'agent_thought', messageId: 'thought-0123456789' })).toEqual([])
  })

  it('makes a call by its first update, and tells its content piece by piece', () => {
    const talk = talkOf2()
    const id = 'call-0123456789abcdef'
    const events = [
      ...talk.say('I look.', 'message-0123456789'),
      ...talk.toolUpdate(id, { title: 'ls', kind: 'execute', status: 'in_progress' }),
      ...talk.update({ sessionUpdate: 'tool_call_content_chunk', toolCallId: id, content: text('one')[0] }),
      ...talk.update({ sessionUpdate: 'tool_call_content_chunk', toolCallId: id, content: text('two')[0] }),
      ...talk.toolUpdate(id, { status: 'completed' }),
    ]
    expect(outline(events)).toEqual([
      'text message-0123456789 0 "I look."',
      'end message-0123456789',
      `tool_call ${id}`,
      `tool_result ${id}/result 0 "one"`,
      `tool_result ${id}/result 3 "\\ntwo"`,
      `tool_result ${id}/result`,
    ])
    expect(messagesIn(talk.update({ sessionUpdate: 'tool_call_content_chunk', toolCallId: 'nobody', content: {} }))).toEqual([expect.objectContaining({ type: 'unknown' })])
  })

  it('shows what a terminal prints under its call, also what came before, split characters and all', () => {
    const talk = talkOf2()
    const id = 'call-0123456789abcdef'
    const owl = Buffer.from('🦉')
    const print = (data: string) => talk.update({ sessionUpdate: 'terminal_output_chunk', terminalId: 't', data })
    expect(print(base64('one\n'))).toEqual([])
    const events = [
      ...talk.toolUpdate(id, { kind: 'execute', status: 'in_progress', content: [{ type: 'terminal', terminalId: 't' }] }),
      ...print(owl.subarray(0, 2).toString('base64')),
      ...print(owl.subarray(2).toString('base64')),
      ...talk.update({ sessionUpdate: 'terminal_update', terminalId: 't', output: { data: base64('one\n🦉\n') }, exitStatus: { exitCode: 0 } }),
      ...talk.toolUpdate(id, { status: 'completed' }),
    ]
    expect(outline(events)).toEqual([
      `tool_call ${id}`,
      `tool_result ${id}/result 0 "one\\n"`,
      `tool_result ${id}/result 4 "🦉"`,
      `tool_result ${id}/result 6 "\\n"`,
      `tool_result ${id}/result`,
    ])
    expect(messagesIn(events).at(-1)?.content).toEqual({ output: 'one\n🦉\n', toolCallId: id })
    expect(messagesIn(print(base64('late\n'))).at(-1)?.content).toEqual({ output: 'one\n🦉\nlate\n', toolCallId: id })
    expect(messagesIn(print('§'))).toEqual([expect.objectContaining({ type: 'unknown' })])
  })

  it('asks with a subject, and about a command that is no call', () => {
    const talk = talkOf2()
    const asked = talk.question(1, {}, { toolCall: undefined, title: 'May I run it?', subject: { type: 'tool_call', toolCall: { toolCallId: 'call_1', title: 'ls', kind: 'execute' } } })
    expect(asked.at(-1)).toMatchObject({ type: 'permission', request: { title: 'May I run it?', toolCallId: 'run-1/call_1' } })
    const command = talk.question(2, {}, { toolCall: undefined, title: 'May I?', subject: { type: 'command', command: 'rm -rf build' } })
    expect(command).toEqual([expect.objectContaining({ type: 'permission', request: expect.objectContaining({ title: 'May I?', input: { command: 'rm -rf build' } }) })])
  })
})

describe('forms', () => {
  const colours = { type: 'string', oneOf: [{ const: 'red', title: 'Red' }, { const: 'blue', title: 'Blue' }] }
  const create = (talk: Conversation, params: object, id = 'form-1') => [...talk.fold.received({ id, method: 'elicitation/create', params: { sessionId: agentSessionId, mode: 'form', message: 'Which?', ...params } }, 0)]
  const schemaOf = (properties: object) => ({ requestedSchema: { type: 'object', properties } })
  const answered = (talk: Conversation, result: object, id = 'form-1') => [...talk.fold.sent({ id, result }, 0)]

  it('are questions; one choice is asked by its values', () => {
    const talk = new Conversation()
    const [asked] = create(talk, schemaOf({ colour: colours, note: { type: 'string' } }))
    expect(asked).toMatchObject({ type: 'permission', request: { id: 'run-1/permission-1', title: 'Which?', options: [{ id: 'choice:red', label: 'Red' }, { id: 'choice:blue' }, { id: 'decline', kind: 'reject_once' }] } })
    expect(answered(talk, { action: 'accept', content: { colour: 'blue' } })).toEqual([expect.objectContaining({ type: 'permission-settled', outcome: 'selected', optionId: 'choice:blue' })])
  })

  it.each([
    [{ action: 'decline' }, { outcome: 'selected', optionId: 'decline' }],
    [{ action: 'cancel' }, { outcome: 'cancelled' }],
    [{ action: 'accept', content: { name: 'x' } }, { outcome: 'selected', optionId: 'accept' }],
  ])('are settled by their answer: %j', (result, settled) => {
    const talk = new Conversation()
    create(talk, schemaOf({ name: { type: 'string' }, age: { type: 'integer' } }))
    expect(answered(talk, result)).toEqual([expect.objectContaining({ type: 'permission-settled', ...settled })])
  })

  it('take words, choices and whole forms as answers, and nothing that is none', () => {
    const choice = readElicitation({ message: 'Which?', ...schemaOf({ colour: colours, note: { type: 'string' } }) })
    const form = readElicitation({ message: 'Who?', ...schemaOf({ name: { type: 'string' }, age: { type: 'integer' } }) })
    if (choice === undefined || form === undefined) throw new Error('no form')
    expect(formAnswer(choice, 'choice:red', undefined, 'the dark one')).toEqual({ action: 'accept', content: { colour: 'red', note: 'the dark one' } })
    expect(formAnswer(form, 'accept', { name: 'Ada', age: 36 }, undefined)).toEqual({ action: 'accept', content: { name: 'Ada', age: 36 } })
    expect(formAnswer(form, 'decline', undefined, undefined)).toEqual({ action: 'decline' })
    expect(formAnswer(form, undefined, undefined, undefined)).toEqual({ action: 'cancel' })
    for (const bad of ['Ada', { name: { first: 'Ada' } }, JSON.parse('{"__proto__":"x"}')]) expect(formAnswer(form, 'accept', bad, undefined)).toBeUndefined()
  })

  it('may be a page to open, of the web and nothing else', () => {
    const talk = new Conversation()
    expect(create(talk, { mode: 'url', url: 'https://example.com/login' })[0]).toMatchObject({ request: { input: { mode: 'url', url: 'https://example.com/login' }, options: [{ id: 'accept', label: 'Open' }, { id: 'decline' }] } })
    // oxlint-disable-next-line no-script-url -- what must not be opened
    for (const url of ['javascript:alert(1)', 'file:///etc/passwd', undefined]) {
      expect(messagesIn(create(talk, { mode: 'url', url }, String(url)))).toEqual([expect.objectContaining({ type: 'unknown' })])
    }
  })
})

describe('what the host does for the agent', () => {
  it('is shown where a command printed something, and is reported where the host does no such thing', () => {
    const talk = new Conversation()
    const request = { id: 9, method: 'terminal/output', params: { sessionId: agentSessionId, terminalId: 't1' } }
    expect(messagesIn([...talk.fold.received(request, 0)])).toEqual([expect.objectContaining({ type: 'unknown' })])
  })
})
