import { expect, test } from 'vitest'
import { checkBounds, defaultBounds } from './session-bounds.ts'

test('the defaults are bounds, and so is all that lies within', () => {
  expect(checkBounds(defaultBounds)).toEqual({ bounds: defaultBounds })
  const all = { ...defaultBounds, costUsd: 2, tokens: 1_000, turns: 3, stallMinutes: 0.5 }
  expect(checkBounds(all)).toEqual({ bounds: all })
})

test.each([
  ['costUsd', 0, '0.01 to 10,000 USD'],
  ['costUsd', '2', '0.01 to 10,000 USD'],
  ['tokens', 1_000.5, 'whole number from 1,000'],
  ['turns', -1, 'from 1 to 10,000'],
  ['stallMinutes', null, '0.5 to 1,440 minutes'],
  ['cleanupMinutes', 2_000, '0.1 to 1,440 minutes'],
  ['queuedPrompts', 0, '1 to 1,000 may wait'],
  ['toolOutputLines', 5, '10 to 100,000 lines'],
])('%s that is %s is told at its field', (name, value, words) => {
  const checked = checkBounds({ ...defaultBounds, [name]: value })
  expect('problems' in checked ? [...checked.problems] : []).toEqual([[name, expect.stringContaining(words)]])
})

test('a slip of the pen is told and not passed over', () => {
  expect(checkBounds({ ...defaultBounds, stallMinuts: 5 })).toHaveProperty('problems')
  expect(checkBounds('much')).toHaveProperty('problems')
})
