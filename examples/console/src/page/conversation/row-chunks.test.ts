import { expect, test } from 'vitest'
import type { MessageRow } from './message-rows.ts'
import { rowChunks } from './row-chunks.ts'

const row = (seqId: number): MessageRow => ({ id: `m${seqId}`, seqId, resultId: undefined, children: [] })
const all = Array.from({ length: 200 }, (_, index) => row(index + 1))

test('older rows before and new ones behind leave the chunks between as they were', () => {
  const chunks = rowChunks()
  const before = chunks(all.slice(50, 150))
  const after = chunks(all)
  expect(after.flatMap(({ rows }) => rows)).toEqual(all)
  expect(after.filter((chunk) => before.includes(chunk))).toEqual(before.slice(1, -1))
  expect(before.length).toBeGreaterThan(2)
})

test('the keys of chunks are all different', () => {
  const keys = rowChunks()(all).map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
})
