import type { SessionMessage } from '@agent-session/core'
import { expect, test } from 'vitest'
import { countRows, messageRows, type MessageRow } from './message-rows.ts'

const message = (id: string, role: SessionMessage['role'], of: Pick<SessionMessage, 'toolCallId' | 'parentId'> = {}): SessionMessage => ({
  id,
  role,
  seqId: 1,
  content: '',
  timestamp: 0,
  ...of,
})

const prompt = message('prompt', 'user')
const call = message('call', 'tool-call', { toolCallId: 'c1' })
const other = message('other', 'tool-call', { toolCallId: 'c2' })
const result = message('result', 'tool-result', { toolCallId: 'c1' })

/** A row in short: its id, its result after a colon, what is under it in brackets. */
const inShort = ({ id, resultId, children }: MessageRow): string =>
  `${id}${resultId === undefined ? '' : `:${resultId}`}${children.length === 0 ? '' : `[${children.map(inShort).join(' ')}]`}`

test('a result stands with its call, and one whose call is not there stands alone', () => {
  const rows = messageRows()([prompt, call, other, result, message('stray', 'tool-result', { toolCallId: 'c9' })])
  expect(rows.map(inShort)).toEqual(['prompt', 'call:result', 'other', 'stray'])
})

test('a row that stays as it was is the same object', () => {
  const rows = messageRows()
  const before = rows([prompt, call, other])
  const after = rows([prompt, call, other, result])
  expect(after[0]).toBe(before[0])
  expect(after[1]).not.toBe(before[1])
  expect(after[2]).toBe(before[2])
})

test("a sub-agent's messages are under its call, and those of its own sub-agent under that", () => {
  const rows = messageRows()
  const messages = [
    call,
    message('said', 'assistant', { parentId: 'c1' }),
    message('inner', 'tool-call', { parentId: 'c1', toolCallId: 'c3' }),
    prompt,
    message('deep', 'assistant', { parentId: 'c3' }),
    message('inner-result', 'tool-result', { parentId: 'c1', toolCallId: 'c3' }),
    result,
    message('orphan', 'assistant', { parentId: 'gone' }),
  ]
  const made = rows(messages)
  expect(made.map(inShort)).toEqual(['call:result[said inner:inner-result[deep]]', 'prompt', 'orphan'])
  expect(countRows(made)).toBe(6)
  expect(rows([...messages])[0]).toBe(made[0])
  // One more below changes what is above it, and nothing beside it.
  const more = rows([...messages, message('later', 'assistant', { parentId: 'c3' })])
  expect(more[0]).not.toBe(made[0])
  expect(more[0]?.children[0]).toBe(made[0]?.children[0])
  expect(more[1]).toBe(made[1])
})
