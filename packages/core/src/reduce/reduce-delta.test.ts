import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { reducedSession, sampleMessage } from '../../test/reduced-session.ts'

const text = (id: string, words: string, offset?: number) => ({ type: 'delta', id, kind: 'text', text: words, ...(offset !== undefined && { offset }) }) as const
const output = (words: string, offset?: number) => ({ type: 'delta', id: 'o', kind: 'tool_result', text: words, toolCallId: 'c', ...(offset !== undefined && { offset }) }) as const

describe('a delta', () => {
  test('makes a message of its kind that is still coming', () => {
    const session = reducedSession()
    session.tell({ ...text('m', 'Hel'), parentId: 'task' })
    session.tell({ type: 'delta', id: 't', kind: 'thinking', text: 'hm' })
    session.tell({ type: 'delta', id: 'o', kind: 'tool_result', text: 'out', toolCallId: 'c' })
    expect(session.messages).toStrictEqual([
      { id: 'm', seqId: 1, role: 'assistant', content: 'Hel', streaming: true, parentId: 'task', run: 'r', timestamp: 1_000 },
      { id: 't', seqId: 2, role: 'thinking', content: 'hm', streaming: true, run: 'r', timestamp: 1_000 },
      { id: 'o', seqId: 3, role: 'tool-result', content: 'out', streaming: true, toolCallId: 'c', run: 'r', timestamp: 1_000 },
    ])
    expect(session.state.updatedAt).toBe(1_000)
  })

  test('of no run makes a message of none', () => {
    const session = reducedSession()
    session.act({ type: 'fields', patch: { run: undefined } })
    session.tell(text('m', 'Hel'))
    expect(session.messages).toStrictEqual([{ id: 'm', seqId: 1, role: 'assistant', content: 'Hel', streaming: true, timestamp: 1_000 }])
  })

  test('of a tool output that names no call takes no other\'s name', () => {
    const session = reducedSession({}, [sampleMessage('call', 1, { role: 'tool-call', toolCallId: 'c', toolName: 'Bash', toolState: 'running' })])
    session.tell({ type: 'delta', id: 'o', kind: 'tool_result', text: 'x' })
    expect(session.find('o')).toStrictEqual({ id: 'o', seqId: 2, role: 'tool-result', content: 'x', streaming: true, run: 'r', timestamp: 1_000 })
  })

  test('B15 of words is never cut, however many come at once', () => {
    const session = reducedSession({}, [], { toolOutputCharacters: 100 })
    session.tell(text('m', 'x'.repeat(1_000)))
    session.tell(text('m', 'y'.repeat(1_000)))
    expect(session.find('m')).toMatchObject({ content: 'x'.repeat(1_000) + 'y'.repeat(1_000) })
    expect(session.find('m')).not.toHaveProperty('truncated')
  })

  test('extends the message it is of, and nothing else', () => {
    const session = reducedSession()
    session.tell(text('m', 'Hel'))
    expect(session.tell(text('m', 'lo')).changes).toEqual([{ type: 'message-extended', id: 'm', offset: 3, text: 'lo' }])
    expect(session.find('m')?.content).toBe('Hello')
  })

  test('of a tool output knows the name of its call', () => {
    const session = reducedSession({}, [sampleMessage('call', 1, { role: 'tool-call', toolCallId: 'c', toolName: 'Bash', toolState: 'running' })])
    session.tell({ type: 'delta', id: 'o', kind: 'tool_result', text: 'x', toolCallId: 'c' })
    expect(session.find('o')?.toolName).toBe('Bash')
  })

  test('that says nothing changes nothing', () => {
    const session = reducedSession()
    session.tell(text('m', 'Hel'))
    expect(session.tell(text('m', '')).changes).toEqual([])
    expect(session.tell(text('m', 'Hel', 0)).changes).toEqual([])
  })

  test.each([
    ['told again', [text('m', 'ab', 0), text('m', 'ab', 0)], 'ab'],
    ['told again later', [text('m', 'ab', 0), text('m', 'cd', 2), text('m', 'ab', 0)], 'abcd'],
    ['that overlaps', [text('m', 'abc', 0), text('m', 'bcde', 1)], 'abcde'],
    ['at the end', [text('m', 'ab', 0), text('m', 'cd', 2)], 'abcd'],
  ])('promise 2 with an offset, %s, counts once', (_, deltas, content) => {
    const session = reducedSession()
    for (const delta of deltas) session.tell(delta)
    expect(session.find('m')?.content).toBe(content)
  })

  test('promise 13 before which a piece is missing is not taken, is reported, and the message never shows as whole', () => {
    const session = reducedSession()
    session.tell(text('m', 'ab', 0))
    const { reports } = session.tell(text('m', 'ef', 4))
    expect(reports).toMatchObject([{ code: 'sequence-gap', message: 'A piece of message m is missing before offset 4.', detail: { text: 'ef' } }])
    expect(session.find('m')?.content).toBe('ab')
    session.tell({ type: 'message-end', id: 'm' })
    expect(session.find('m')?.cut === true || session.state.continuity === 'gapped').toBe(true)
  })

  test('promise 13 whose message began before we heard of it is reported, and shown as a gap', () => {
    const session = reducedSession()
    const { reports } = session.tell(text('m', 'ef', 4))
    expect(reports).toMatchObject([{ code: 'sequence-gap', message: 'The beginning of message m is missing.', detail: { text: 'ef' } }])
    expect(session.messages).toEqual([])
    expect(session.state.continuity).toBe('gapped')
  })

  test('of another kind than its message is reported and not taken', () => {
    const session = reducedSession()
    session.tell(text('m', 'ab'))
    const { changes, reports } = session.tell({ type: 'delta', id: 'm', kind: 'thinking', text: 'x' })
    expect(changes).toEqual([])
    expect(reports).toMatchObject([{ code: 'message-conflict', message: 'A delta came for a message of another kind and was not taken: m.', detail: { kind: 'thinking' } }])
  })

  test('after the end of its message is not taken; without an offset it is reported', () => {
    const session = reducedSession()
    session.tell(text('m', 'ab', 0))
    session.tell({ type: 'message-end', id: 'm' })
    expect(session.tell(text('m', 'ab', 0))).toEqual({ changes: [], reports: [] })
    expect(session.tell(text('m', 'x')).reports).toMatchObject([{ code: 'message-conflict', message: 'A delta came for a message that had ended: m.', detail: { text: 'x' } }])
    expect(session.find('m')?.content).toBe('ab')
  })

  test('F21 goes on with a message that was cut', () => {
    const session = reducedSession({}, [sampleMessage('m', 1, { content: 'half', cut: true })])
    session.tell(text('m', 'half a', 0))
    expect(session.find('m')).toMatchObject({ content: 'half a', seqId: 1 })
    expect(session.messages).toHaveLength(1)
  })

  test('of the run that has ended makes a message that shows as cut, not as coming', () => {
    const session = reducedSession({ live: false, status: 'done' })
    session.tell(text('m', 'x'))
    expect(session.find('m')).toMatchObject({ cut: true })
    expect(session.find('m')).not.toHaveProperty('streaming')
  })

  test('of another run, while one is under way, makes no message but finishes its own', () => {
    const session = reducedSession({}, [sampleMessage('m', 1, { content: 'half', cut: true, run: 'old' })])
    session.tell({ ...text('n', 'x'), run: 'old' })
    session.tell({ ...text('m', ' a'), run: 'old' })
    expect(session.find('n')).toBeUndefined()
    expect(session.find('m')?.content).toBe('half a')
  })

  test('any way to cut, repeat and overlap the pieces of a text gives that text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }), fc.array(fc.tuple(fc.nat(60), fc.nat(20)), { maxLength: 6 }), (whole, extra) => {
        const session = reducedSession()
        let told = 0
        while (told < whole.length) {
          session.tell(text('m', whole.slice(told, told + 5), told))
          told = Math.min(whole.length, told + 5)
          for (const [from, length] of extra) {
            const at = Math.min(from, told)
            session.tell(text('m', whole.slice(at, Math.min(told, at + length)), at))
          }
        }
        expect(session.find('m')?.content).toBe(whole)
      }),
    )
  })
})

describe('B15 F28 a long output that streams', () => {
  const limits = { toolOutputCharacters: 100, toolOutputLines: 500 }

  test('keeps head and tail, with its size said, however long it grows', () => {
    const session = reducedSession({}, [], limits)
    let whole = ''
    for (let at = 0; at < 500; at += 1) {
      const piece = `line ${at}\n`
      session.tell(output(piece))
      whole += piece
      expect((session.find('o')?.content ?? '').length).toBeLessThanOrEqual(150 + 100)
    }
    const { content = '', truncated } = session.find('o') ?? {}
    expect(truncated).toEqual({ characters: whole.length, lines: 501 })
    expect(content.startsWith(whole.slice(0, 50))).toBe(true)
    expect(content.endsWith(whole.slice(-50))).toBe(true)
  })

  test('says its size and not that of what is kept', () => {
    const session = reducedSession({}, [], limits)
    for (let at = 0; at < 300; at += 1) session.tell(output('0123456789'))
    expect(session.find('o')?.truncated).toEqual({ characters: 3_000, lines: 1 })
    expect(session.find('o')?.content).toMatch(/^(0123456789){5}\n\.\.\. \([\d,]+ characters in all, the middle is left out\) \.\.\.\n/)
  })

  test('that comes in one piece is cut as well', () => {
    const session = reducedSession({}, [], limits)
    session.tell(output('x'.repeat(100_000)))
    expect((session.find('o')?.content ?? '').length).toBeLessThan(250)
    expect(session.find('o')?.truncated).toEqual({ characters: 100_000, lines: 1 })
  })

  test('promise 2 told again by its offsets counts once, also after it was cut', () => {
    const session = reducedSession({}, [], limits)
    for (let at = 0; at < 50; at += 1) {
      session.tell(output('0123456789', at * 10))
      session.tell(output('0123456789', at * 10))
    }
    expect(session.find('o')?.truncated).toEqual({ characters: 500, lines: 1 })
    expect(session.tell(output('0123456789', 490)).changes).toEqual([])
    expect(session.tell(output('x', 600)).reports).toMatchObject([{ code: 'sequence-gap' }])
  })

  test('within the limit is whole', () => {
    const session = reducedSession({}, [], limits)
    session.tell(output('x'.repeat(99)))
    session.tell(output('y'))
    expect(session.find('o')).toMatchObject({ content: `${'x'.repeat(99)}y` })
    expect(session.find('o')).not.toHaveProperty('truncated')
  })

  test('says its size also while the tail grows', () => {
    const session = reducedSession({}, [], { toolOutputCharacters: 1_000 })
    session.tell(output(`${'a\n'.repeat(800)}`))
    session.tell(output('b\nEND'))
    expect(session.find('o')?.truncated).toEqual({ characters: 1_605, lines: 802 })
    expect(session.find('o')?.content.endsWith('b\nEND')).toBe(true)
  })

  test('goes on after a cut without losing the end', () => {
    const session = reducedSession({}, [], limits)
    session.tell(output('a'.repeat(140)))
    session.tell(output('b'.repeat(20)))
    session.tell(output('END'))
    expect(session.find('o')?.content.endsWith('END')).toBe(true)
    expect(session.find('o')?.truncated?.characters).toBe(163)
  })
})
