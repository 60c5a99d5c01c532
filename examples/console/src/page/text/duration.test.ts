import { expect, test } from 'vitest'
import { durationInDigits, durationInShort, durationInWords, speedInWords } from './duration.ts'

test.each([
  [0, '0 seconds', '0:00'],
  [999, '0 seconds', '0:00'],
  [1_000, '1 second', '0:01'],
  [65_000, '1 minute 5 seconds', '1:05'],
  [120_000, '2 minutes', '2:00'],
  [7_207_000, '2 hours', '2:00:07'],
  [3_660_000, '1 hour 1 minute', '1:01:00'],
  [2 * 86_400_000 + 3_600_000, '2 days 1 hour', '49:00:00'],
])('%i ms are %s, %s', (ms, words, digits) => {
  expect([durationInWords(ms), durationInDigits(ms)]).toEqual([words, digits])
})

test.each([
  [40, '0.0 s'],
  [400, '0.4 s'],
  [9_949, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [3_900_000, '1 h 5 min'],
])('%i ms are %s in short', (ms, short) => {
  expect(durationInShort(ms)).toBe(short)
})

test('a speed is told beside the speed of then', () => {
  expect([0.5, 1, 64].map(speedInWords)).toEqual(['half as fast', 'as fast as it was', '64 times as fast'])
})
