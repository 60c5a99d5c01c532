import type { AgentSessionEvent, RawMessage } from '@agent-session/core'
import { describe, expect, it } from 'vitest'
import { AppServerFold } from '../src/index.ts'

const thread = 'thread-0123456789abcdef'

/** A fold whose thread is open and whose first run is under way. */
class Conversation {
  readonly fold = new AppServerFold('session')
  #rpcId = 0
  #turns = 0

  constructor() {
    this.ask('thread/start', {}, { result: { thread: { id: thread } } })
    this.begin('run-1')
  }

  ask(method: string, params: object, answer: object): AgentSessionEvent[] {
    const id = (this.#rpcId += 1)
    return [...this.fold.sent({ id, method, params }, 0), ...this.fold.received({ id, ...answer }, 0)]
  }

  get turn(): string {
    return `turn-${this.#turns}`
  }

  begin(run: string, prompt = 'the prompt'): AgentSessionEvent[] {
    this.#turns += 1
    return [...this.fold.beginRun(run, 0), ...this.ask('turn/start', { threadId: thread, input: [{ type: 'text', text: prompt }] }, { result: { turn: { id: this.turn } } })]
  }

  notify(method: string, params: object): AgentSessionEvent[] {
    return [...this.fold.received({ method, params: { threadId: thread, turnId: this.turn, ...params } }, 0)]
  }

  started(item: object, more: object = {}): AgentSessionEvent[] {
    return this.notify('item/started', { item, ...more })
  }

  completed(item: object, more: object = {}): AgentSessionEvent[] {
    return this.notify('item/completed', { item, ...more })
  }

  say(itemId: string, delta: string, more: object = {}): AgentSessionEvent[] {
    return this.notify('item/agentMessage/delta', { itemId, delta, ...more })
  }

  request(id: number | string, method: string, params: object): AgentSessionEvent[] {
    return [...this.fold.received({ id, method, params: { threadId: thread, turnId: this.turn, ...params } }, 0)]
  }

  answer(requestId: string, choice: object): AgentSessionEvent[] {
    const answer = this.fold.choose(requestId, choice)
    return answer === undefined ? [] : [...this.fold.sent({ id: answer.rpcId, result: answer.result }, 0)]
  }

  end(status = 'completed', error: unknown = null): AgentSessionEvent[] {
    return this.notify('turn/completed', { turn: { id: this.turn, status, error } })
  }
}

const messagesIn = (events: readonly AgentSessionEvent[]): readonly RawMessage[] => events.flatMap((event) => (event.type === 'message' ? event.messages : []))
const outline = (events: readonly AgentSessionEvent[]): string[] =>
  events.map((event) => {
    switch (event.type) {
      case 'delta':
        return `${event.kind} ${event.id} ${event.offset} ${JSON.stringify(event.text)}`
      case 'message':
        return event.messages.map(({ type, id }) => `${type} ${id}`).join(', ')
      case 'message-end':
        return `end ${event.id}${event.cut ? ' cut' : ''}`
      case 'status':
        return `status ${event.status} ${event.reason ?? event.error ?? ''}`
      case 'retract':
        return `retract ${event.ids.join()}`
      default:
        return event.type
    }
  })
const unknown = [expect.objectContaining({ type: 'message', messages: [expect.objectContaining({ type: 'unknown' })] })]

describe('texts', () => {
  const id = 'message-0123456789abcdef'

  it('come in pieces with offsets, and end', () => {
    const talk = new Conversation()
    const item = { type: 'agentMessage', id, text: '' }
    const events = [...talk.started(item), ...talk.say(id, 'Hel'), ...talk.say(id, 'lo.'), ...talk.completed({ ...item, text: 'Hello.' }), ...talk.end()]
    expect(outline(events)).toEqual([`text ${id} 0 "Hel"`, `text ${id} 3 "lo."`, `end ${id}`, 'status done completed'])
  })

  it('that end otherwise than they came are told whole; late pieces and second ends change nothing', () => {
    const talk = new Conversation()
    const item = { type: 'agentMessage', id, text: 'Hello.' }
    expect(outline([...talk.say(id, 'Hel'), ...talk.say(id, 'Hel'), ...talk.completed(item), ...talk.say(id, '!'), ...talk.completed(item)])).toEqual([
      `text ${id} 0 "Hel"`,
      `text ${id} 3 "Hel"`,
      `text ${id}`,
    ])
  })

  it('that Codex begins again are taken back, others are not', () => {
    const talk = new Conversation()
    talk.completed({ type: 'agentMessage', id: 'whole-0123456789abcdef', text: 'Whole.' })
    talk.say(id, 'Half a sen')
    expect(outline(talk.notify('error', { error: { message: 'Reconnecting... 1/1' }, willRetry: true })).at(0)).toBe(`retract ${id}`)
    expect(outline([...talk.say('again-0123456789abcdef', 'Half'), ...talk.end('failed', { message: 'cut', additionalDetails: 'off' })])).toEqual([
      'text again-0123456789abcdef 0 "Half"',
      'end again-0123456789abcdef cut',
      'status error cut: off',
    ])
  })

  it('of reasoning have a paragraph for each part of the summary', () => {
    const talk = new Conversation()
    const piece = (delta: string, summaryIndex: number) => talk.notify('item/reasoning/summaryTextDelta', { itemId: id, delta, summaryIndex })
    const events = [...piece('One', 0), ...piece(' and', 0), ...piece('Two', 1), ...talk.completed({ type: 'reasoning', id, summary: ['One and', 'Two'], content: ['raw'] })]
    expect(outline(events)).toEqual([`thinking ${id} 0 "One"`, `thinking ${id} 3 " and"`, `thinking ${id} 7 "\\n\\nTwo"`, `end ${id}`])
    expect(messagesIn(talk.completed({ type: 'reasoning', id: 'raw-0123456789abcdef', summary: [], content: ['raw'] }))[0]?.content).toEqual({ text: 'raw' })
  })

  it('with short ids, or with long ones that come again in a later turn, are others', () => {
    const talk = new Conversation()
    const say = (itemId: string) => outline(talk.completed({ type: 'agentMessage', id: itemId, text: 'x' }))[0]
    expect([say('item_1'), say(id)]).toEqual(['text run-1/item_1', `text ${id}`])
    talk.end()
    talk.begin('run-2')
    expect([say('item_1'), say(id)]).toEqual(['text run-2/item_1', `text run-2/${id}`])
  })

  it('under the id of something else are reported', () => {
    const talk = new Conversation()
    talk.started({ type: 'commandExecution', id, command: 'ls' })
    expect(talk.say(id, 'no')).toEqual(unknown)
    expect(talk.completed({ type: 'agentMessage', id, text: 'no' })).toEqual(unknown)
  })
})

describe('tools', () => {
  const id = 'call-0123456789abcdef'
  const shell = (more: object) => ({ type: 'commandExecution', id, command: `/bin/zsh -lc "echo \\"it's\\" && ls"`, cwd: '/project', ...more })
  const result = (item: object): unknown => {
    const talk = new Conversation()
    return messagesIn(talk.completed(item)).map(({ content }) => content)
  }

  it('stream what they print, and tell it whole at the end', () => {
    const talk = new Conversation()
    const print = (delta: string) => talk.notify('item/commandExecution/outputDelta', { itemId: id, delta })
    const events = [...talk.started(shell({ status: 'inProgress' })), ...print('one\n'), ...print('two\n'), ...talk.completed(shell({ status: 'completed', aggregatedOutput: 'zero\none\ntwo\n', exitCode: 0 })), ...print('late')]
    expect(outline(events)).toEqual([`tool_call ${id}`, `tool_result ${id}/result 0 "one\\n"`, `tool_result ${id}/result 4 "two\\n"`, `tool_result ${id}/result`])
    expect(messagesIn(events).map(({ content }) => content)).toEqual([
      { name: 'command_execution', input: { command: `echo "it's" && ls`, cwd: '/project' }, toolCallId: id },
      { output: 'zero\none\ntwo\n', toolCallId: id },
    ])
    expect(print('of nothing').length).toBe(0)
    expect(talk.notify('item/commandExecution/outputDelta', { itemId: 'no-such-call', delta: 'x' })).toEqual(unknown)
  })

  it.each([
    ['a command that failed', shell({ status: 'failed', exitCode: 3, aggregatedOutput: 'no\n' }), { output: 'no\n', isError: true }],
    ['a command that failed without a word', shell({ status: 'failed', exitCode: 3 }), { output: 'Exit code 3', isError: true }],
    ['a command that was declined', shell({ status: 'declined', aggregatedOutput: null }), { output: 'Declined', isError: true }],
    ['an MCP tool', { type: 'mcpToolCall', id, server: 's', tool: 't', arguments: { a: 1 }, status: 'completed', result: { content: [{ type: 'text', text: '5' }] } }, { output: '5' }],
    ['an MCP tool with data', { type: 'mcpToolCall', id, server: 's', tool: 't', status: 'completed', result: { content: [], structuredContent: { sum: 5 } } }, { output: { sum: 5 } }],
    ['an MCP tool that failed', { type: 'mcpToolCall', id, server: 's', tool: 't', status: 'failed', error: { message: 'gone' } }, { output: 'gone', isError: true }],
    ['a tool of a client', { type: 'dynamicToolCall', id, tool: 't', arguments: {}, status: 'completed', success: false, contentItems: [{ type: 'inputText', text: 'no' }] }, { output: 'no', isError: true }],
    ['a search', { type: 'webSearch', id, query: 'herons' }, { output: '' }],
    ['an image', { type: 'imageGeneration', id, revisedPrompt: 'A heron', savedPath: '/a.png', failure: null }, { output: '/a.png' }],
    ['a move', { type: 'fileChange', id, status: 'completed', changes: [{ path: '/a', kind: { type: 'update', move_path: '/b' }, diff: '@@ -1 +1 @@\n-a\n+b\n' }] }, { output: '--- /a\n+++ /b\n@@ -1 +1 @@\n-a\n+b' }],
    ['a removal', { type: 'fileChange', id, status: 'completed', changes: [{ path: '/a', kind: { type: 'delete' }, diff: 'gone\n' }] }, { output: '--- /a\n+++ /dev/null\n-gone' }],
    ['a change that failed', { type: 'fileChange', id, status: 'failed', changes: [{ path: '/a', kind: { type: 'add' }, diff: 'new\n' }] }, { output: 'Failed', isError: true }],
  ])('%s', (_what, item, content) => {
    expect(result(item)).toEqual([expect.anything(), { ...content, toolCallId: id }])
  })

  it.each([
    [`/bin/bash -lc 'ls -l'`, 'ls -l'],
    [`/bin/bash -lc ls`, 'ls'],
    [`bash -lc 'it'"'"'s'`, `it's`],
    [`/bin/bash -lc "cost: \\$5"`, 'cost: $5'],
    [`/bin/bash -lc "cost: $HOME"`, `/bin/bash -lc "cost: $HOME"`],
    [`/bin/bash -lc 'ls' && rm -rf /`, `/bin/bash -lc 'ls' && rm -rf /`],
    ['git status', 'git status'],
  ])('a command is shown as the model wrote it, or as it is: %s', (command, shown) => {
    const talk = new Conversation()
    expect(messagesIn(talk.started({ ...shell({}), command }))[0]?.content).toMatchObject({ input: { command: shown } })
  })

  it('that end after their turn end in the run that they began in', () => {
    const talk = new Conversation()
    talk.started(shell({ status: 'inProgress' }))
    talk.end('interrupted')
    talk.begin('run-2')
    expect(talk.completed(shell({ status: 'completed', aggregatedOutput: 'done' }))).toEqual([expect.objectContaining({ type: 'message', run: 'run-1' })])
  })
})

describe('questions', () => {
  const command = { itemId: 'call-0123456789abcdef', command: `/bin/bash -lc 'rm -rf build'`, cwd: '/project' }
  const method = 'item/commandExecution/requestApproval'
  const asked = (events: readonly AgentSessionEvent[]) => events.flatMap((event) => (event.type === 'permission' ? [event.request] : []))

  it('for a command that was not announced announce it', () => {
    const talk = new Conversation()
    const events = talk.request(0, method, command)
    expect(outline(events)).toEqual([`tool_call ${command.itemId}`, 'permission'])
    expect(asked(events)[0]).toMatchObject({ id: 'run-1/permission-1', title: 'rm -rf build', toolCallId: command.itemId, input: { command: 'rm -rf build', cwd: '/project' } })
  })

  it('offer what Codex offers, and a plain no; what is not known is left out', () => {
    const talk = new Conversation()
    const availableDecisions = [
      'accept',
      { acceptWithExecpolicyAmendment: { execpolicy_amendment: ['rm', '-rf'] } },
      { applyNetworkPolicyAmendment: { network_policy_amendment: { host: 'a.b', action: 'allow' } } },
      { applyNetworkPolicyAmendment: { network_policy_amendment: { host: 'c.d', action: 'deny' } } },
      'acceptForAWeek',
      { somethingElse: {} },
      'cancel',
    ]
    const [question] = asked(talk.request(0, method, { ...command, availableDecisions }))
    expect(question?.options).toEqual([
      { id: 'accept', label: 'Allow', kind: 'allow_once' },
      { id: 'acceptWithExecpolicyAmendment', label: 'Always allow commands that begin with "rm -rf"', kind: 'allow_always' },
      { id: 'allow a.b', label: 'Always allow a.b', kind: 'allow_always' },
      { id: 'deny c.d', label: 'Never allow c.d', kind: 'reject_always' },
      { id: 'cancel', label: 'Reject and stop', kind: 'reject_once' },
      { id: 'decline', label: 'Reject', kind: 'reject_once' },
    ])
    expect(talk.fold.choose('run-1/permission-1', { optionId: 'allow a.b' })).toEqual({ rpcId: 0, result: { decision: availableDecisions[2] } })
  })

  it('have an id of their own for good, although Codex counts from 0 in each process', () => {
    const talk = new Conversation()
    talk.request(0, method, command)
    expect(talk.request(0, method, command)).toEqual([expect.objectContaining({ type: 'permission', request: expect.objectContaining({ id: 'run-1/permission-1' }) })])
    expect(talk.fold.lost({ reason: 'error', error: 'gone' }, 0)).toEqual([
      expect.objectContaining({ type: 'permission-settled', outcome: 'expired' }),
      expect.objectContaining({ type: 'status', error: 'gone' }),
    ])
    talk.begin('run-2')
    expect(asked(talk.request(0, method, { ...command, itemId: 'other-0123456789abcdef' }))[0]?.id).toBe('run-2/permission-1')
  })

  it('that Codex withdraws are cancelled; answered ones stay answered', () => {
    const talk = new Conversation()
    talk.request(0, method, command)
    expect(talk.notify('serverRequest/resolved', { requestId: 0 })).toEqual([expect.objectContaining({ type: 'permission-settled', outcome: 'cancelled' })])
    talk.request(1, method, command)
    expect(talk.answer('run-1/permission-2', { optionId: 'accept' })).toEqual([expect.objectContaining({ outcome: 'selected', optionId: 'accept' })])
    expect(talk.notify('serverRequest/resolved', { requestId: 1 })).toEqual([])
    expect(talk.answer('run-1/permission-2', { optionId: 'accept' })).toEqual([])
  })

  it('that wait when the turn ends are cancelled, before it is over', () => {
    const talk = new Conversation()
    talk.request(0, method, command)
    expect(talk.end('interrupted')).toEqual([expect.objectContaining({ type: 'permission-settled', outcome: 'cancelled' }), expect.objectContaining({ type: 'status', reason: 'stopped' })])
  })

  it('for more access give what was asked, for the turn or the session, or nothing', () => {
    const permissions = { network: { enabled: true }, fileSystem: null }
    const ask = (optionId: string | undefined): unknown => {
      const talk = new Conversation()
      talk.request('a', 'item/permissions/requestApproval', { itemId: 'call-0123456789abcdef', permissions, reason: 'To look' })
      return talk.fold.choose('run-1/permission-1', optionId === undefined ? {} : { optionId })?.result
    }
    expect(ask('accept')).toEqual({ permissions: { network: { enabled: true } }, scope: 'turn' })
    expect(ask('acceptForSession')).toEqual({ permissions: { network: { enabled: true } }, scope: 'session' })
    expect(ask('decline')).toEqual({ permissions: {}, scope: 'turn' })
    expect(ask(undefined)).toEqual({ permissions: {}, scope: 'turn' })
  })

  it('of an MCP server are about its call, or have a form that the answer fills', () => {
    const talk = new Conversation()
    talk.started({ type: 'mcpToolCall', id: 'call-0123456789abcdef', server: 'demo', tool: 'add', arguments: { a: 2 } })
    const ask = (id: number, more: object) => asked(talk.request(id, 'mcpServer/elicitation/request', { serverName: 'demo', message: 'Allow it?', ...more }))[0]
    const call = ask(0, { _meta: { codex_approval_kind: 'mcp_tool_call', tool_name: 'add', tool_params: { a: 2 }, persist: ['session'] } })
    expect(call).toMatchObject({ toolCallId: 'call-0123456789abcdef', input: { a: 2 } })
    expect(call?.options.map(({ id }) => id)).toEqual(['accept', 'acceptForSession', 'decline'])
    expect(talk.fold.choose(call?.id ?? '', { optionId: 'acceptForSession' })?.result).toEqual({ action: 'accept', content: {}, _meta: { persist: 'session' } })
    const form = ask(1, { requestedSchema: { type: 'object' } })
    expect(form?.input).toEqual({ schema: { type: 'object' } })
    expect(talk.fold.choose(form?.id ?? '', { optionId: 'accept', input: { name: 'Ada' } })?.result).toEqual({ action: 'accept', content: { name: 'Ada' }, _meta: null })
    expect(talk.fold.choose(ask(2, {})?.id ?? '', {})?.result).toEqual({ action: 'cancel', content: null, _meta: null })
  })

  it('of the model are each asked, and answered together', () => {
    const talk = new Conversation()
    const questions = [
      { id: 'colour', question: 'Which colour?', options: [{ label: 'Red' }, { label: 'Blue' }] },
      { id: 'name', question: 'Which name?', options: null },
    ]
    const [colour, name] = asked(talk.request(0, 'item/tool/requestUserInput', { itemId: 'call-0123456789abcdef', questions }))
    expect([colour?.title, name?.title]).toEqual(['Which colour?', 'Which name?'])
    expect(talk.answer(colour?.id ?? '', { optionId: 'Blue' })).toEqual([])
    expect(talk.fold.optionsOf(colour?.id ?? '')).toBeUndefined()
    const answer = talk.fold.choose(name?.id ?? '', { optionId: 'answer', text: 'Ada' })
    expect(answer).toEqual({ rpcId: 0, result: { answers: { colour: { answers: ['Blue'] }, name: { answers: ['Ada'] } } } })
    expect(talk.fold.sent({ id: 0, result: answer?.result }, 0)).toEqual([
      expect.objectContaining({ requestId: colour?.id, outcome: 'selected', optionId: 'Blue' }),
      expect.objectContaining({ requestId: name?.id, outcome: 'selected', optionId: 'answer' }),
    ])
  })

  it('that are none, or of another thread, or outside a turn, are reported and do not wait', () => {
    const talk = new Conversation()
    expect(talk.request(0, 'item/tool/call', { tool: 'x' })).toEqual(unknown)
    expect(talk.request(1, method, { ...command, threadId: 'another' })).toEqual(unknown)
    talk.end()
    expect(talk.request(2, method, command)).toEqual(unknown)
    expect([0, 1, 2].map((id) => talk.fold.awaits(id))).toEqual([false, false, false])
  })

  it('may not be asked for ever', () => {
    const talk = new Conversation()
    const events = Array.from({ length: 300 }, (_, id) => talk.request(id, method, { ...command, itemId: `call-of-some-length-${id}` })).flat()
    expect(asked(events).length).toBe(100)
  })
})

describe('threads', () => {
  const child = { threadId: 'child-0123456789abcdef' }

  it('of sub-agents are lanes under the call that began them; their ends end nothing', () => {
    const talk = new Conversation()
    const spawn = { type: 'collabAgentToolCall', id: 'spawn-0123456789abcdef', tool: 'spawnAgent', prompt: 'Count', receiverThreadIds: [] }
    talk.started(spawn)
    // It may speak before the call says who it is.
    const early = talk.say('early-0123456789abcdef', 'I ', child)
    expect(early).toEqual([expect.objectContaining({ type: 'delta', parentId: 'spawn-0123456789abcdef' })])
    talk.completed({ ...spawn, receiverThreadIds: [child.threadId] })
    expect(talk.started({ type: 'userMessage', id: 'u', content: [{ type: 'text', text: 'Count' }] }, child)).toEqual([])
    expect(outline(talk.notify('turn/completed', { ...child, turn: { id: 'their-turn', status: 'interrupted' } }))).toEqual(['end early-0123456789abcdef cut'])
    expect(talk.fold.running).toBe(true)
    expect(talk.notify('thread/tokenUsage/updated', { ...child, tokenUsage: { total: { inputTokens: 1, outputTokens: 1 } } })).toEqual([])
    expect(outline(talk.end())).toEqual(['status done completed'])
  })

  it('of sub-agents that have no call of their own get one', () => {
    const talk = new Conversation()
    const news = (kind: string, id: string) => talk.completed({ type: 'subAgentActivity', id, kind, agentThreadId: child.threadId, agentPath: '/root/count', model: null })
    expect(messagesIn(news('started', 'spawn-0123456789abcdef')).map(({ content }) => content)).toEqual([{ name: 'spawn_agent', input: { agent: '/root/count' }, toolCallId: 'spawn-0123456789abcdef' }])
    expect(talk.say('text-0123456789abcdef', 'x', child)).toEqual([expect.objectContaining({ parentId: 'spawn-0123456789abcdef' })])
    expect(news('interacted', 'other')).toEqual([])
    expect(messagesIn(news('completed', 'done-0123456789abcdef')).map(({ content }) => content)).toEqual([{ output: 'completed', toolCallId: 'spawn-0123456789abcdef' }])
  })

  it('that nobody knows are reported', () => {
    const talk = new Conversation()
    expect(talk.say('text-0123456789abcdef', 'not yours', { threadId: 'another' })).toEqual(unknown)
    expect(talk.notify('turn/completed', { threadId: 'another', turn: { id: talk.turn, status: 'completed' } })).toEqual(unknown)
    expect(talk.fold.running).toBe(true)
  })
})

describe('the end of a turn', () => {
  it('of another turn, as of a compaction, ends nothing', () => {
    const talk = new Conversation()
    expect(talk.notify('turn/completed', { turn: { id: 'compaction', status: 'completed' } })).toEqual([])
    talk.end()
    expect(talk.end()).toEqual([])
  })

  it('after an interrupt is a stop, whatever Codex calls its failure', () => {
    for (const status of ['interrupted', 'failed']) {
      const talk = new Conversation()
      talk.fold.sent({ id: 99, method: 'turn/interrupt', params: {} }, 0)
      expect(outline(talk.end(status, { message: 'aborted' }))).toEqual(['status done stopped'])
    }
  })

  it('that is refused from the start is an error', () => {
    const talk = new Conversation()
    talk.end()
    talk.fold.beginRun('run-2', 0)
    expect(talk.ask('turn/start', { input: [] }, { error: { code: -32600, message: 'no such model' } })).toEqual([expect.objectContaining({ status: 'error', error: 'no such model', run: 'run-2' })])
  })
})

describe('the session', () => {
  it('is a new one in the place of a lost one: it says so, and its sums are told run by run', () => {
    const talk = new Conversation()
    const used = (inputTokens: number) => talk.notify('thread/tokenUsage/updated', { tokenUsage: { total: { inputTokens, outputTokens: 1, cachedInputTokens: 0 }, last: { totalTokens: 7 }, modelContextWindow: 9 } })
    expect(used(100)[0]).toMatchObject({ type: 'cost', scope: 'session', inputTokens: 100, contextUsed: 7, contextSize: 9 })
    talk.end()
    talk.fold.restart()
    expect(talk.ask('thread/start', {}, { result: { thread: { id: thread } } })[0]).toMatchObject({ type: 'session', restarted: true })
    talk.begin('run-2')
    expect(used(30)[0]).toMatchObject({ scope: 'run', inputTokens: 30 })
    talk.end()
    talk.begin('run-3')
    expect(used(50)[0]).toMatchObject({ scope: 'run', inputTokens: 20 })
  })

  it('hears of its title, its model and its mode', () => {
    const talk = new Conversation()
    expect(talk.notify('thread/name/updated', { threadName: 'Herons' })).toEqual([expect.objectContaining({ type: 'session', title: 'Herons' })])
    expect(talk.notify('model/rerouted', { toModel: 'gpt-5.5-mini' })).toEqual([expect.objectContaining({ model: 'gpt-5.5-mini' })])
    expect(talk.notify('thread/settings/updated', { threadSettings: { model: 'gpt-5.5', approvalPolicy: 'never', sandboxPolicy: { type: 'dangerFullAccess' } } })).toEqual([expect.objectContaining({ model: 'gpt-5.5', mode: 'full-access' })])
    const models = { result: { data: [{ id: 'a', model: 'a', displayName: 'A', description: 'An A' }, { id: 'h', hidden: true }, { model: 'b' }] } }
    expect(talk.ask('model/list', {}, models)).toEqual([expect.objectContaining({ models: [{ id: 'a', label: 'A', description: 'An A' }, { id: 'b', label: 'b' }] })])
    const account = (result: object) => talk.ask('account/read', {}, { result })
    expect(account({ account: null, requiresOpenaiAuth: true })).toEqual([expect.objectContaining({ login: { state: 'required', methods: [] } })])
    expect(account({ account: { type: 'chatgpt', email: 'ada@example.org' }, requiresOpenaiAuth: true })).toEqual([expect.objectContaining({ login: { state: 'done', methods: [], account: 'ada@example.org' } })])
  })

  it('keeps notices for a recorder, passes housekeeping over, and reports what is unknown', () => {
    const talk = new Conversation()
    expect(messagesIn(talk.notify('warning', { message: 'careful' }))[0]?.type).toBe('status')
    expect(messagesIn(talk.notify('thread/compacted', {}))[0]?.type).toBe('compaction')
    expect(talk.notify('account/rateLimits/updated', {})).toEqual([])
    expect(talk.notify('hook/started', {})).toEqual([])
    expect(talk.notify('quantum/updated', {})).toEqual(unknown)
    expect(talk.started({ type: 'quantumItem', id: 'q' })).toEqual(unknown)
    expect(talk.started({ type: 'agentMessage' })).toEqual(unknown)
    expect(talk.fold.received({ id: 12_345, result: {} }, 0)).toEqual(unknown)
    expect(talk.started({ type: 'userMessage', id: 'u', content: [{ type: 'text', text: '[nobody typed this]' }] })).toEqual(unknown)
  })
})
