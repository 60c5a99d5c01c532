import { expect, test } from 'vitest'
import { plainData } from './plain-data.ts'
import { outputText } from './reduce/tool-text.ts'

/** Names itself twice, so that following it would never end. */
function cyclic(): Record<string, unknown> {
  const inner: Record<string, unknown> = { name: 'inner' }
  const outer = { inner, again: inner, count: 1n }
  return Object.assign(inner, { outer, list: [outer, inner, 5] }) && outer
}

test('FAULTS 2 data that holds itself ends where it begins again', () => {
  expect(plainData(cyclic())).toEqual({
    inner: { name: 'inner', list: [null, null, 5] },
    again: { name: 'inner', list: [null, null, 5] },
    count: '1',
  })
})

test('what is there twice, side by side, is copied twice', () => {
  const twin = { a: 1 }
  expect(plainData([twin, twin])).toEqual([{ a: 1 }, { a: 1 }])
})

test('T25 B15 an output that JSON does not take is shown as far as it goes', () => {
  expect(outputText({ a: 1n, b: [2] })).toBe('{"a":"1","b":[2]}')
  expect(outputText(cyclic())).toContain('"name":"inner"')
})
