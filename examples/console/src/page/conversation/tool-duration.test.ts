import type { SessionMessage } from '@agent-session/core'
import { expect, test } from 'vitest'
import { toolDuration } from './tool-duration.ts'

const message = (given: Partial<SessionMessage>): SessionMessage => ({ id: 'x', seqId: 1, role: 'tool-call', content: '', timestamp: 10_000, ...given })
const never = (): number => {
  throw new Error('What has ended needs no clock.')
}

test.each([
  ['running', 10_900, undefined],
  ['running', 11_000, { short: '1 s', words: 'for 1 second' }],
  ['running', 22_700, { short: '12 s', words: 'for 12 seconds' }],
  // The clock of the host is ahead.
  ['running', 9_000, undefined],
] as const)('a tool that is %s at %i ticks', (toolState, now, expected) => {
  expect(toolDuration(message({ toolState }), undefined, () => now)).toEqual(expected)
})

test.each([
  ['done', { timestamp: 10_400 }, { short: '0.4 s', words: 'after less than a second' }],
  ['failed', { timestamp: 75_000 }, { short: '1 min 5 s', words: 'after 1 minute 5 seconds' }],
  ['done', { timestamp: 10_000 }, undefined],
  ['done', { timestamp: 9_000 }, undefined],
  ['done', undefined, undefined],
  ['done', { timestamp: 20_000, streaming: true as const }, undefined],
  ['cancelled', { timestamp: 20_000, cut: true as const }, undefined],
] as const)('of one that is %s with %j all that is known is told', (toolState, result, expected) => {
  expect(toolDuration(message({ toolState }), result && message({ role: 'tool-result', ...result }), never)).toEqual(expected)
})
