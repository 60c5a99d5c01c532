import { describe, expect, test } from 'vitest'
import type { RawMessage, SessionMessage } from '../index.ts'
import { reducedSession, sampleMessage } from '../../test/reduced-session.ts'

type Line = readonly [kind: 'user' | 'text' | 'thinking', text: string]

const roles = { user: 'user', text: 'assistant', thinking: 'thinking' } as const
const ours = (lines: readonly Line[], last: Partial<SessionMessage> = {}): SessionMessage[] =>
  lines.map(([kind, content], index) => sampleMessage(`our-${index}`, index + 1, { role: roles[kind], content, ...(index === lines.length - 1 && last) }))
const theirs = (lines: readonly Line[]): RawMessage[] => lines.map(([type, text], index) => ({ id: `their-${index}`, type, content: { text }, timestamp: 1 }))

/** What there is after a replay of `lines` to a session that is over and holds `held`. */
function replayed(held: readonly Line[], lines: readonly Line[], last: Partial<SessionMessage> = {}) {
  const session = reducedSession({ live: false, status: 'idle' }, ours(held, last))
  const replay = { type: 'history', messages: theirs(lines), complete: true } as const
  session.tell(replay)
  return { session, replay, texts: () => session.messages.map(({ content }) => content) }
}

const turn = (n: number): Line[] => [['user', `question ${n}`], ['text', `answer ${n}`]]

describe('a replay', () => {
  test('of what is there adds nothing', () => {
    const { session, texts } = replayed([...turn(1), ...turn(2)], [...turn(1), ...turn(2)])
    expect(texts()).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2'])
    expect(session.state.continuity).toBeUndefined()
  })

  test('adds what came at its end, in its order', () => {
    const { session, texts } = replayed(turn(1), [...turn(1), ...turn(2), ...turn(3)])
    expect(texts()).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2', 'question 3', 'answer 3'])
    expect(session.messages.map(({ seqId }) => seqId)).toEqual([1, 2, 3, 4, 5, 6])
    expect(session.state.continuity).toBeUndefined()
  })

  test('promise 2 told twice counts once', () => {
    const { session, replay, texts } = replayed(turn(1), [...turn(1), ...turn(2)])
    session.tell(replay)
    expect(texts()).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2'])
  })

  test('is all there is where nothing was', () => {
    const { session, texts } = replayed([], turn(1))
    expect(texts()).toEqual(['question 1', 'answer 1'])
    expect(session.state.continuity).toBeUndefined()
  })

  test('is all there is where nothing was, however long it is', () => {
    const lines = Array.from({ length: 1_001 }, (_, at): Line => ['text', `answer ${at}`])
    expect(replayed([], lines).texts()).toEqual(lines.map(([, text]) => text))
  })

  test('nothing twice: of a conversation whose beginning is not here is laid beside its latest fit', () => {
    const session = reducedSession({ live: false }, [sampleMessage('a', 11, { role: 'user', content: 'go on' }), sampleMessage('b', 12, { content: 'ok' })])
    session.tell({ type: 'history', messages: theirs([['user', 'go on'], ['text', 'ok'], ['user', 'go on'], ['text', 'ok'], ['text', 'new']]), complete: true })
    expect(session.messages.map(({ content }) => content)).toEqual(['go on', 'ok', 'new'])
  })

  test('takes an id for more than words that repeat', () => {
    const session = reducedSession({ live: false }, [sampleMessage('ours', 1, { content: 'ok' }), sampleMessage('their-0', 2, { content: 'ok' })])
    session.tell({ type: 'history', messages: theirs([['text', 'ok'], ['text', 'ok']]), complete: true })
    expect(session.messages.map(({ id }) => id)).toEqual(['ours', 'their-0', 'their-1'])
  })

  test('does not take another call of the same kind for ours', () => {
    const call = (id: string, toolCallId?: string): RawMessage => ({ id, type: 'tool_call', content: { name: 'Bash', ...(toolCallId && { toolCallId }) }, timestamp: 1 })
    const session = reducedSession({ live: false }, [sampleMessage('q', 1, { content: 'q' }), sampleMessage('a', 2, { role: 'tool-call', toolCallId: 'c', toolState: 'done' })])
    session.tell({ type: 'history', messages: [...theirs([['text', 'q']]), call('x', 'c'), call('y', 'd'), call('z')], complete: true })
    expect(session.messages.map(({ id }) => id)).toEqual(['q', 'a', 'y', 'z'])
  })

  test('that is empty adds nothing and is no gap', () => {
    const { session, texts } = replayed(turn(1), [])
    expect(texts()).toEqual(['question 1', 'answer 1'])
    expect(session.state.continuity).toBeUndefined()
  })

  test.each([
    ['See\n[image]', true],
    ['See', true],
    ['Seen', false],
    ['[image]', false],
  ])('of a prompt with an image knows it by its words: %s', (told, same) => {
    const prompt = [{ type: 'text', text: 'See' }, { type: 'image', mimeType: 'image/png', data: 'AAAA', name: 'a.png' }] as const
    const { session } = replayed([['user', 'See\n[image: a.png]']], [['user', told], ['text', 'A cat.']], { prompt })
    expect(session.messages.some(({ content }) => content === told)).toBe(!same)
    expect(session.messages[0]).toMatchObject({ prompt })
  })

  test('is aligned by id first', () => {
    const session = reducedSession({ live: false }, [sampleMessage('their-0', 1, { role: 'user', content: 'as we wrote it' })])
    session.tell({ type: 'history', messages: theirs([['user', 'as they tell it'], ['text', 'new']]), complete: true })
    expect(session.messages.map(({ content }) => content)).toEqual(['as we wrote it', 'new'])
  })

  test('passes over lines of ours that no agent remembers', () => {
    const session = reducedSession({ live: false }, [...ours(turn(1)), sampleMessage('e', 3, { role: 'system', content: 'Error: x' })])
    session.tell({ type: 'history', messages: theirs([...turn(1), ...turn(2)]), complete: true })
    expect(session.messages.map(({ content }) => content)).toEqual(['question 1', 'answer 1', 'Error: x', 'question 2', 'answer 2'])
  })

  test('F21 goes on with the message in whose middle we stopped hearing', () => {
    for (const open of [{ cut: true }, { streaming: true }] as const) {
      const { session, texts } = replayed([['user', 'q'], ['text', 'half']], [['user', 'q'], ['text', 'half a sentence'], ['text', 'more']], open)
      expect(texts()).toEqual(['q', 'half a sentence', 'more'])
      expect(session.messages[1]).not.toHaveProperty('cut')
      expect(session.messages[1]).not.toHaveProperty('streaming')
      expect(session.messages[1]?.id).toBe('our-1')
    }
  })

  test('F21 does not go on with the message in whose middle we stopped hearing by other words', () => {
    const { texts } = replayed([['user', 'q'], ['text', 'half']], [['user', 'q'], ['text', 'other words']], { cut: true })
    expect(texts()).toEqual(['q', 'half', 'other words'])
  })

  test('knows our thinking where it has it too', () => {
    const lines: Line[] = [['user', 'q'], ['thinking', 'hm'], ['text', 'a']]
    expect(replayed(lines, lines).texts()).toEqual(['q', 'hm', 'a'])
    expect(replayed(lines.slice(0, 2), lines.slice(0, 2)).texts()).toEqual(['q', 'hm'])
  })

  test('does not take the same words of somebody else for ours', () => {
    const { texts } = replayed([['user', 'q'], ['text', 'ok']], [['user', 'q'], ['text', 'ok'], ['user', 'ok']])
    expect(texts()).toEqual(['q', 'ok', 'ok'])
    expect(replayed([['text', 'ok']], [['user', 'ok']]).texts()).toEqual(['ok', 'ok'])
  })

  test('beside nothing but lines of our own is no gap', () => {
    const session = reducedSession({ live: false }, [sampleMessage('e', 1, { role: 'system', content: 'Error: x' })])
    session.tell({ type: 'history', messages: theirs(turn(1)), complete: true })
    expect(session.state.continuity).toBeUndefined()
    expect(session.messages).toHaveLength(3)
  })

  test('a message that was whole does not grow', () => {
    const { texts } = replayed([['user', 'q'], ['text', 'half']], [['user', 'q'], ['text', 'half a sentence']])
    expect(texts()).toEqual(['q', 'half', 'half a sentence'])
  })

  test('tool calls and results are known by their call', () => {
    const call = { id: 'x', type: 'tool_call', content: { name: 'Bash', input: { command: 'ls' }, toolCallId: 'c' }, timestamp: 1 } as const
    const result = { id: 'y', type: 'tool_result', content: { output: 'other words', toolCallId: 'c' }, timestamp: 1 } as const
    const session = reducedSession({ live: false }, [
      sampleMessage('a', 1, { role: 'tool-call', toolCallId: 'c', toolState: 'done' }),
      sampleMessage('b', 2, { role: 'tool-result', toolCallId: 'c' }),
    ])
    session.tell({ type: 'history', messages: [call, result, ...theirs([['text', 'new']])], complete: true })
    expect(session.messages.map(({ id }) => id)).toEqual(['a', 'b', 'their-0'])
  })

  test('that has nothing in common shows as a gap', () => {
    const { session, texts } = replayed(turn(1), turn(2))
    expect(session.state.continuity).toBe('gapped')
    expect(texts()).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2'])
  })

  test('nothing twice: that ends before our transcript does adds nothing', () => {
    const { texts } = replayed([...turn(1), ['user', 'question 2'], ['text', 'half an ans']], [...turn(1), ['user', 'question 2']], { cut: true })
    expect(texts()).toEqual(['question 1', 'answer 1', 'question 2', 'half an ans'])
  })

  test('nothing missing: of a conversation that repeats itself is aligned by position', () => {
    const { texts } = replayed([['user', 'go on'], ['text', 'ok']], [['user', 'go on'], ['text', 'ok'], ['user', 'go on'], ['text', 'ok']])
    expect(texts()).toEqual(['go on', 'ok', 'go on', 'ok'])
  })

  test('that leaves out our thinking is aligned all the same', () => {
    const { session, texts } = replayed([['user', 'q'], ['thinking', 'hm'], ['text', 'a'], ['thinking', 'done']], [['user', 'q'], ['text', 'a'], ...turn(2)])
    expect(texts()).toEqual(['q', 'hm', 'a', 'done', 'question 2', 'answer 2'])
    expect(session.state.continuity).toBeUndefined()
  })

  test('of a long conversation needs only its end', () => {
    const held = [...turn(4), ...turn(5), ...turn(6)]
    const all = [1, 2, 3, 4, 5, 6, 7].flatMap(turn)
    const { texts } = replayed(held, all)
    expect(texts()).toEqual([...held, ...turn(7)].map(([, text]) => text))
  })

  test('that comes while a run is under way is laid before what that run has said', () => {
    const session = reducedSession({ run: 'now' }, [...ours(turn(1)), sampleMessage('p', 3, { role: 'user', content: 'question 3', run: 'now' })])
    session.tell({ type: 'history', messages: theirs([...turn(1), ...turn(2)]), complete: true })
    expect(session.messages.map(({ content }) => content)).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2', 'question 3'])
    // The prompt took a place of its own again: one that was given out is never given twice.
    expect(session.messages.map(({ seqId }) => seqId)).toEqual([1, 2, 4, 5, 6])
    expect(session.find('p')).toMatchObject({ role: 'user', run: 'now' })
    expect(session.state.continuity).toBeUndefined()
    session.tell({ type: 'history', messages: theirs([...turn(1), ...turn(2)]), complete: true })
    expect(session.messages.map(({ seqId }) => seqId)).toEqual([1, 2, 4, 5, 6])
  })

  test('that comes while a run is under way does not take its prompt for an older one of the same words', () => {
    const session = reducedSession({ run: 'now' }, [...ours(turn(1), { run: 'old' }), sampleMessage('p', 3, { role: 'user', content: 'question 2', run: 'now' })])
    session.tell({ type: 'history', messages: theirs([...turn(1), ...turn(2)]), complete: true })
    expect(session.messages.map(({ content }) => content)).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2', 'question 2'])
    expect(session.state.continuity).toBeUndefined()
  })

  test('that comes after a run has what that run said', () => {
    const session = reducedSession({ live: false, run: 'r' }, ours(turn(1)).map((message) => ({ ...message, run: 'r' })))
    session.tell({ type: 'history', messages: theirs([...turn(1), ...turn(2)]), complete: true })
    expect(session.messages.map(({ content }) => content)).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2'])
    expect(session.messages.at(-1)).toStrictEqual({ id: 'their-3', seqId: 4, role: 'assistant', content: 'answer 2', timestamp: 1 })
    expect(session.state.continuity).toBeUndefined()
  })

  test('brings nothing to life: its calls are over, and no run begins', () => {
    const session = reducedSession({ live: false, status: 'idle' })
    session.tell({ type: 'history', messages: [{ id: 'c', type: 'tool_call', content: { name: 'Bash', toolCallId: 'c' }, timestamp: 1 }], complete: true })
    expect(session.find('c')?.toolState).toBe('cancelled')
    expect(session.state).toMatchObject({ live: false, status: 'idle' })
  })
})
