import { describe, expect, test } from 'vitest'
import { reducedSession, sampleMessage } from '../../test/reduced-session.ts'

/** A tool whose output has begun to come, and a text that has, both at 0; what comes now comes at 1,000. */
const underWay = () =>
  reducedSession({}, [
    sampleMessage('call', 1, { role: 'tool-call', toolCallId: 'c', toolState: 'running' }),
    sampleMessage('out', 2, { role: 'tool-result', toolCallId: 'c', content: 'a', streaming: true }),
    sampleMessage('text', 3, { content: 'b', streaming: true }),
  ])

const times = ({ messages }: ReturnType<typeof underWay>): readonly number[] => messages.map(({ timestamp }) => timestamp)

describe('the time of a tool\'s result', () => {
  test('is when its stream ended; a text keeps when it began', () => {
    const session = underWay()
    session.tell({ type: 'message-end', id: 'out' })
    session.tell({ type: 'message-end', id: 'text' })
    expect(times(session)).toEqual([0, 1_000, 0])
  })

  test('is when the whole of it was told, once', () => {
    const session = underWay()
    const result = { id: 'out', type: 'tool_result', content: { output: 'ab', toolCallId: 'c' } } as const
    session.tell({ type: 'message', messages: [{ ...result, timestamp: 700 }] })
    session.tell({ type: 'message', messages: [{ ...result, timestamp: 900 }] })
    expect(times(session)).toEqual([0, 700, 0])
  })

  test('is when its run was stopped; of one that was lost nobody knows', () => {
    const stopped = underWay()
    stopped.act({ type: 'run-ended', status: 'done', reason: 'stopped' })
    expect(times(stopped)).toEqual([0, 1_000, 0])
    const lost = underWay()
    lost.act({ type: 'run-ended', status: 'idle', reason: 'interrupted' })
    expect(times(lost)).toEqual([0, 0, 0])
  })
})
