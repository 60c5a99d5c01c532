import type { AgentSessionEvent } from '@agent-session/core'
import { playStream } from '@agent-session/core/conformance'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tooDeep } from '../../../test/transports/invented-stream.ts'
import { checkSpoiled } from '../../../test/transports/spoiled-lines.ts'
import { AcpFold } from '../src/index.ts'
import { agentSessionId, Conversation, messagesIn, outline, text } from './conversation.ts'
import { recorded } from './recorded-fold.ts'
import { foldLine, readStream, recordedStreams } from './recorded-stream.ts'

describe('chunks', () => {
  it('without ids are one message until anything else comes, and the next one has the next id', () => {
    const talk = new Conversation()
    const events = [...talk.say('one '), ...talk.say('two'), ...talk.tool('call-0123456789abcdef'), ...talk.say('three'), ...talk.end()]
    expect(outline(events)).toEqual([
      'text run-1/text-1 0 "one "',
      'text run-1/text-1 4 "two"',
      'end run-1/text-1',
      'tool_call call-0123456789abcdef',
      'text run-1/text-2 0 "three"',
      'end run-1/text-2',
      'status done completed',
    ])
  })

  it('are not torn apart by news of the session', () => {
    const talk = new Conversation()
    const events = [
      ...talk.say('one '),
      ...talk.update({ sessionUpdate: 'session_info_update', title: 'A title' }),
      ...talk.update({ sessionUpdate: 'usage_update', used: 1, size: 2 }),
      ...talk.say('two'),
    ]
    expect(outline(events)).toEqual(['text run-1/text-1 0 "one "', 'session', 'cost', 'text run-1/text-1 4 "two"'])
  })

  it('with an id go on after news of a tool that still runs', () => {
    const talk = new Conversation()
    const id = 'message-0123456789'
    talk.tool('call-0123456789abcdef', { status: 'in_progress' })
    const events = [...talk.say('one ', id), ...talk.toolUpdate('call-0123456789abcdef', { content: text('tick') }), ...talk.say('two', id)]
    expect(outline(events)).toEqual([`text ${id} 0 "one "`, 'tool_result call-0123456789abcdef/result 0 "tick"', `text ${id} 4 "two"`])
  })

  it('that go on after their message has ended are a further part of it', () => {
    const talk = new Conversation()
    const id = 'message-0123456789'
    const events = [...talk.say('one', id), ...talk.tool('call-0123456789abcdef'), ...talk.say('two', id)]
    expect(outline(events).at(-1)).toBe(`text ${id}/2 0 "two"`)
  })

  it('with ids that count from 1 again in each turn never meet those of another', () => {
    const talk = new Conversation()
    const first = [...talk.say('one', 'm1'), ...talk.tool('call_1'), ...talk.toolUpdate('call_1', { status: 'completed' }), ...talk.end()]
    const second = [...talk.begin('run-2'), ...talk.say('one', 'm1'), ...talk.tool('call_1'), ...talk.toolUpdate('call_1', { status: 'completed' })]
    const ids = (events: AgentSessionEvent[]): string[] => events.flatMap((event) => (event.type === 'delta' ? [event.id] : messagesIn([event]).map(({ id }) => id)))
    expect(ids(first)).toEqual(['run-1/m1', 'run-1/call_1', 'run-1/call_1/result'])
    expect(ids(second)).toEqual(['run-2/m1', 'run-2/call_1', 'run-2/call_1/result'])
  })

  it('of a sub-agent are a lane of their own under its call', () => {
    const talk = new Conversation()
    talk.tool('call_1')
    const under = { _meta: { claudeCode: { parentToolUseId: 'call_1' } } }
    const events = [...talk.say('above '), ...talk.say('below ', undefined, under), ...talk.say('above'), ...talk.say('below', undefined, under)]
    expect(events.map((event) => (event.type === 'delta' ? [event.text, event.offset, event.parentId] : event.type))).toEqual([
      ['above ', 0, undefined],
      ['below ', 0, 'run-1/call_1'],
      ['above', 6, undefined],
      ['below', 6, 'run-1/call_1'],
    ])
  })

  it('of our own prompt told back are not shown, others of a user are reported', () => {
    const talk = new Conversation()
    const chunk = (words: string) => ({ sessionUpdate: 'user_message_chunk', content: { type: 'text', text: words } })
    expect(talk.update(chunk('the prompt'))).toEqual([])
    expect(messagesIn(talk.update(chunk('[Request interrupted]')))).toEqual([expect.objectContaining({ type: 'unknown' })])
  })
})

describe('tool calls', () => {
  const id = 'call-0123456789abcdef'

  it('are told again when their arguments come later, and only when something is new', () => {
    const talk = new Conversation()
    talk.tool(id, { rawInput: {}, locations: [] })
    const fuller = talk.toolUpdate(id, { rawInput: { filePath: 'a.txt' }, locations: [{ path: '/project/a.txt' }] })
    expect(messagesIn(fuller)).toEqual([{ id, type: 'tool_call', timestamp: 0, content: { name: 'Read', toolCallId: id, input: { filePath: 'a.txt', file_path: '/project/a.txt' } } }])
    expect(talk.toolUpdate(id, { rawInput: { filePath: 'a.txt' } })).toEqual([])
  })

  it('stream what they print, once, and tell it whole at the end', () => {
    const talk = new Conversation()
    talk.tool(id, { kind: 'execute', status: 'in_progress' })
    const events = [
      ...talk.toolUpdate(id, { content: text('one\n') }),
      ...talk.toolUpdate(id, { content: text('one\ntwo\n') }),
      ...talk.toolUpdate(id, { content: text('one\ntwo\n') }),
      ...talk.toolUpdate(id, { content: text('(cleared)') }),
      ...talk.toolUpdate(id, { status: 'completed', content: text('one\ntwo\nthree\n') }),
      ...talk.toolUpdate(id, { status: 'completed', content: text('one\ntwo\nthree\n') }),
    ]
    expect(outline(events)).toEqual([`tool_result ${id}/result 0 "one\\n"`, `tool_result ${id}/result 4 "two\\n"`, `tool_result ${id}/result`])
    expect(messagesIn(events)[0]?.content).toEqual({ output: 'one\ntwo\nthree\n', toolCallId: id })
  })

  it('show no description as output, and no change that was refused', () => {
    const talk = new Conversation()
    talk.tool(id, { kind: 'edit', status: 'pending', content: [{ type: 'diff', path: 'a.txt', oldText: 'a', newText: 'b' }, ...text('Changes a.txt')] })
    expect(messagesIn(talk.toolUpdate(id, { status: 'failed', rawOutput: 'Refused' }))[0]?.content).toEqual({ output: 'Refused', toolCallId: id, isError: true })
  })

  it('are the same call when they are announced twice in a turn, another one in a later turn', () => {
    const talk = new Conversation()
    talk.tool(id)
    expect(talk.tool(id)).toEqual([])
    talk.toolUpdate(id, { status: 'completed' })
    talk.end()
    talk.begin('run-2')
    expect(messagesIn(talk.toolUpdate(id, { title: 'late' }))).toEqual([expect.objectContaining({ type: 'unknown' })])
    expect(outline(talk.tool(id))).toEqual([`tool_call run-2/${id}`])
  })

  it('that end after their turn end in the run that they began in', () => {
    const talk = new Conversation()
    talk.tool(id)
    talk.end()
    talk.begin('run-2')
    expect(talk.toolUpdate(id, { status: 'completed' })).toEqual([expect.objectContaining({ type: 'message', run: 'run-1' })])
  })
})

describe('questions', () => {
  it('for a call that was never announced announce it, with the arguments asked for', () => {
    const talk = new Conversation()
    const events = talk.question(0, { toolCallId: 'call_1', title: 'rm -rf', kind: 'execute', rawInput: { command: 'rm -rf build' } })
    expect(events).toEqual([
      { type: 'message', sessionId: 'session', run: 'run-1', messages: [{ id: 'run-1/call_1', type: 'tool_call', timestamp: 0, content: { name: 'Bash', input: { command: 'rm -rf build' }, toolCallId: 'run-1/call_1' } }] },
      {
        type: 'permission',
        sessionId: 'session',
        run: 'run-1',
        request: { id: 'run-1/permission-1', title: 'rm -rf', toolCallId: 'run-1/call_1', input: { command: 'rm -rf build' }, options: [{ id: 'yes', label: 'Yes', kind: 'allow_once' }] },
      },
    ])
  })

  it('have an id of their own for good, although the agent counts from 0 in each process', () => {
    const talk = new Conversation()
    talk.question(0, { toolCallId: 'call_1' })
    expect(talk.fold.questionId(0)).toBe('run-1/permission-1')
    talk.fold.lost({ reason: 'error', error: 'gone' }, 0)
    talk.begin('run-2')
    talk.question(0, { toolCallId: 'call_1' })
    expect(talk.fold.questionId(0)).toBe('run-2/permission-1')
  })

  it('leave out options of a kind that is not known, and are refused without any', () => {
    const talk = new Conversation()
    const odd = { optionId: 'odd', name: 'Odd', kind: 'allow_for_a_week' }
    const [, asked] = talk.question(0, { toolCallId: 'call_1' }, { options: [odd, { optionId: 'no', name: 'No', kind: 'reject_once' }] })
    expect(asked?.type === 'permission' && asked.request.options.map((option) => option.id)).toEqual(['no'])
    expect(messagesIn(talk.question(1, { toolCallId: 'call_2' }, { options: [odd] }))).toEqual([expect.objectContaining({ type: 'unknown' })])
    expect(talk.fold.questionId(1)).toBeUndefined()
  })

  it('expire when the agent is gone', () => {
    const talk = new Conversation()
    talk.question(0, { toolCallId: 'call_1' })
    expect(talk.fold.lost({ reason: 'error', error: 'It died' }, 0)).toEqual([
      expect.objectContaining({ type: 'permission-settled', outcome: 'expired' }),
      expect.objectContaining({ type: 'status', status: 'error', error: 'It died' }),
    ])
  })
})

describe('the end of a turn', () => {
  it.each(['max_tokens', 'max_turn_requests', 'refusal'])('%s is the reason', (stopReason) => {
    expect(outline(new Conversation().end({ result: { stopReason } }))).toEqual([`status done ${stopReason}`])
  })

  it('after a cancel is a stop, whatever the agent calls it', () => {
    for (const answer of [{ result: { stopReason: 'end_turn' } }, { result: { stopReason: 'cancelled' } }, { error: { code: 1, message: 'aborted' } }]) {
      const talk = new Conversation()
      talk.say('half a sen')
      talk.fold.sent({ method: 'session/cancel', params: { sessionId: agentSessionId } }, 0)
      expect(outline(talk.end(answer))).toEqual(['end run-1/text-1 cut', 'status done stopped'])
    }
  })

  it('by an error takes back an answer that was the error\'s own words, and no other', () => {
    const talk = new Conversation()
    talk.say('The server is overloaded')
    expect(outline(talk.end({ error: { code: -32603, message: 'Internal error: The server is overloaded' } })).slice(-2)).toEqual(['retract', 'status error The server is overloaded'])
    const other = new Conversation()
    other.say('The')
    expect(outline(other.end({ error: { code: -32603, message: 'The server is overloaded' } }))).toEqual(['end run-1/text-1 cut', 'status error The server is overloaded'])
  })

  it('told twice ends it once', () => {
    const talk = new Conversation()
    talk.end()
    expect(messagesIn(talk.end())).toEqual([expect.objectContaining({ type: 'unknown' })])
  })
})

describe('cost', () => {
  it('is the session\'s sum; after a new beginning it counts from there', () => {
    const talk = new Conversation()
    const spent = (amount: number) => talk.update({ sessionUpdate: 'usage_update', used: 10, size: 100, cost: { amount, currency: 'USD' } })
    expect(spent(0.5)[0]).toMatchObject({ type: 'cost', scope: 'session', costUsd: 0.5 })
    talk.end()
    talk.fold.restart()
    talk.ask('session/new', {}, { result: { sessionId: agentSessionId } })
    talk.begin('run-2')
    expect(spent(0.2)).toEqual([expect.objectContaining({ type: 'cost', scope: 'run', costUsd: 0.2 })])
    talk.end()
    talk.begin('run-3')
    expect(spent(0.3)).toEqual([expect.objectContaining({ scope: 'run', costUsd: expect.closeTo(0.1) })])
  })

  it('in another currency is not taken for dollars', () => {
    const events = new Conversation().update({ sessionUpdate: 'usage_update', used: 1, size: 2, cost: { amount: 9, currency: 'credits' } })
    expect(events).toEqual([{ type: 'cost', scope: 'session', contextUsed: 1, contextSize: 2, sessionId: 'session', run: 'run-1' }])
  })
})

describe('whatever comes', () => {
  const lines = recordedStreams.filter((name) => !name.endsWith('long-output')).flatMap((name) => readStream(name).slice(0, 40))

  it('any JSON at all makes no exception and no event that the store would refuse', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.record({ method: fc.constantFrom('session/update', 'session/request_permission'), params: fc.jsonValue() }), fc.jsonValue()), { maxLength: 20 }), async (values) => {
        const opening = readStream('acp-example/happy').slice(0, 6)
        const { reports } = await playStream(recorded([...opening, ...values.map((msg) => ({ dir: 'out', msg }))]))
        expect(reports.filter(({ code }) => code === 'invalid-event' || code === 'listener-threw')).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('recorded lines with pieces of them replaced make none either, and touch no prototype', async () => {
    await checkSpoiled(recorded(readStream('acp-example/happy').slice(0, 6)), lines)
  })

  it('costs the same however much came before', () => {
    const talk = new Conversation()
    for (let count = 0; count < 20_000; count += 1) talk.say(`${count} `, 'message-0123456789')
    const [last] = talk.say('last', 'message-0123456789')
    expect(last).toMatchObject({ type: 'delta', offset: expect.any(Number) })
    expect(JSON.stringify(last).length).toBeLessThan(200)
  })

  it('of any depth makes no exception', () => {
    const talk = new Conversation()
    for (const toolCallId of ['call-0123456789abcdef', 'call-0123456789abcdef']) expect(messagesIn(talk.tool(toolCallId, { rawInput: tooDeep })).length).toBeLessThan(2)
    expect(messagesIn(talk.toolUpdate('call-0123456789abcdef', { status: 'completed', rawOutput: tooDeep, content: tooDeep })).map(({ type }) => type)).toEqual(['tool_result'])
    talk.question(0, { toolCallId: 'call-0123456789abcdef', rawInput: tooDeep })
    talk.update({ sessionUpdate: 'config_option_update', configOptions: tooDeep })
    talk.update({ sessionUpdate: 'plan', entries: tooDeep })
    talk.update({ sessionUpdate: 'quantum_update', tooDeep })
    expect(talk.end({ result: tooDeep }).at(-1)).toMatchObject({ type: 'status' })
  })

  it('is the same for the same messages', () => {
    for (const name of ['acp-claude/subagent', 'acp-codex/happy', 'acp-opencode/slow-tool']) {
      const events = (): unknown => {
        const fold = new AcpFold('session')
        return readStream(name).map((line) => foldLine(fold, line, 'run'))
      }
      expect(events()).toEqual(events())
    }
  })
})
