import type { SessionMessage } from '@agent-session/core'
import { expect, test } from 'vitest'
import { messageRows } from './message-rows.ts'

const message = (id: string, role: SessionMessage['role'], toolCallId?: string): SessionMessage => ({
  id,
  role,
  seqId: 1,
  content: '',
  timestamp: 0,
  ...(toolCallId !== undefined && { toolCallId }),
})

const all = [
  message('prompt', 'user'),
  message('call', 'tool-call', 'c1'),
  message('other', 'tool-call', 'c2'),
  message('result', 'tool-result', 'c1'),
  message('stray', 'tool-result', 'c9'),
]
const find = (id: string): SessionMessage | undefined => all.find((known) => known.id === id)

test("a result stands with its call, and one whose call is not there stands alone", () => {
  expect(messageRows()(all.map(({ id }) => id), find)).toEqual([
    { id: 'prompt', resultId: undefined },
    { id: 'call', resultId: 'result' },
    { id: 'other', resultId: undefined },
    { id: 'stray', resultId: undefined },
  ])
})

test('a row that stays as it was is the same object', () => {
  const rows = messageRows()
  const before = rows(['prompt', 'call', 'other'], find)
  const after = rows(['prompt', 'call', 'other', 'result'], find)
  expect(after[0]).toBe(before[0])
  expect(after[1]).not.toBe(before[1])
  expect(after[2]).toBe(before[2])
})
