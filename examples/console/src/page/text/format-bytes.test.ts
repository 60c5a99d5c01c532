import { expect, test } from 'vitest'
import { formatBytes } from './format-bytes.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 kB'],
  [1_536, '1.5 kB'],
  [524_288, '512 kB'],
  [5_242_880, '5 MB'],
  [5_000_000_000, '4,768 MB'],
])('%i bytes are %s', (bytes, words) => expect(formatBytes(bytes)).toBe(words))
