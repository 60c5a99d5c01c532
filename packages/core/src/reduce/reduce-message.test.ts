import { describe, expect, test } from 'vitest'
import type { RawMessage } from '../index.ts'
import { reducedSession, sampleMessage } from '../../test/reduced-session.ts'

const raw = (type: RawMessage['type'], id: string, content: unknown = {}, fields: Partial<RawMessage> = {}): RawMessage => ({ id, type, content, timestamp: 7, ...fields })
const told = (...messages: RawMessage[]) => ({ type: 'message', messages }) as const

describe('a whole message', () => {
  test('keeps its id, time, parent and run', () => {
    const session = reducedSession()
    session.tell(told(raw('text', 'm', { text: 'Hi' }, { parentId: 'task' })))
    expect(session.messages).toStrictEqual([{ id: 'm', seqId: 1, role: 'assistant', content: 'Hi', parentId: 'task', run: 'r', timestamp: 7 }])
  })

  test('promise 1 seqIds rise by 1 within one event, and what shows nothing takes none', () => {
    const session = reducedSession({ lastSeqId: 4 })
    session.tell(told(raw('text', 'a'), raw('cost', 'b'), raw('text', 'c')))
    expect(session.messages.map(({ id, seqId }) => [id, seqId])).toEqual([['a', 5], ['c', 6]])
    expect(session.state.lastSeqId).toBe(6)
  })

  test.each(['text', 'thinking', 'user'] as const)('of the kind %s without a text is empty', (type) => {
    for (const content of [{}, null, 5, { text: 5 }, []]) {
      const session = reducedSession()
      session.tell(told(raw(type, 'm', content)))
      expect(session.find('m')?.content).toBe('')
    }
  })

  test('F20 under a known id is an update, where its kind can be updated', () => {
    const session = reducedSession()
    session.tell(told(raw('text', 'm', { text: 'one' })))
    session.tell(told(raw('text', 'm', { text: 'two' }, { timestamp: 99 })))
    expect(session.messages).toMatchObject([{ content: 'two', seqId: 1, timestamp: 7 }])
  })

  test.each([
    ['another kind', raw('text', 'm', { text: 'a' }), raw('thinking', 'm', { text: 'a' })],
    ['another error', raw('error', 'm', { message: 'a' }), raw('error', 'm', { message: 'b' })],
    ['another prompt', raw('user', 'm', { text: 'a' }), raw('user', 'm', { text: 'b' })],
  ])('F20 else the first wins, and it is reported: %s', (_, first, second) => {
    const session = reducedSession()
    session.tell(told(first))
    const before = session.messages
    expect(session.tell(told(second)).reports).toMatchObject([
      { code: 'message-conflict', message: 'A second message came under the id of another and was not taken: m.', detail: second },
    ])
    expect(session.messages).toBe(before)
  })

  test.each([raw('error', 'm', { message: 'a' }), raw('user', 'm', { text: 'a' }), raw('text', 'm', { text: 'a' }), raw('tool_call', 'm', { name: 'Read', input: { path: 'x' }, toolCallId: 'c' }), raw('tool_result', 'm', { output: 'x\n'.repeat(600), isError: true })])(
    'promise 2 told again word for word changes nothing: %j',
    (message) => {
      const session = reducedSession()
      session.tell(told(message))
      const before = session.messages
      expect(session.tell(told(message)).reports).toEqual([])
      expect(session.messages).toBe(before)
    },
  )

  test('B12 of a kind that is not known is reported, and shows nothing', () => {
    const session = reducedSession()
    const odd = raw('unknown', 'm', { any: 'thing' })
    expect(session.tell(told(odd)).reports).toEqual([
      { code: 'unknown-message', message: 'The agent sent a message of a kind that is not known; it is not shown.', detail: odd },
    ])
    expect(session.messages).toEqual([])
  })

  test('of the last run joins the transcript as it is', () => {
    const session = reducedSession({ live: false, status: 'done' })
    session.tell(told(raw('text', 'm', { text: 'late' })))
    expect(session.messages).toStrictEqual([{ id: 'm', seqId: 1, role: 'assistant', content: 'late', run: 'r', timestamp: 7 }])
  })

  test('that is no init says nothing of the session, whatever it holds', () => {
    const session = reducedSession({ model: 'opus' })
    session.tell(told(raw('text', 'm', { text: 'x', model: 'other', sessionId: 'other' })))
    expect(session.state.model).toBe('opus')
    expect(session.state).not.toHaveProperty('agentSessionId')
  })

  test('ends the message that streamed under its id', () => {
    const session = reducedSession()
    session.tell({ type: 'delta', id: 'm', kind: 'text', text: 'Hel' })
    session.tell(told(raw('text', 'm', { text: 'Hello' })))
    expect(session.messages).toStrictEqual([{ id: 'm', seqId: 1, role: 'assistant', content: 'Hello', run: 'r', timestamp: 1_000 }])
  })

  test('B12 shows an init with its model, and the session takes model and agent\'s id from it', () => {
    const session = reducedSession()
    session.tell(told(raw('init', 'i', { model: 'opus', sessionId: 'x' })))
    expect(session.find('i')).toMatchObject({ role: 'system', content: 'Session initialized (opus)' })
    expect(session.state).toMatchObject({ model: 'opus', agentSessionId: 'x' })
  })

  test('an init that names nothing leaves what is known', () => {
    const session = reducedSession({ model: 'opus', agentSessionId: 'x' })
    session.tell(told(raw('init', 'i', { model: '', sessionId: '' })))
    expect(session.find('i')?.content).toBe('Session initialized')
    expect(session.state).toMatchObject({ model: 'opus', agentSessionId: 'x' })
  })

  test.each([[{ message: 'bad' }, 'bad'], [{}, 'Unknown error'], [{ message: '' }, 'Unknown error'], [null, 'Unknown error']])('B12 T19 shows an error: %j', (content, why) => {
    const session = reducedSession()
    session.tell(told(raw('error', 'e', content)))
    expect(session.find('e')).toMatchObject({ role: 'system', content: `Error: ${why}`, isError: true })
    expect(session.state.error).toBe(why)
  })

  test('a late error or init shows in the tail, and says nothing of the session', () => {
    const session = reducedSession({ live: false, status: 'done' })
    session.tell(told(raw('error', 'e', { message: 'late' }), raw('init', 'i', { model: 'late' })))
    expect(session.messages).toHaveLength(2)
    expect(session.state.error).toBeUndefined()
    expect(session.state.model).toBe('')
  })

  test('the person\'s own prompt, told back by the agent, is there already', () => {
    const session = reducedSession({}, [sampleMessage('p', 1, { role: 'user', content: 'Hello', delivery: 'sent' })])
    session.tell(told(raw('user', 'echo', { text: 'Hello', messageId: 'p' })))
    expect(session.messages).toHaveLength(1)
    session.tell(told(raw('text', 'answer', { text: 'Hello', messageId: 'p' })))
    expect(session.find('answer')).toMatchObject({ role: 'assistant', content: 'Hello' })
    session.tell(told(raw('user', 'other', { text: 'Hello', messageId: 'elsewhere' })))
    expect(session.find('other')).toMatchObject({ role: 'user', content: 'Hello', delivery: 'sent' })
  })
})

describe('a tool call', () => {
  const call = raw('tool_call', 'call', { name: 'Bash', input: { command: 'ls' }, toolCallId: 'c' })
  const result = (content: object = {}) => raw('tool_result', 'result', { output: 'x', toolCallId: 'c', ...content })

  test('shows its name, its arguments and what it is about, and runs', () => {
    const session = reducedSession()
    session.tell(told(call))
    expect(session.find('call')).toStrictEqual({
      id: 'call', seqId: 1, role: 'tool-call', toolName: 'Bash', content: 'ls', toolInput: '{"command":"ls"}', toolPath: 'ls', toolCallId: 'c', toolState: 'running', run: 'r', timestamp: 7,
    })
  })

  test('B14 without a name is a Tool, without input has none', () => {
    const session = reducedSession()
    session.tell(told(raw('tool_call', 'a', {}), raw('tool_call', 'b', { name: '' })))
    for (const id of ['a', 'b']) {
      expect(session.find(id)).toMatchObject({ toolName: 'Tool', content: '' })
      for (const field of ['toolInput', 'toolPath', 'toolCallId']) expect(session.find(id)).not.toHaveProperty(field)
    }
  })

  test('is done when its result comes, which takes its name', () => {
    const session = reducedSession()
    session.tell(told(call, result()))
    expect(session.find('call')?.toolState).toBe('done')
    expect(session.find('result')).toMatchObject({ role: 'tool-result', content: 'x', toolCallId: 'c', toolName: 'Bash' })
    expect(session.find('result')).not.toHaveProperty('isError')
  })

  test('has failed when its result is an error', () => {
    const session = reducedSession()
    session.tell(told(call))
    session.tell(told(result({ isError: true })))
    expect(session.find('call')?.toolState).toBe('failed')
    expect(session.find('result')?.isError).toBe(true)
  })

  test.each(['yes', 1, null, 'true'])('has not failed by an isError that is no true: %j', (isError) => {
    const session = reducedSession()
    session.tell(told(call, result({ isError })))
    expect(session.find('call')?.toolState).toBe('done')
  })

  test('told again keeps how it went', () => {
    const session = reducedSession()
    session.tell(told(call, result()))
    session.tell(told({ ...call, content: { name: 'Bash', input: { command: 'ls -l' }, toolCallId: 'c' } }))
    expect(session.find('call')).toMatchObject({ toolState: 'done', content: 'ls -l' })
  })

  test('told again with the id that its result goes by, learns it', () => {
    const session = reducedSession()
    session.tell(told(raw('tool_call', 'call', { name: 'Read' })))
    session.tell(told(raw('tool_call', 'call', { name: 'Read', toolCallId: 'c' })))
    session.tell(told(result()))
    expect(session.find('call')).toMatchObject({ toolCallId: 'c', toolState: 'done' })
  })

  test('B15 an output told again that is longer where it is cut says its new size', () => {
    const session = reducedSession({}, [], { toolOutputLines: 2 })
    session.tell(told(result({ output: 'a\nb\nc' })))
    session.tell(told(result({ output: 'a\nb\ncc' })))
    expect(session.find('result')).toMatchObject({ content: 'a\nb\n... (1 more lines)', truncated: { characters: 6, lines: 3 } })
  })

  test('goes with the last word of its result', () => {
    const session = reducedSession()
    session.tell(told(call, result()))
    session.tell(told(result({ isError: true })))
    expect(session.find('call')?.toolState).toBe('failed')
  })

  test('a result without a call stands by itself', () => {
    const session = reducedSession()
    session.tell(told(raw('tool_result', 'r', { output: { a: 1 } })))
    expect(session.find('r')).toStrictEqual({ id: 'r', seqId: 1, role: 'tool-result', content: '{"a":1}', run: 'r', timestamp: 7 })
  })

  test('that comes after its run shows as cancelled: nothing will end it', () => {
    const session = reducedSession({ live: false, status: 'done' })
    session.tell(told(call))
    expect(session.find('call')?.toolState).toBe('cancelled')
  })

  test('of an ended run may get its result while another run is under way', () => {
    const session = reducedSession({}, [sampleMessage('call', 1, { role: 'tool-call', toolCallId: 'c', toolName: 'Bash', toolState: 'cancelled', run: 'old' })])
    session.tell({ ...told(result()), run: 'old' })
    session.tell({ ...told(raw('tool_result', 'stray', { output: 'x', toolCallId: 'nobody' })), run: 'old' })
    session.tell({ ...told({ ...call, id: 'again' }), run: 'old' })
    session.tell({ ...told(raw('text', 'new', { text: 'x' })), run: 'old' })
    expect(session.find('again')).toBeUndefined()
    expect(session.find('result')).toMatchObject({ run: 'old' })
    expect(session.find('call')?.toolState).toBe('done')
    expect(session.find('stray')).toBeUndefined()
    expect(session.find('new')).toBeUndefined()
  })

  test('B15 a whole output ends the one that streamed, cut or not', () => {
    const session = reducedSession({}, [], { toolOutputCharacters: 100 })
    for (let at = 0; at < 30; at += 1) session.tell({ type: 'delta', id: 'result', kind: 'tool_result', text: '0123456789', toolCallId: 'c' })
    expect(session.find('result')).toHaveProperty('truncated')
    session.tell(told(result({ output: 'short' })))
    expect(session.find('result')).toMatchObject({ content: 'short' })
    expect(session.find('result')).not.toHaveProperty('truncated')
    expect(session.find('result')).not.toHaveProperty('streaming')
  })
})

describe('a retraction', () => {
  test('promise 1 leaves a hole: its seqId is never given again', () => {
    const session = reducedSession()
    session.tell(told(raw('text', 'a'), raw('text', 'b'), raw('text', 'c')))
    session.tell({ type: 'retract', ids: ['b', 'c', 'unknown'] })
    session.tell(told(raw('text', 'd')))
    expect(session.messages.map(({ id, seqId }) => [id, seqId])).toEqual([['a', 1], ['d', 4]])
  })

  test('of what is not there changes nothing', () => {
    const session = reducedSession()
    expect(session.tell({ type: 'retract', ids: ['x'] }).changes).toEqual([])
    expect(session.tell({ type: 'retract', ids: [] }).changes).toEqual([])
  })
})

describe('the end of a message', () => {
  test('ends one that streams, cut where it says so, and no other', () => {
    const session = reducedSession()
    for (const id of ['a', 'b']) session.tell({ type: 'delta', id, kind: 'text', text: 'x' })
    session.tell({ type: 'message-end', id: 'a' })
    session.tell({ type: 'message-end', id: 'b', cut: true })
    const ended = { role: 'assistant', content: 'x', run: 'r', timestamp: 1_000 }
    expect(session.messages).toStrictEqual([{ ...ended, id: 'a', seqId: 1 }, { ...ended, id: 'b', seqId: 2, cut: true }])
    expect(session.tell({ type: 'message-end', id: 'a', cut: true }).changes).toEqual([])
    expect(session.tell({ type: 'message-end', id: 'unknown' }).changes).toEqual([])
  })
})
